//! `refused`: rows in quarantine and rejected files, one by one.

use std::io::{self, BufWriter};

use clap::Args;

use super::{
    Ended,
    places::Places,
    sheet::{Cell, Format, Sheet, unless_closed},
};
use crate::{
    deps::Deps,
    refused::{COLUMNS, Entry, Refused, Wanted},
    survey::inventory,
};

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    pub places: Places,
    /// A file or folder below raw, or a reason such as not_an_integer; without it, everything.
    #[arg(value_name = "FILE|REASON")]
    what: Option<String>,
    /// How to print them.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub async fn command(deps: &Deps, what: Option<String>, format: Format) -> anyhow::Result<Ended> {
    let refused = Refused::of(inventory(deps).await?);
    let wanted = refused.wanted(what)?;
    let out = BufWriter::new(io::stdout().lock());
    match print(deps, refused, &wanted, Sheet::new(out, format, COLUMNS)?).await {
        Ok(0) if format == Format::Table => super::print("nothing is refused"),
        Ok(_) => {}
        Err(error) => unless_closed(error)?,
    }
    Ok(Ended::Well)
}

impl Options {
    pub fn split(self) -> (Places, Option<String>, Format) {
        (self.places, self.what, self.format)
    }
}

async fn print<W: io::Write>(
    deps: &Deps,
    refused: Refused,
    wanted: &Wanted,
    mut sheet: Sheet<W>,
) -> anyhow::Result<u64> {
    let cells = |Entry { file, reason, column, detail, text, line }| {
        let line = line.map_or(Cell::Empty, |line: u64| Cell::Number(line.to_string()));
        [Cell::Text(file), Cell::Text(reason), column.into(), Cell::Text(detail), text.into(), line]
    };
    let row = |entry| Ok(sheet.row(&cells(entry)).map(|()| true)?);
    refused.each(&deps.lake, wanted, row).await?;
    Ok(sheet.finish()?)
}
