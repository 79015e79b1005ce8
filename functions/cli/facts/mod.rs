//! `facts`: rows of the star schema with texts for keys, for whoever has no other tool.

mod parquet_out;

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use pipeline::{
    Day,
    dimensions::{COUNT, DIMENSIONS},
};
use warehouse::{DayFact, Warehouse};

use self::parquet_out::ParquetFile;
use super::{
    Ended,
    places::{self, Places},
    sheet::{self, Cell, Sheet, unless_closed},
};
use crate::{deps, replay::BadRequest, settings::WarehouseSetting};

#[derive(Args)]
pub struct Options {
    /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
    /// connection string [setting: WAREHOUSE].
    #[arg(long, value_name = "WAREHOUSE")]
    warehouse: Option<String>,
    /// This day alone, yyyy-mm-dd.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    day: Option<Day>,
    /// This day or later.
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// This day or earlier.
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// This customer alone.
    #[arg(long, value_name = "ID")]
    customer: Option<i64>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to this file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    // The first rows, for people.
    Table,
    // All rows, with a header.
    Csv,
    // All rows, one array of objects.
    Json,
    // All rows, typed.
    Parquet,
}

type Out = Box<dyn Write + Send>;

/// Where rows go.
enum Rows {
    Sheet(Sheet<Out>),
    Parquet(Box<ParquetFile<Out>>),
}

/// The day, the texts of all dimensions, and the rest.
const COLUMNS: &[&str] = &const {
    let mut columns = [""; COUNT + 6];
    columns[0] = "log_date";
    let mut place = 0;
    while place < COUNT {
        columns[1 + place] = DIMENSIONS[place].name;
        place += 1;
    }
    columns[COUNT + 1] = "insert_date";
    columns[COUNT + 2] = "customerid";
    columns[COUNT + 3] = "amount_spent";
    columns[COUNT + 4] = "review_score";
    columns[COUNT + 5] = "review_count";
    columns
};

pub async fn command(options: Options) -> anyhow::Result<Ended> {
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from > to
    {
        let problem = format!("the first day, {from}, is after the last day, {to}");
        return Err(BadRequest(problem).into());
    }
    let places = Places { warehouse: options.warehouse.clone(), ..Places::default() };
    let setting = WarehouseSetting::read(places.values()?)?;
    places::must_exist(&setting)?;
    let rows = rows(options.format, open(&options)?)?;
    let mut warehouse = deps::open(&setting);
    match print(warehouse.as_mut(), &options, rows).await {
        Ok(0) if options.format == Format::Table => super::print("no fact is found"),
        Ok(_) => {}
        Err(error) => unless_closed(error)?,
    }
    Ok(Ended::Well)
}

fn open(options: &Options) -> anyhow::Result<Out> {
    if let Some(file) = &options.output {
        let made = File::create(file);
        let made = made.with_context(|| format!("cannot write {}", file.display()))?;
        return Ok(Box::new(BufWriter::new(made)));
    }
    if options.format == Format::Parquet && io::stdout().is_terminal() {
        let problem = "Parquet is not for a terminal: name a file with --output";
        return Err(BadRequest(problem.to_owned()).into());
    }
    Ok(Box::new(BufWriter::new(io::stdout())))
}

fn rows(format: Format, out: Out) -> anyhow::Result<Rows> {
    let format = match format {
        Format::Table => sheet::Format::Table,
        Format::Csv => sheet::Format::Csv,
        Format::Json => sheet::Format::Json,
        Format::Parquet => return Ok(Rows::Parquet(Box::new(ParquetFile::new(out)?))),
    };
    Ok(Rows::Sheet(Sheet::new(out, format, COLUMNS)?))
}

/// Day by day, so that memory holds no more than one.
async fn print(
    warehouse: &mut dyn Warehouse,
    options: &Options,
    mut rows: Rows,
) -> anyhow::Result<u64> {
    let before = warehouse.latest_publish().await?;
    let (from, to) = (options.day.or(options.from), options.day.or(options.to));
    let days = warehouse.day_counts(None).await?;
    let is_asked =
        |day: &Day| from.is_none_or(|from| from <= *day) && to.is_none_or(|to| *day <= to);
    for day in days.into_keys().filter(is_asked) {
        let facts = warehouse.facts_of_day(day, options.customer).await?;
        match &mut rows {
            Rows::Parquet(parquet) => parquet.write(day, &facts)?,
            Rows::Sheet(sheet) => facts.into_iter().try_for_each(|f| sheet.row(&cells(day, f)))?,
        }
    }
    let written = match rows {
        Rows::Sheet(sheet) => sheet.finish()?,
        Rows::Parquet(parquet) => parquet.finish()?,
    };
    if warehouse.latest_publish().await? != before {
        eprintln!("warning: a publish was committed meanwhile: days before and after it are mixed");
    }
    Ok(written)
}

fn cells(day: Day, fact: DayFact) -> Vec<Cell> {
    let number = |number: i64| Cell::Number(number.to_string());
    let texts = [day.to_string()].into_iter().chain(fact.texts).chain([fact.inserted_at]);
    let numbers = [
        number(fact.customer),
        Cell::Number(decimal(fact.amount_e5)),
        number(fact.score.into()),
        number(fact.count.into()),
    ];
    texts.map(Cell::Text).chain(numbers).collect()
}

/// All five decimals, exactly.
fn decimal(e5: i64) -> String {
    let sign = if e5 < 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", e5.unsigned_abs() / 100_000, e5.unsigned_abs() % 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_sign_and_decimals() {
        let texts = [0, -1, 250_000, -250_001, i64::MIN].map(decimal);
        let expected = ["0.00000", "-0.00001", "2.50000", "-2.50001", "-92233720368547.75808"];
        assert_eq!(texts, expected);
    }
}
