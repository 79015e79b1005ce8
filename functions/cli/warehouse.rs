//! `warehouse`: commands for the owner of the schema.

use clap::Subcommand;
use warehouse::sqlserver::Schemas;

use super::{
    Ended,
    places::{self, Places},
};
use crate::{deps, settings::WarehouseSetting};

#[derive(Subcommand)]
pub enum Command {
    /// Migrate the schema to the version that this program needs. Only this command changes the
    /// schema of SQL Server; SQLite migrates itself.
    #[command(after_help = "Example: movie-analytics warehouse migrate --print")]
    Migrate {
        /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
        /// connection string [setting: WAREHOUSE].
        #[arg(long, value_name = "WAREHOUSE")]
        warehouse: Option<String>,
        /// Connect to nothing: print the SQL, which an administrator runs before roles.sql.
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
    places::must_exist(&setting)?;
    let done = deps::open(&setting).migrate().await?;
    for step in &done {
        super::print(&format!("applied {step}"));
    }
    super::print(&format!("the schema of {setting} is up to date"));
    Ok(Ended::Well)
}

fn script(setting: &WarehouseSetting) -> String {
    match setting {
        WarehouseSetting::Sqlite(_) => {
            "-- SQLite migrates itself when it is opened: there is nothing to run.".to_owned()
        }
        WarehouseSetting::SqlServer(_) => Schemas::default().script(),
    }
}
