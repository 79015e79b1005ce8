//! `WAREHOUSE`: where the warehouse is.

use std::path::PathBuf;

use warehouse::sqlserver::{self, Server};

use super::{WrongSetting, local_path};

/// Where the warehouse is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarehouseSetting {
    /// `sqlite:FILE`.
    Sqlite(PathBuf),
    /// `sqlserver://SERVER/DATABASE`, or an ADO connection string.
    SqlServer(Server),
}

impl WarehouseSetting {
    /// Names the warehouse in the lake's marker of what was published: two warehouses on one
    /// lake have one each.
    pub fn marker_name(&self) -> String {
        let (kind, name) = match self {
            Self::Sqlite(file) => {
                let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
                ("sqlite", file.to_string_lossy().into_owned())
            }
            Self::SqlServer(server) => ("sqlserver-", server.key()),
        };
        // No two names become the same: only a slash becomes a dash.
        let mut marker = kind.to_owned();
        for byte in name.bytes() {
            match byte {
                b'/' => marker.push('-'),
                byte if byte.is_ascii_alphanumeric() => marker.push(byte.into()),
                byte => marker += &format!("_{byte:02x}"),
            }
        }
        marker
    }

    /// Reads the setting alone, for commands that touch no lake.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, WrongSetting> {
        let get = |name| get(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        let is_in_azure = get("WEBSITE_INSTANCE_ID").is_some();
        let help = match is_in_azure {
            true => format!("write {}", sqlserver::HELP),
            false => format!("write sqlite:FILE, {}", sqlserver::HELP),
        };
        let setting = warehouse(get("WAREHOUSE"), get("LAKE__clientId").as_deref(), &help)?;
        if matches!(setting, Self::Sqlite(_)) && is_in_azure {
            let problem = "sqlite is for a laptop: an instance in Azure has no persistent disk";
            return Err(WrongSetting::new("WAREHOUSE", problem));
        }
        Ok(setting)
    }
}

/// As it may be written, without secrets.
impl std::fmt::Display for WarehouseSetting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::SqlServer(server) => server.fmt(f),
        }
    }
}

fn warehouse(
    value: Option<String>,
    client_id: Option<&str>,
    help: &str,
) -> Result<WarehouseSetting, WrongSetting> {
    let value = value.ok_or_else(|| WrongSetting::new("WAREHOUSE", format!("not set; {help}")))?;
    // The value may hold a password: it is not repeated.
    match value.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => {
            local_path::read("WAREHOUSE", "sqlite", file).map(WarehouseSetting::Sqlite)
        }
        None if value.starts_with("sqlserver://") || value.contains('=') => {
            let server = Server::parse(&value, client_id);
            let wrong =
                |error: sqlserver::WrongServer| WrongSetting::new("WAREHOUSE", error.to_string());
            server.map(WarehouseSetting::SqlServer).map_err(wrong)
        }
        _ => Err(WrongSetting::new("WAREHOUSE", format!("unknown form; {help}"))),
    }
}
