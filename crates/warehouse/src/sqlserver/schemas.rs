//! The names of the schemas.

use crate::migrations::SQLSERVER as MIGRATIONS;

/// Names of the two schemas: `dw` for facts and dimensions, `ops` for what was loaded.
///
/// Statements name them `$(dw)` and `$(ops)`, as `sqlcmd` has it. Only names that need no quoting
/// are put there, and never anything that comes from data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schemas {
    dw: String,
    ops: String,
}

impl Default for Schemas {
    fn default() -> Self {
        Self { dw: "dw".to_owned(), ops: "ops".to_owned() }
    }
}

impl Schemas {
    /// `dw_SUFFIX` and `ops_SUFFIX`, for several warehouses in one database; none where the suffix
    /// is not of 1 to 40 lower-case letters and digits.
    pub fn with_suffix(suffix: &str) -> Option<Self> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (1..=40).contains(&suffix.len()) && suffix.bytes().all(plain);
        fits.then(|| Self { dw: format!("dw_{suffix}"), ops: format!("ops_{suffix}") })
    }

    /// Schema of the star schema and its views: `dw` unless there is a suffix.
    pub fn dw(&self) -> &str {
        &self.dw
    }

    /// Schema of the publisher's own tables: `ops` unless there is a suffix.
    pub fn ops(&self) -> &str {
        &self.ops
    }

    /// The statement for these schemas.
    pub(super) fn of(&self, statement: &str) -> String {
        statement.replace("$(dw)", &self.dw).replace("$(ops)", &self.ops)
    }

    /// Names the lock of publishers: one for each warehouse of the database.
    pub(super) fn lock(&self) -> String {
        format!("movie-analytics publish {}", self.dw)
    }

    /// All migrations, to be read and run by hand: `sqlcmd` and the like understand `GO`.
    pub fn script(&self) -> String {
        let mut script = String::new();
        for (name, migration) in MIGRATIONS {
            script += &format!("-- {name}.sql\n{}GO\n\n", self.of(migration));
        }
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_no_placeholder() {
        let script = Schemas::with_suffix("a1").unwrap().script();
        assert!(!script.contains("$("), "{script}");
        assert!(script.contains("CREATE TABLE dw_a1.fact_movie_analytics ("));
    }

    #[test]
    fn only_plain_suffixes_become_names() {
        for wrong in ["", "A", "a b", "a]", "a;DROP", "ä", &"a".repeat(41)] {
            assert_eq!(Schemas::with_suffix(wrong), None, "{wrong}");
        }
    }
}
