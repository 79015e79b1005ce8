//! Checks of one's own: queries that return the rows that must not be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use pipeline::{Day, limits};

use crate::{Error, RefusedDay};

/// How long one of them may take.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A query over `candidate`: the facts of the days that a publish replaces, with the columns of
/// `v_fact_movie_analytics`. A publish holds the days back that it returns rows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCheck {
    name: String,
    query: String,
}

impl OwnCheck {
    /// What the names end with; no other check has such a name.
    pub const SUFFIX: &str = ".sql";

    /// A check with the name of its file.
    ///
    /// # Errors
    /// [`Error::BrokenCheck`] where the name does not fit the warehouse, or where the text is not
    /// one query: it is put into parentheses and must not end them.
    pub fn new(name: &str, text: &str) -> Result<Self, Error> {
        let query = text.trim_end();
        let query = query.strip_suffix(';').unwrap_or(query).to_owned();
        let check = Self { name: name.to_owned(), query };
        if !name.ends_with(Self::SUFFIX) || limits::units(name) > limits::NAME {
            let most = limits::NAME;
            return Err(check.broken(format_args!(
                "the name has to end with {} and may have {most} characters",
                Self::SUFFIX
            )));
        }
        match look_through(&check.query) {
            Ok(()) => Ok(check),
            Err(problem) => Err(check.broken(problem)),
        }
    }

    /// Name of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a check of this name is somebody's own.
    pub fn is_own(name: &str) -> bool {
        name.ends_with(Self::SUFFIX)
    }

    /// A statement over what the check returns, named `found`. `candidate` is the query of the
    /// facts that are judged.
    pub(crate) fn statement(&self, candidate: &str, then: &str) -> String {
        let candidate = candidate.trim_end().trim_end_matches(';');
        let query = &self.query;
        format!("WITH candidate AS (\n{candidate}\n),\nfound AS (\n{query}\n)\n{then}")
    }

    pub(crate) fn broken(&self, why: impl fmt::Display) -> Error {
        Error::BrokenCheck(format!(
            "the check `{}` cannot be run: {why}; correct the file, or take it out of the folder \
             that CHECKS names",
            self.name
        ))
    }

    pub(crate) fn too_slow(&self) -> Error {
        self.broken(format_args!("it takes longer than {} s", TIME_LIMIT.as_secs()))
    }
}

/// Whether a text is one query that stays within the parentheses that it is put into.
fn look_through(query: &str) -> Result<(), &'static str> {
    // Some take it for the end of a line, and so of a comment.
    if query.replace("\r\n", "\n").contains('\r') {
        return Err("a line of it ends with CR alone");
    }
    let (mut depth, mut rest, mut is_empty) = (0_u32, query, true);
    while let Some(next) = rest.chars().next() {
        let mut length = next.len_utf8();
        match next {
            // A quote within is doubled: the second one begins another text.
            '\'' => length = closed(rest, "'")?,
            '"' => length = closed(rest, "\"")?,
            '[' => length = closed(rest, "]")?,
            // One dialect doubles the bracket within a name, another one knows backticks.
            ']' | '`' => return Err("it has a name with `]` in it, or in backticks"),
            '-' if rest.starts_with("--") => length = rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => {
                length = closed(rest, "*/")?;
                // One dialect nests them.
                if rest[2..length].contains("/*") {
                    return Err("it has a comment within a comment");
                }
            }
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or("it closes a parenthesis too many")?,
            ';' => return Err("it has to be one query, and has a semicolon"),
            other => is_empty &= other.is_whitespace(),
        }
        rest = &rest[length..];
    }
    match (is_empty, depth) {
        (true, _) => Err("it is empty"),
        (false, 0) => Ok(()),
        (false, _) => Err("it does not close a parenthesis"),
    }
}

/// Bytes of what begins with a quote or a comment, to its end.
fn closed(text: &str, end: &str) -> Result<usize, &'static str> {
    let begin = if end.len() > 1 { 2 } else { 1 };
    let found = text[begin..].find(end).map(|at| begin + at + end.len());
    found.ok_or("it does not close a text, a name or a comment")
}

/// Days that fail, each by the first check that it fails.
pub(crate) struct Judged<'a> {
    days: &'a BTreeSet<Day>,
    failed: BTreeMap<Day, RefusedDay>,
}

impl<'a> Judged<'a> {
    /// Of these days none has failed yet.
    pub(crate) fn new(days: &'a BTreeSet<Day>) -> Self {
        Self { days, failed: BTreeMap::new() }
    }

    /// The days as a parameter of the query of their facts.
    pub(crate) fn wanted(&self) -> serde_json::Result<String> {
        let days = self.days.iter().map(|day| serde_json::json!({ "id": day.key() }));
        serde_json::to_string(&days.collect::<Vec<_>>())
    }

    /// Takes what a check has returned: rows by the text of their day. Rows of other days than those
    /// judged are left alone; rows without a day concern all of them.
    pub(crate) fn add(&mut self, check: &OwnCheck, found: Vec<(Option<String>, u64)>) {
        let mut without_day = 0;
        for (day, rows) in found {
            let day = day.as_deref().and_then(|day| day.get(..10)).and_then(|day| day.parse().ok());
            match day {
                Some(day) if self.days.contains(&day) => {
                    self.fail(day, check, &format!("the check returns {}", counted(rows)));
                }
                Some(_) => {}
                None => without_day += rows,
            }
        }
        if without_day > 0 {
            let rows = counted(without_day);
            let detail = format!(
                "the check returns {rows} without a `log_date`, which holds back all days that are \
                 published together"
            );
            self.days.iter().for_each(|day| self.fail(*day, check, &detail));
        }
    }

    fn fail(&mut self, day: Day, check: &OwnCheck, detail: &str) {
        let failed = || RefusedDay::new(day, check.name(), detail);
        self.failed.entry(day).or_insert_with(failed);
    }

    /// An error where a day has failed.
    pub(crate) fn end(self) -> Result<(), Error> {
        match self.failed.is_empty() {
            true => Ok(()),
            false => Err(Error::FailedChecks(self.failed.into_values().collect())),
        }
    }
}

fn counted(rows: u64) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_one_query_that_stays_within_its_parentheses() {
        for (text, problem) in [
            ("SELECT * FROM candidate", None),
            ("SELECT ')' FROM (SELECT 1 AS [a)], \"b;\" -- it's )\n) /* ; */ ;\n", None),
            ("SELECT 'it''s;' AS a", None),
            ("", Some("it is empty")),
            (" -- nothing", Some("it is empty")),
            ("SELECT 1; DELETE FROM t", Some("it has to be one query")),
            ("SELECT 1 AS [a]]'b]) SELECT 1; DELETE FROM t --'", Some("it has a name with `]`")),
            ("SELECT 1 AS `'`) ; DELETE FROM t --'", Some("it has a name with `]`")),
            ("SELECT 1) DELETE FROM t --", Some("it closes a parenthesis too many")),
            ("SELECT 1) AS a, (SELECT 2", Some("it closes a parenthesis too many")),
            ("SELECT (1", Some("it does not close a parenthesis")),
            ("SELECT 'a", Some("it does not close a text")),
            ("SELECT 1 /* /* */ ) */", Some("it has a comment within a comment")),
            ("SELECT 1 -- a\r) b", Some("a line of it ends with CR alone")),
        ] {
            let found = OwnCheck::new("a.sql", text).err().map(|error| error.to_string());
            match (found, problem) {
                (None, None) => {}
                (Some(found), Some(problem)) => assert!(found.contains(problem), "{text}: {found}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
        for name in ["a.txt", "a_name_of_more_than_forty_characters_is_one.sql"] {
            let error = OwnCheck::new(name, "SELECT 1 AS a").unwrap_err().to_string();
            assert!(error.contains("the name has to end with .sql"), "{error}");
        }
    }

    #[test]
    fn rows_without_a_day_hold_all_judged_days_and_rows_of_other_days_none() {
        let days: BTreeSet<Day> =
            [20210425, 20210426].into_iter().filter_map(Day::from_key).collect();
        let check = |name| OwnCheck::new(name, "SELECT 1 AS a").unwrap();
        let mut judged = Judged::new(&days);
        let found = |day: &str, rows| (Some(day.to_owned()), rows);
        judged.add(&check("a.sql"), vec![found("2021-04-26 00:00", 2), found("1999-01-01", 1)]);
        judged.add(&check("b.sql"), vec![(None, 1), found("soon", 2)]);
        let Err(Error::FailedChecks(failed)) = judged.end() else { panic!("nothing failed") };
        let failed: Vec<_> = failed.iter().map(|day| (day.check.as_str(), &day.detail)).collect();
        assert_eq!((failed[0].0, failed[1].0), ("b.sql", "a.sql"));
        assert!(failed[0].1.contains("3 rows without"), "{failed:?}");
        assert_eq!(failed[1].1, "the check returns 2 rows");
        assert!(Judged::new(&days).end().is_ok());
    }
}
