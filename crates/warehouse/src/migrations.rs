//! The schema's history, for both backends. Only ever append to it: a warehouse remembers how many
//! of these it has seen.

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        /// Names and texts for SQL Server; the first is version 1.
        pub const SQLSERVER: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../sql/sqlserver/migrations/", $name, ".sql"))),)*
        ];
        /// Texts for SQLite.
        pub const SQLITE: &[&str] = &[
            $(include_str!(concat!("../../../sql/sqlite/migrations/", $name, ".sql")),)*
        ];
    };
}

migrations![
    "001_dimensions",
    "002_facts",
    "003_operations",
    "004_views",
    "005_quarantine",
    "006_uncounted_reviews",
    "007_absorptions",
    "008_held_customers",
    "009_latency",
];
