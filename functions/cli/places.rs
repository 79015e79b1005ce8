//! Where a command works, and what of it must be there already: a mistyped name makes nothing.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use clap::Args;

use crate::{
    deps::Deps,
    settings::{
        FILE_NAME, LakeSetting, Settings, SettingsFile, WarehouseSetting, WrongSetting,
        check_names, local_settings,
    },
};

#[derive(Args, Default)]
pub struct Places {
    /// The lake: file:DIR for a local folder, UseDevelopmentStorage=true for the storage emulator,
    /// or a storage connection string [setting: LAKE].
    #[arg(long, value_name = "LAKE")]
    pub lake: Option<String>,
    /// The warehouse: sqlite:FILE, sqlserver://SERVER/DATABASE for a managed identity, or a
    /// connection string [setting: WAREHOUSE].
    #[arg(long, value_name = "WAREHOUSE")]
    pub warehouse: Option<String>,
    /// The operational database that purchases are loaded into first:
    /// postgres://USER@HOST/DATABASE. A URL with a password belongs in the setting
    /// [setting: USER_PURCHASE_DB].
    #[arg(long, value_name = "URL")]
    pub user_purchase_db: Option<String>,
}

/// What a command may make.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Nothing, and a warehouse must be there.
    Change,
    /// Nothing; a warehouse may still be missing.
    Look,
    /// The SQLite file of a lake that was never published.
    Publish,
    /// All of it.
    Create,
}

impl Places {
    pub fn settings(self) -> Result<Settings, WrongSetting> {
        Settings::read(self.values()?)
    }

    /// What functions need, of a lake and a warehouse that are there, or that the command may make.
    pub async fn open(self, may: May) -> anyhow::Result<Deps> {
        let settings = self.settings()?;
        if let LakeSetting::Folder(folder) = &settings.lake {
            lake(folder, may)?;
        }
        let deps = Deps::new(settings)?;
        let warehouse_name = deps.settings.warehouse.to_string();
        tracing::info!(
            lake = deps.lake.describe(),
            warehouse = warehouse_name,
            "settings are read"
        );
        if let WarehouseSetting::Sqlite(file) = &deps.settings.warehouse
            && !file.exists()
        {
            warehouse(&deps, file, may).await?;
        }
        Ok(deps)
    }

    /// Values by the names of settings.
    pub fn values(self) -> Result<impl Fn(&str) -> Option<String>, WrongSetting> {
        let sources = self.sources()?;
        Ok(move |name: &str| sources.find(name).map(|(value, _)| value))
    }

    /// Where values come from.
    pub fn sources(self) -> Result<Sources, WrongSetting> {
        let local = local_settings(".".as_ref())?;
        let names: Vec<_> =
            std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        check_names(names.iter().map(String::as_str))?;
        Ok(Sources { options: self, local, file: SettingsFile::find(".".as_ref())? })
    }
}

/// All places that a setting may stand in.
pub struct Sources {
    options: Places,
    local: BTreeMap<String, String>,
    file: SettingsFile,
}

/// Where a value stands. The first that has one wins.
#[derive(Clone, Copy)]
pub enum From {
    Option,
    Environment,
    LocalSettings,
    File,
}

impl From {
    pub fn name(self) -> &'static str {
        match self {
            Self::Option => "option",
            Self::Environment => "environment",
            Self::LocalSettings => "local.settings.json",
            Self::File => FILE_NAME,
        }
    }
}

impl Sources {
    /// The value that holds of a setting.
    pub fn find(&self, name: &str) -> Option<(String, From)> {
        let option = match name {
            "LAKE" => self.options.lake.clone(),
            "WAREHOUSE" => self.options.warehouse.clone(),
            "USER_PURCHASE_DB" => self.options.user_purchase_db.clone(),
            _ => None,
        };
        let environment = || std::env::var(name).ok();
        None.or_else(|| Some((option?, From::Option)))
            .or_else(|| Some((environment()?, From::Environment)))
            .or_else(|| Some((self.local.get(name).cloned()?, From::LocalSettings)))
            .or_else(|| Some((self.file.values.get(name).cloned()?, From::File)))
    }

    /// The settings file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.path.as_deref()
    }
}

fn lake(folder: &Path, may: May) -> anyhow::Result<()> {
    let raw = folder.join("raw");
    if raw.is_dir() {
        return Ok(());
    }
    if may == May::Create {
        let made = fs::create_dir_all(&raw);
        return made.with_context(|| format!("cannot create the folder {}", raw.display()));
    }
    let problem = match folder.is_dir() {
        true => format!(
            "the folder {} has no folder `raw`, in which vendor files lie",
            folder.display()
        ),
        false => format!("the folder {} does not exist", folder.display()),
    };
    Err(WrongSetting::new("LAKE", format!("{problem}: correct it, or `run --create` makes it"))
        .into())
}

/// Judges a SQLite file that is missing.
async fn warehouse(deps: &Deps, file: &Path, may: May) -> anyhow::Result<()> {
    let wrong = |problem: String| Err(WrongSetting::new("WAREHOUSE", problem).into());
    let name = file.display();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.filter(|folder| !folder.is_dir());
    match (may, folder) {
        (May::Create, None) => return Ok(()),
        (May::Create, Some(folder)) => {
            let made = fs::create_dir_all(folder);
            return made.with_context(|| format!("cannot create the folder {}", folder.display()));
        }
        // It shows the lake, and says what is wrong with the warehouse.
        (May::Look, Some(_)) => return Ok(()),
        (_, Some(folder)) => {
            let folder = folder.display();
            return wrong(format!(
                "the folder {folder} does not exist: correct it, or `run --create` makes it"
            ));
        }
        (May::Change, None) => {
            return wrong(format!("the file {name} does not exist: correct it; `run` makes it"));
        }
        (May::Look | May::Publish, None) => {}
    }
    // Deleted on purpose, or never made: the facts are built from the lake. But where another
    // warehouse has them, the name is mistyped.
    let known = deps.lake.marker_names().await?;
    let own = deps.settings.warehouse.marker_name();
    let is_of_another = |name: &String| name.starts_with("sql") && *name != own;
    if known.iter().any(is_of_another) && !known.contains(&own) {
        return wrong(format!(
            "the file {name} does not exist, and this lake was published to another warehouse: \
             correct it, or `run --create` makes a second one"
        ));
    }
    Ok(())
}

/// For a command that only reads a warehouse: a file must be there.
pub fn must_exist(warehouse: &WarehouseSetting) -> Result<(), WrongSetting> {
    match warehouse {
        WarehouseSetting::Sqlite(file) if !file.exists() => {
            let problem = format!("the file {} does not exist: `run` makes it", file.display());
            Err(WrongSetting::new("WAREHOUSE", problem))
        }
        WarehouseSetting::Sqlite(_) | WarehouseSetting::SqlServer(_) => Ok(()),
    }
}
