//! Settings: the environment (app settings in Azure), over which command-line options win.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use eventgrid::{Auth, Publisher};
use lake::AzureLake;
use pipeline::logs::{Pii, PiiKey};
use warehouse::sqlserver::{self, Server};

/// A setting that is missing or cannot be understood: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct WrongSetting {
    pub name: &'static str,
    pub problem: String,
}

impl WrongSetting {
    fn new(name: &'static str, problem: impl Into<String>) -> Self {
        Self { name, problem: problem.into() }
    }
}

/// Where the lake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LakeSetting {
    Folder(PathBuf),
    Azure(AzureLake),
}

impl LakeSetting {
    /// Storage account whose events are ours; none for a local folder.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Azure(azure) => Some(azure.account().to_owned()),
        }
    }

    /// For commands that must not make a lake where a name is mistyped.
    pub fn must_exist(&self) -> Result<(), WrongSetting> {
        match self {
            Self::Folder(folder) if !folder.is_dir() => {
                let problem = format!("there is no folder {}", folder.display());
                Err(WrongSetting::new("LAKE", problem))
            }
            // Nobody makes an account or a container by mistake.
            Self::Folder(_) | Self::Azure(_) => Ok(()),
        }
    }
}

/// Where the warehouse is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarehouseSetting {
    Sqlite(PathBuf),
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
        let setting = warehouse(get("WAREHOUSE"), get("LAKE__clientId").as_deref())?;
        if matches!(setting, Self::Sqlite(_)) && get("WEBSITE_INSTANCE_ID").is_some() {
            let problem = "sqlite is for a laptop: an instance in Azure has no lasting disk";
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

#[derive(Clone, Debug)]
pub struct Settings {
    pub lake: LakeSetting,
    pub warehouse: WarehouseSetting,
    pub pii: Pii,
    pub engine_memory_mb: u64,
    /// Largest refused share of a file's rows, from 100 rows on.
    pub max_refused_share: f64,
    /// Largest share of its reviews that a day may lose without a restated file.
    pub max_day_shrink: f64,
    /// Who is told of staged and refused files and of publishes, if anybody.
    pub event_topic: Option<EventTopic>,
    /// Connection string of Application Insights.
    pub application_insights: Option<String>,
}

/// An Event Grid topic. Without a key the managed identity signs.
#[derive(Clone)]
pub struct EventTopic {
    endpoint: String,
    key: Option<String>,
    client_id: Option<String>,
}

impl EventTopic {
    pub fn publisher(&self) -> Result<Publisher, eventgrid::Error> {
        let auth = match &self.key {
            Some(key) => Auth::Key(key.clone()),
            None => Auth::ManagedIdentity { client_id: self.client_id.clone() },
        };
        Publisher::new(&self.endpoint, auth)
    }
}

impl std::fmt::Debug for EventTopic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventTopic").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Settings {
    /// Reads all settings through `get`, which knows values by their names.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, WrongSetting> {
        let get =
            |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        Ok(Self {
            lake: match get("LAKE__blobServiceUri").filter(|_| get("LAKE").is_none()) {
                Some(uri) => lake_by_identity(
                    &uri,
                    get("LAKE__queueServiceUri").as_deref(),
                    get("LAKE__clientId").as_deref(),
                )?,
                None => lake(get("LAKE"))?,
            },
            warehouse: WarehouseSetting::read(get)?,
            pii: pii(get("PII_MODE"), get("PII_KEY"))?,
            engine_memory_mb: number("ENGINE_MEMORY_MB", get("ENGINE_MEMORY_MB"), 256)?,
            max_refused_share: share("MAX_REFUSED_SHARE", get("MAX_REFUSED_SHARE"), 0.2)?,
            max_day_shrink: share("MAX_DAY_SHRINK", get("MAX_DAY_SHRINK"), 0.5)?,
            event_topic: get("EVENTGRID_TOPIC_ENDPOINT").map(|endpoint| EventTopic {
                endpoint,
                key: get("EVENTGRID_TOPIC_KEY"),
                client_id: get("LAKE__clientId"),
            }),
            application_insights: get("APPLICATIONINSIGHTS_CONNECTION_STRING"),
        })
    }

    pub fn parser_options(&self) -> pipeline::Options {
        let limits =
            pipeline::Limits { refused_share: self.max_refused_share, ..Default::default() };
        pipeline::Options { limits, pii: self.pii.clone() }
    }
}

/// Values of `local.settings.json` in a folder, as Functions Core Tools read them; none where
/// there is no such file.
pub fn local_settings(folder: &Path) -> Result<BTreeMap<String, String>, WrongSetting> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(rename = "Values", default)]
        values: BTreeMap<String, String>,
    }
    let path = folder.join("local.settings.json");
    let Ok(text) = std::fs::read(&path) else { return Ok(BTreeMap::new()) };
    let file: File = serde_json::from_slice(&text).map_err(|error| {
        let problem = format!("{} cannot be read: {error}", path.display());
        WrongSetting::new("local.settings.json", problem)
    })?;
    Ok(file.values)
}

fn lake(value: Option<String>) -> Result<LakeSetting, WrongSetting> {
    const HELP: &str = "write file:DIR for a local folder, UseDevelopmentStorage=true for the \
        storage emulator, or a storage connection string";
    let wrong = |problem: String| WrongSetting::new("LAKE", problem);
    let value = value.ok_or_else(|| wrong(format!("not set; {HELP}")))?;
    // The value may hold a key: it is not repeated.
    match value.strip_prefix("file:") {
        Some(folder) if !folder.is_empty() => Ok(LakeSetting::Folder(folder.into())),
        None if value.contains('=') => {
            let azure = AzureLake::from_connection_string(&value);
            azure.map(LakeSetting::Azure).map_err(|error| wrong(error.to_string()))
        }
        _ => Err(wrong(format!("this form is not known; {HELP}"))),
    }
}

/// In Azure, by the names that the triggers of the host use too.
fn lake_by_identity(
    blob_uri: &str,
    queue_uri: Option<&str>,
    client_id: Option<&str>,
) -> Result<LakeSetting, WrongSetting> {
    let open = |name, uri| {
        let azure = AzureLake::with_identity(uri, client_id);
        azure.map_err(|error| WrongSetting::new(name, error.to_string()))
    };
    let azure = open("LAKE__blobServiceUri", blob_uri)?;
    let queues = queue_uri.map(|uri| open("LAKE__queueServiceUri", uri)).transpose()?;
    match queues {
        Some(queues) if queues.account() != azure.account() => {
            let (theirs, ours) = (queues.account(), azure.account());
            let problem = format!("is of the account {theirs}, but the blobs are of {ours}");
            Err(WrongSetting::new("LAKE__queueServiceUri", problem))
        }
        _ => Ok(LakeSetting::Azure(azure)),
    }
}

fn warehouse(
    value: Option<String>,
    client_id: Option<&str>,
) -> Result<WarehouseSetting, WrongSetting> {
    let help = format!("write sqlite:FILE, {}", sqlserver::HELP);
    let value = value.ok_or_else(|| WrongSetting::new("WAREHOUSE", format!("not set; {help}")))?;
    // The value may hold a password: it is not repeated.
    match value.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => Ok(WarehouseSetting::Sqlite(file.into())),
        None if value.starts_with("sqlserver://") || value.contains('=') => {
            let server = Server::parse(&value, client_id);
            let wrong =
                |error: sqlserver::WrongServer| WrongSetting::new("WAREHOUSE", error.to_string());
            server.map(WarehouseSetting::SqlServer).map_err(wrong)
        }
        _ => Err(WrongSetting::new("WAREHOUSE", format!("this form is not known; {help}"))),
    }
}

fn pii(mode: Option<String>, key: Option<String>) -> Result<Pii, WrongSetting> {
    match mode.as_deref().unwrap_or("mask") {
        "mask" => Ok(Pii::Mask),
        "keep" => Ok(Pii::Keep),
        // App Service hands over the text of a reference that it could not resolve.
        "hash" if key.as_deref().is_some_and(|key| key.starts_with("@Microsoft.KeyVault(")) => {
            let problem = "its Key Vault reference is not resolved: check the secret and the \
                           access of the app's identity to it";
            Err(WrongSetting::new("PII_KEY", problem))
        }
        "hash" => key
            .and_then(PiiKey::new)
            .map(Pii::Hash)
            .ok_or_else(|| WrongSetting::new("PII_KEY", "not set; PII_MODE=hash needs a key")),
        _ => Err(WrongSetting::new("PII_MODE", "write mask, hash or keep")),
    }
}

fn number(name: &'static str, value: Option<String>, default: u64) -> Result<u64, WrongSetting> {
    let Some(value) = value else { return Ok(default) };
    let number = value.parse().ok().filter(|number| (1..=1 << 20).contains(number));
    number.ok_or_else(|| WrongSetting::new(name, format!("`{value}` is no whole number above 0")))
}

fn share(name: &'static str, value: Option<String>, default: f64) -> Result<f64, WrongSetting> {
    let Some(value) = value else { return Ok(default) };
    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| WrongSetting::new(name, format!("`{value}` is no share from 0 to 1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Settings, String> {
        let get = |name: &str| {
            let value = values.iter().find(|(known, _)| *known == name);
            value.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(get).map_err(|error| error.to_string())
    }

    const GIVEN: [(&str, &str); 2] = [("LAKE", "file:lake"), ("WAREHOUSE", "sqlite:w.db")];

    fn with(more: &[(&'static str, &'static str)]) -> Result<Settings, String> {
        read(&[&GIVEN, more].concat())
    }

    #[test]
    fn lake_and_warehouse_are_enough() {
        let settings = with(&[]).unwrap();
        assert_eq!(settings.lake, LakeSetting::Folder("lake".into()));
        assert_eq!(settings.warehouse, WarehouseSetting::Sqlite("w.db".into()));
        assert!(matches!(settings.pii, Pii::Mask));
        assert_eq!(settings.engine_memory_mb, 256);
    }

    #[test]
    fn each_warehouse_has_a_marker_of_its_own() {
        let name = |file: &str| WarehouseSetting::Sqlite(file.into()).marker_name();
        assert_eq!(name("/a/b-c/w.db"), "sqlite-a-b_2dc-w_2edb");
        let names =
            ["/a/b/w.db", "/a-b/w.db", "/a/b-w.db", "/a_b/w.db", "/a_5fb/w.db", "/a\\b/w.db"];
        let different: std::collections::BTreeSet<_> =
            names.iter().map(|file| name(file)).collect();
        assert_eq!(different.len(), names.len());
    }

    #[test]
    fn wrong_settings_say_what_to_write() {
        let wrong = |more| with(more).unwrap_err();
        assert!(read(&[]).unwrap_err().starts_with("LAKE: not set; write file:DIR for a local"));
        assert_eq!(wrong(&[("PII_MODE", "hash")]), "PII_KEY: not set; PII_MODE=hash needs a key");
        let unresolved = [("PII_MODE", "hash"), ("PII_KEY", "@Microsoft.KeyVault(SecretUri=x)")];
        assert!(wrong(&unresolved).starts_with("PII_KEY: its Key Vault reference"));
        assert_eq!(wrong(&[("PII_MODE", "x")]), "PII_MODE: write mask, hash or keep");
        assert_eq!(
            wrong(&[("MAX_DAY_SHRINK", "50%")]),
            "MAX_DAY_SHRINK: `50%` is no share from 0 to 1"
        );
        assert_eq!(
            wrong(&[("ENGINE_MEMORY_MB", "0")]),
            "ENGINE_MEMORY_MB: `0` is no whole number above 0"
        );
        assert!(
            wrong(&[("WEBSITE_INSTANCE_ID", "x")]).starts_with("WAREHOUSE: sqlite is for a laptop")
        );
    }

    #[test]
    fn a_warehouse_that_is_not_understood_is_not_repeated() {
        for wrong in ["Server=x;Password=secret", "secret", "sqlite:", "sqlserver://u:secret@h/d"] {
            let error = read(&[GIVEN[0], ("WAREHOUSE", wrong)]).unwrap_err();
            assert!(error.starts_with("WAREHOUSE: ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_sql_server_is_named_without_its_password() {
        let value = "Server=tcp:H.example,1433;Database=Films;User ID=etl;Password=secret";
        let values = [GIVEN[0], ("WAREHOUSE", value), ("WEBSITE_INSTANCE_ID", "x")];
        let warehouse = read(&values).unwrap().warehouse;
        assert_eq!(warehouse.to_string(), "sqlserver://H.example/Films");
        assert_eq!(warehouse.marker_name(), "sqlserver-h_2eexample_2d1433_2dfilms");
        assert!(!format!("{warehouse:?}").contains("secret"));
    }

    fn lake_of(values: &[(&'static str, &'static str)]) -> Result<LakeSetting, String> {
        read(&[&[GIVEN[1]], values].concat()).map(|settings| settings.lake)
    }

    #[test]
    fn a_lake_in_azure_names_its_account() {
        let account = |values: &[_]| lake_of(values).unwrap().account();
        assert_eq!(account(&[GIVEN[0]]), None);
        let emulator = account(&[("LAKE", "UseDevelopmentStorage=true")]);
        assert_eq!(emulator.as_deref(), Some("devstoreaccount1"));
        let key = account(&[("LAKE", "AccountName=films;AccountKey=c2VjcmV0")]);
        assert_eq!(key.as_deref(), Some("films"));
        let uri = ("LAKE__blobServiceUri", "https://films.blob.core.windows.net/");
        let queues = ("LAKE__queueServiceUri", "https://films.queue.core.windows.net/");
        assert_eq!(account(&[uri, queues, ("LAKE__clientId", "0f")]).as_deref(), Some("films"));
        // What a person writes on the command line wins.
        assert_eq!(account(&[GIVEN[0], uri]), None);
    }

    #[test]
    fn a_lake_that_is_not_understood_is_not_repeated() {
        for value in ["AccountName=films;AccountKy=secret", "secret", "file:"] {
            let error = lake_of(&[("LAKE", value)]).unwrap_err();
            assert!(error.starts_with("LAKE: ") && !error.contains("secret"), "{error}");
        }
        let uri = ("LAKE__blobServiceUri", "https://films.blob.core.windows.net");
        let queues = ("LAKE__queueServiceUri", "https://other.queue.core.windows.net");
        let error = lake_of(&[uri, queues]).unwrap_err();
        let known = "LAKE__queueServiceUri: is of the account other, but the blobs are of films";
        assert_eq!(error, known);
        let error = lake_of(&[("LAKE__blobServiceUri", "films")]).unwrap_err();
        assert!(error.starts_with("LAKE__blobServiceUri: "), "{error}");
    }
}
