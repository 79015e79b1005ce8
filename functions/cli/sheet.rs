//! Rows for people or for other programs: a table, CSV or JSON, of any number of rows.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::table::Table;
use crate::{csv_text::no_formula, number::count, quarantine::shown};

/// Rows of a table that are shown; the other formats have all.
const SHOWN: u64 = 30;

/// Characters of a text in a table.
const WIDTH: usize = 60;

/// How rows are printed.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    // The first rows, for people.
    Table,
    // All rows, with a header.
    Csv,
    // All rows, one array of objects.
    Json,
}

/// What stands in a column.
pub enum Cell {
    Text(String),
    /// Digits as they are to be shown, so that no decimal is lost.
    Number(String),
    Empty,
}

impl Cell {
    fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
            Self::Empty => "",
        }
    }

    fn csv(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => no_formula(text),
            Self::Number(_) | Self::Empty => Cow::Borrowed(self.as_str()),
        }
    }

    fn json(&self) -> serde_json::Result<String> {
        Ok(match self {
            Self::Text(text) => serde_json::to_string(text)?,
            Self::Number(digits) => digits.clone(),
            Self::Empty => "null".to_owned(),
        })
    }
}

impl From<Option<String>> for Cell {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Empty, Self::Text)
    }
}

/// Rows on their way out.
pub struct Sheet<W: Write> {
    kind: Kind<W>,
    columns: &'static [&'static str],
    rows: u64,
}

enum Kind<W: Write> {
    Table(Table, W),
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Sheet<W> {
    /// Begins with a header, where the format has one.
    pub fn new(out: W, format: Format, columns: &'static [&'static str]) -> io::Result<Self> {
        let kind = match format {
            Format::Table => Kind::Table(Table::new(columns), out),
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(columns).map_err(io_error)?;
                Kind::Csv(Box::new(csv))
            }
            Format::Json => Kind::Json(out),
        };
        Ok(Self { kind, columns, rows: 0 })
    }

    /// Adds a row, a cell for each column; numbers come last.
    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.rows += 1;
        match &mut self.kind {
            Kind::Table(..) if self.rows > SHOWN => {}
            Kind::Table(table, _) => {
                let (texts, numbers): (Vec<_>, Vec<_>) =
                    cells.iter().partition(|cell| !matches!(cell, Cell::Number(_)));
                let texts: Vec<_> = texts.iter().map(|cell| shown(cell.as_str(), WIDTH)).collect();
                let texts: Vec<_> = texts.iter().map(String::as_str).collect();
                let numbers: Vec<_> = numbers.iter().map(|n| n.as_str().to_owned()).collect();
                table.row(&texts, &numbers);
            }
            Kind::Csv(csv) => {
                for cell in cells {
                    csv.write_field(cell.csv().as_bytes()).map_err(io_error)?;
                }
                csv.write_record(None::<&[u8]>).map_err(io_error)?;
            }
            Kind::Json(out) => {
                let start = if self.rows == 1 { "[\n{" } else { ",\n{" };
                out.write_all(start.as_bytes())?;
                for (nth, (name, cell)) in self.columns.iter().zip(cells).enumerate() {
                    let comma = if nth == 0 { "" } else { "," };
                    write!(out, "{comma}\"{name}\":{}", cell.json()?)?;
                }
                out.write_all(b"}")?;
            }
        }
        Ok(())
    }

    /// Ends the output and says how many rows there were.
    pub fn finish(self) -> io::Result<u64> {
        match self.kind {
            Kind::Table(table, mut out) => {
                if self.rows > 0 {
                    write!(out, "{table}")?;
                }
                if self.rows > SHOWN {
                    let all = count(self.rows);
                    writeln!(out, "({SHOWN} of {all} rows; --format csv shows all)")?;
                }
                out.flush()?;
            }
            Kind::Csv(mut csv) => csv.flush()?,
            Kind::Json(mut out) => {
                out.write_all(if self.rows == 0 { b"[]\n" } else { b"\n]\n" })?;
                out.flush()?;
            }
        }
        Ok(self.rows)
    }
}

/// Not by `From`, which hides what kind it is.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// A closed pipe is no error: whoever reads has seen enough.
pub fn unless_closed(error: anyhow::Error) -> anyhow::Result<()> {
    let is_closed = |cause: &(dyn std::error::Error + 'static)| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(is_closed) { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[&str] = &["name", "rows"];

    fn printed(format: Format, rows: u64) -> String {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(&mut out, format, COLUMNS).unwrap();
        for n in 0..rows {
            let cells = [Cell::Text(format!("a,\"{n}\"")), Cell::Number("1.50".to_owned())];
            sheet.row(&cells).unwrap();
        }
        assert_eq!(sheet.finish().unwrap(), rows);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_format_keeps_texts_and_digits() {
        assert_eq!(printed(Format::Csv, 1), "name,rows\n\"a,\"\"0\"\"\",1.50\n");
        assert_eq!(printed(Format::Json, 1), "[\n{\"name\":\"a,\\\"0\\\"\",\"rows\":1.50}\n]\n");
        assert_eq!(
            (printed(Format::Json, 0), printed(Format::Table, 0)),
            ("[]\n".into(), "".into())
        );
    }

    #[test]
    fn a_text_in_csv_is_no_formula_and_a_number_stays_one() {
        let mut out = Vec::new();
        let mut sheet = Sheet::new(&mut out, Format::Csv, COLUMNS).unwrap();
        sheet.row(&[Cell::Text("=1+1".to_owned()), Cell::Number("-1.50".to_owned())]).unwrap();
        sheet.row(&[Cell::Text("a=1".to_owned()), Cell::Empty]).unwrap();
        sheet.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name,rows\n'=1+1,-1.50\na=1,\n");
    }

    #[test]
    fn a_table_that_stops_says_so_and_the_others_have_all() {
        let table = printed(Format::Table, SHOWN + 1);
        assert!(table.ends_with("(30 of 31 rows; --format csv shows all)\n"), "{table}");
        assert_eq!(printed(Format::Csv, SHOWN + 1).lines().count() as u64, SHOWN + 2);
    }
}
