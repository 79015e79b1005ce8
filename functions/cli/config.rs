//! `config`: which settings hold, and where each comes from.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::{Ended, places::Places, table::Table};
use crate::settings::DESCRIBED;

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    places: Places,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// What holds of one setting.
#[derive(Serialize)]
struct Held {
    /// Masked where it may hold a secret; `None` where nothing holds.
    value: Option<String>,
    from: &'static str,
}

pub fn command(options: Options) -> anyhow::Result<Ended> {
    let sources = options.places.sources()?;
    let held: BTreeMap<&str, Held> = DESCRIBED
        .iter()
        .map(|setting| {
            let found = sources.find(setting.name);
            let found = found.filter(|(value, _)| !value.trim().is_empty());
            let held = match found {
                Some((value, from)) if setting.is_secret => {
                    Held { value: Some(masked(&value)), from: from.name() }
                }
                Some((value, from)) => Held { value: Some(value), from: from.name() },
                None => {
                    let value = Some(setting.default.to_owned());
                    Held { value: value.filter(|value| !value.is_empty()), from: "default" }
                }
            };
            (setting.name, held)
        })
        .collect();
    if options.json {
        super::print(&serde_json::to_string(&held)?);
        return Ok(Ended::Well);
    }
    let mut table = Table::new(&["setting", "value", "from"]);
    for setting in DESCRIBED {
        let Held { value, from } = &held[setting.name];
        table.row(&[setting.name, value.as_deref().unwrap_or("-"), from], &[]);
    }
    super::print(&table.to_string());
    if let Some(file) = sources.file() {
        super::print(&format!("\nfile          {}", file.display()));
    }
    Ok(Ended::Well)
}

/// Places that hold no key are shown; of anything else only that there is a value.
fn masked(value: &str) -> String {
    let is_place = ["file:", "sqlite:", "sqlserver://"].iter().any(|s| value.starts_with(s));
    let is_plain = is_place && !value.contains(['@', ';']) || value == "UseDevelopmentStorage=true";
    if is_plain { value.to_owned() } else { "***".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_without_a_key_are_shown() {
        for plain in ["file:lake", "sqlite:w.db", "sqlserver://s/d", "UseDevelopmentStorage=true"] {
            assert_eq!(masked(plain), plain);
        }
        for secret in [
            "AccountName=a;AccountKey=k",
            "Server=x;Password=hunter2",
            "postgres://ann:hunter2@h/d",
            "sqlserver://ann:hunter2@h/d",
            "hunter2",
        ] {
            assert_eq!(masked(secret), "***");
        }
    }
}
