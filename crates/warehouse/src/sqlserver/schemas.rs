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
    ///
    /// It sets the options that the program sets, which some clients do not. Where a batch fails,
    /// no later one runs, and the last one says so with an error.
    pub fn script(&self) -> String {
        let mut script = format!("{}GO\n\n", sql!("session/options"));
        for (name, migration) in MIGRATIONS {
            let migration = self.of(migration).replace("\nGO\n", STOP_AFTER_ERROR);
            script += &format!("-- {name}.sql\n{}{STOP_AFTER_ERROR}\n", migration.trim_end());
        }
        let end = sql!("session/migrated").replace("$(version)", &MIGRATIONS.len().to_string());
        script + "SET NOEXEC OFF;\nGO\n" + &self.of(&end) + "GO\n"
    }
}

/// After an error, later batches are compiled and not run.
const STOP_AFTER_ERROR: &str = "\nGO\nIF @@ERROR <> 0 SET NOEXEC ON;\nGO\n";

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
    fn a_script_sets_its_options_first_and_ends_by_saying_whether_it_came_through() {
        let script = Schemas::default().script();
        let batches: Vec<_> = script.split("\nGO\n").map(str::trim).collect();
        assert!(batches[0].contains("SET QUOTED_IDENTIFIER ON;"), "{}", batches[0]);
        assert!(batches[0].lines().all(|line| line.starts_with("--") || line.starts_with("SET ")));
        // A migration's batches are as they were, each with its check.
        let [steps @ .., off, end, ""] = &batches[1..] else { panic!("{script}") };
        assert_eq!(*off, "SET NOEXEC OFF;");
        assert!(end.contains(&format!("IF @version >= {}", MIGRATIONS.len())), "{end}");
        assert!(end.contains("RAISERROR("), "{end}");
        let (works, checks): (Vec<_>, Vec<_>) =
            steps.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
        assert!(checks.iter().all(|check| *check == "IF @@ERROR <> 0 SET NOEXEC ON;"));
        let migrations: Vec<_> = MIGRATIONS
            .iter()
            .flat_map(|(name, migration)| {
                let text = format!("-- {name}.sql\n{}", Schemas::default().of(migration));
                text.split("\nGO\n").map(|batch| batch.trim().to_owned()).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(works, migrations);
    }

    #[test]
    fn only_plain_suffixes_become_names() {
        for wrong in ["", "A", "a b", "a]", "a;DROP", "ä", &"a".repeat(41)] {
            assert_eq!(Schemas::with_suffix(wrong), None, "{wrong}");
        }
    }
}
