//! `warehouse`: what only whoever owns the schema does.

use clap::Subcommand;
use warehouse::sqlserver::Schemas;

use super::{Ended, Places};
use crate::{deps, settings::WarehouseSetting};

#[derive(Subcommand)]
pub enum Command {
    /// Bring the schema to the version that this program needs. Nothing else changes a schema of
    /// SQL Server; SQLite does it by itself.
    Migrate {
        /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
        /// connection string [setting: WAREHOUSE].
        #[arg(long, value_name = "WAREHOUSE")]
        warehouse: Option<String>,
        /// Print the SQL for an administrator, who then runs roles.sql too, and connect to nothing.
        #[arg(long)]
        print: bool,
    },
}

pub async fn command(command: Command) -> anyhow::Result<Ended> {
    let Command::Migrate { warehouse, print } = command;
    let places = Places { warehouse, ..Places::default() };
    let setting = WarehouseSetting::read(places.values()?)?;
    if print {
        super::print(&script(&setting));
        return Ok(Ended::Well);
    }
    let done = deps::open(&setting).migrate().await?;
    for step in &done {
        super::print(&format!("applied {step}"));
    }
    super::print(&format!("{setting} has the schema that this program needs"));
    Ok(Ended::Well)
}

fn script(setting: &WarehouseSetting) -> String {
    match setting {
        WarehouseSetting::Sqlite(_) => {
            "-- SQLite migrates itself whenever it is opened: there is nothing to run.".to_owned()
        }
        WarehouseSetting::SqlServer(_) => Schemas::default().script(),
    }
}
