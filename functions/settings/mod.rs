//! Settings: the environment (app settings in Azure), over which command-line options win.

mod described;
mod engine;
mod feeds;
mod file;
mod lake;
mod limits;
mod local_path;
mod names;
mod personal;
mod publish;
mod purchase_db;
mod rows;
#[cfg(test)]
mod tests;
mod triggers;
mod warehouse;
mod withdrawn;

use std::{collections::BTreeMap, path::Path};

use eventgrid::{Auth, Publisher};

pub use self::{
    described::{DESCRIBED, Described},
    engine::EngineSetting,
    feeds::{Feeds, Rhythm},
    file::{NAME as FILE_NAME, SettingsFile},
    lake::LakeSetting,
    limits::FileLimits,
    names::check as check_names,
    personal::Personal,
    publish::Publishing,
    rows::RowRules,
    triggers::warn_of_missing,
    warehouse::WarehouseSetting,
    withdrawn::Withdrawn,
};

/// A setting that is missing or invalid.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct WrongSetting {
    /// Name of the environment variable.
    pub name: &'static str,
    /// What is wrong and what to write instead; never the value where it may hold a secret.
    pub problem: String,
}

impl WrongSetting {
    pub(crate) fn new(name: &'static str, problem: impl Into<String>) -> Self {
        Self { name, problem: problem.into() }
    }
}

/// All settings of the program, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `LAKE`.
    pub lake: LakeSetting,
    /// `WAREHOUSE`.
    pub warehouse: WarehouseSetting,
    /// Where purchases go before they are staged, if anywhere.
    pub purchase_db: Option<::purchase_db::Setting>,
    /// What becomes of personal data.
    pub personal: Personal,
    /// `ENGINE`.
    pub engine: EngineSetting,
    /// `ENGINE_MEMORY_MB`: what the facts under way may take, in MiB.
    pub engine_memory_mb: u64,
    /// How large a vendor file and its parts may be.
    pub file_limits: FileLimits,
    /// How their rows are read.
    pub row_rules: RowRules,
    /// Largest refused share of a file's rows.
    pub max_refused_share: f64,
    /// Largest share of its reviews that a day may lose without a restated file.
    pub max_day_shrink: f64,
    /// How many times the usual reviews a day may count.
    pub max_day_growth: f64,
    /// By how much the share of `Unknown` in a dimension may rise.
    pub max_unknown_jump: f64,
    /// Folder of `staging` with checks of one's own, if any.
    pub checks: Option<String>,
    /// Largest share of a day's reviews that may have another customer in another file.
    pub max_customer_changes: f64,
    /// `WITHDRAWN`: what becomes of a file that counted and is gone from `raw`.
    pub withdrawn: Withdrawn,
    /// When facts are published.
    pub publish: Publishing,
    /// `FEED_RHYTHM`: how often each feed is to bring a file.
    pub feeds: Feeds,
    /// Topic that receives events of staged and rejected files and of publishes, if any.
    pub event_topic: Option<EventTopic>,
    /// Connection string of Application Insights.
    pub application_insights: Option<String>,
    /// Address of a collector of OpenTelemetry, if any.
    pub otlp_endpoint: Option<String>,
}

/// An Event Grid topic. Without a key the managed identity signs.
#[derive(Clone)]
pub struct EventTopic {
    endpoint: String,
    key: Option<String>,
    client_id: Option<String>,
}

impl EventTopic {
    pub(crate) fn publisher(&self) -> Result<Publisher, eventgrid::Error> {
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
                Some(uri) => lake::lake_by_identity(
                    &uri,
                    get("LAKE__queueServiceUri").as_deref(),
                    get("LAKE__clientId").as_deref(),
                )?,
                None => lake::lake(get("LAKE"), is_under_host(get))?,
            },
            warehouse: WarehouseSetting::read(get)?,
            purchase_db: purchase_db::purchase_db(get)?,
            personal: personal::personal(get)?,
            engine: EngineSetting::read(get("ENGINE"))?,
            engine_memory_mb: number("ENGINE_MEMORY_MB", get("ENGINE_MEMORY_MB"), 256)?,
            file_limits: limits::limits(get)?,
            row_rules: rows::rules(get)?,
            max_refused_share: share("MAX_REFUSED_SHARE", get("MAX_REFUSED_SHARE"), 0.2)?,
            max_day_shrink: share("MAX_DAY_SHRINK", get("MAX_DAY_SHRINK"), 0.5)?,
            max_day_growth: factor("MAX_DAY_GROWTH", get("MAX_DAY_GROWTH"), 10.0)?,
            max_unknown_jump: share("MAX_UNKNOWN_JUMP", get("MAX_UNKNOWN_JUMP"), 0.5)?,
            checks: checks(get("CHECKS"))?,
            max_customer_changes: share("MAX_CUSTOMER_CHANGES", get("MAX_CUSTOMER_CHANGES"), 0.0)?,
            withdrawn: withdrawn::withdrawn(get("WITHDRAWN"))?,
            publish: publish::publishing(get)?,
            feeds: Feeds::read(get)?,
            event_topic: get("EVENTGRID_TOPIC_ENDPOINT").map(|endpoint| EventTopic {
                endpoint,
                key: get("EVENTGRID_TOPIC_KEY"),
                client_id: get("LAKE__clientId"),
            }),
            application_insights: get("APPLICATIONINSIGHTS_CONNECTION_STRING"),
            otlp_endpoint: get("OTEL_EXPORTER_OTLP_ENDPOINT"),
        })
    }

    pub(crate) fn parser_options(&self) -> pipeline::Options {
        let limits = pipeline::Limits {
            field: self.file_limits.field_bytes,
            line: self.file_limits.line_bytes,
            xml_depth: self.file_limits.xml_depth,
            refused_share: self.max_refused_share,
            ..Default::default()
        };
        let RowRules { dates, date_order, browsers } = self.row_rules.clone();
        let Personal { pii, texts: pii_texts, .. } = self.personal.clone();
        let options = pipeline::Options { limits, pii, pii_texts, ..Default::default() };
        pipeline::Options { dates, date_order, browsers, ..options }
    }
}

/// Whether the Functions host started this process, here or in Azure.
fn is_under_host(get: impl Fn(&str) -> Option<String>) -> bool {
    ["FUNCTIONS_CUSTOMHANDLER_PORT", "WEBSITE_INSTANCE_ID"]
        .into_iter()
        .any(|name| get(name).is_some())
}

/// Values of `local.settings.json` in a folder, as Functions Core Tools read them; none where
/// there is no such file. Names that are nobody's are told, and a typo of one of ours is an error.
pub fn local_settings(folder: &Path) -> Result<BTreeMap<String, String>, WrongSetting> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(rename = "Values", default)]
        values: BTreeMap<String, String>,
    }
    let path = folder.join("local.settings.json");
    let Ok(text) = std::fs::read(&path) else { return Ok(BTreeMap::new()) };
    let file: File = serde_json::from_slice(&text).map_err(|error| {
        let problem = format!("cannot read {}: {error}", path.display());
        WrongSetting::new("local.settings.json", problem)
    })?;
    names::check(file.values.keys().map(String::as_str))?;
    for name in file.values.keys().filter(|name| names::is_unknown(name)) {
        eprintln!("warning: {}: there is no setting `{name}`", path.display());
    }
    Ok(file.values)
}

fn number(name: &'static str, value: Option<String>, default: u64) -> Result<u64, WrongSetting> {
    let Some(value) = value else { return Ok(default) };
    let number = value.parse().ok().filter(|number| (1..=1 << 20).contains(number));
    number
        .ok_or_else(|| WrongSetting::new(name, format!("`{value}` is not a whole number above 0")))
}

fn share(name: &'static str, value: Option<String>, default: f64) -> Result<f64, WrongSetting> {
    let Some(value) = value else { return Ok(default) };
    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| WrongSetting::new(name, format!("`{value}` is not a number from 0 to 1")))
}

fn factor(name: &'static str, value: Option<String>, default: f64) -> Result<f64, WrongSetting> {
    let Some(value) = value else { return Ok(default) };
    let factor = value.parse().ok().filter(|factor| (1.0..=1e9).contains(factor));
    factor.ok_or_else(|| WrongSetting::new(name, format!("`{value}` is not a number from 1 on")))
}

/// A folder of `staging` that no dataset has.
fn checks(value: Option<String>) -> Result<Option<String>, WrongSetting> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    match value {
        Some(folder) if !(folder.starts_with('_') && folder.chars().all(plain)) => {
            let problem = "write the name of a folder in `staging` that begins with _, such as \
                           _checks";
            Err(WrongSetting::new("CHECKS", problem))
        }
        folder => Ok(folder),
    }
}
