//! Reads DAX of the few forms that the measures have, and says in SQL what each means.
//!
//! Filters go from the side of one of a relationship to the side of many: those of a dimension
//! reach the facts and end there, so none reaches `customer_spend`.

use std::collections::BTreeMap;

/// A measure's expression.
#[derive(Debug, PartialEq)]
pub enum Dax {
    /// `SUM(t[c])`, `MAX(t[c])` or `DISTINCTCOUNT(t[c])`, as the SQL function of it.
    Aggregate { function: &'static str, table: String, column: String },
    /// `COUNTROWS(t)`.
    Rows { table: String },
    /// `[Other Measure]`.
    Measure(String),
    /// `DIVIDE(a, b)`: blank where `b` is blank or 0.
    Divide(Box<Dax>, Box<Dax>),
    /// `SUMX(VALUES(t[c]), CALCULATE(MAX(t[d])))`: each `c` counts once, with its greatest `d`.
    OncePerValue { table: String, by: String, column: String },
}

impl Dax {
    pub fn read(text: &str) -> Self {
        let unknown =
            || -> ! { panic!("teach tests/repository/powerbi/dax.rs what `{text}` means") };
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Self::Measure(name.to_owned());
        }
        let Some((function, rest)) = text.split_once('(') else { unknown() };
        let Some(arguments) = rest.strip_suffix(')') else { unknown() };
        let field = |text: &str| {
            let (table, column) = text.strip_suffix(']')?.split_once('[')?;
            Some((table.to_owned(), column.to_owned()))
        };
        let aggregate = |function| {
            let Some((table, column)) = field(arguments) else { unknown() };
            Self::Aggregate { function, table, column }
        };
        match function {
            "SUM" => aggregate("SUM("),
            "MAX" => aggregate("MAX("),
            "DISTINCTCOUNT" => aggregate("COUNT(DISTINCT "),
            "COUNTROWS" => Self::Rows { table: arguments.to_owned() },
            "DIVIDE" => {
                let Some((a, b)) = arguments.split_once(", ") else { unknown() };
                Self::Divide(Box::new(Self::read(a)), Box::new(Self::read(b)))
            }
            "SUMX" => {
                let inner = arguments.strip_prefix("VALUES(");
                let inner = inner.and_then(|rest| rest.strip_suffix("))"));
                let parts = inner.and_then(|rest| rest.split_once("), CALCULATE(MAX("));
                match parts.and_then(|(by, column)| Some((field(by)?, field(column)?))) {
                    Some(((table, by), (same, column))) if table == same => {
                        Self::OncePerValue { table, by, column }
                    }
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }

    /// A SELECT of one value over the model's tables, where `filter` holds for the facts.
    pub fn sql(&self, measures: &BTreeMap<String, Dax>, filter: &str) -> String {
        match self {
            Self::Aggregate { function, table, column } => {
                format!("(SELECT {function}{column}) FROM {})", reached(table, filter))
            }
            Self::Rows { table } => format!("(SELECT COUNT(*) FROM {})", reached(table, filter)),
            Self::Measure(name) => measures[name].sql(measures, filter),
            Self::Divide(a, b) => format!(
                "(1.0 * {} / NULLIF({}, 0))",
                a.sql(measures, filter),
                b.sql(measures, filter)
            ),
            Self::OncePerValue { table, by, column } => format!(
                "(SELECT SUM(most) FROM (SELECT MAX({column}) AS most FROM {} GROUP BY {by}))",
                reached(table, filter)
            ),
        }
    }
}

/// The table as a filter of dimensions leaves it.
fn reached(table: &str, filter: &str) -> String {
    match table {
        "fact_movie_analytics" => format!(
            "fact_movie_analytics \
             JOIN dim_date USING (id_dim_date) JOIN dim_devices USING (id_dim_devices) \
             JOIN dim_location USING (id_dim_location) JOIN dim_os USING (id_dim_os) \
             JOIN dim_browser USING (id_dim_browser) WHERE {filter}"
        ),
        "customer_spend" => table.to_owned(),
        other => panic!("which filters reach {other}?"),
    }
}

#[test]
fn forms_are_read_and_others_are_refused() {
    let score = Dax::read("DIVIDE([A], COUNTROWS(t))");
    let rows = Box::new(Dax::Rows { table: "t".into() });
    assert_eq!(score, Dax::Divide(Box::new(Dax::Measure("A".into())), rows));
    let once = Dax::read("SUMX(VALUES(t[c]), CALCULATE(MAX(t[d])))");
    let expected = Dax::OncePerValue { table: "t".into(), by: "c".into(), column: "d".into() };
    assert_eq!(once, expected);
    for unknown in ["SUMX(t, t[c])", "t[c]", "1 + 2"] {
        assert!(std::panic::catch_unwind(|| Dax::read(unknown)).is_err(), "{unknown}");
    }
}
