//! host.json. What is not listed here is refused: a misspelt option has no effect in the host,
//! and nobody would notice.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use crate::host::span;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct HostJson {
    pub version: String,
    #[serde(default = "half_an_hour", deserialize_with = "timeout")]
    /// `None` is without limit.
    pub function_timeout: Option<Duration>,
    pub custom_handler: CustomHandler,
    #[serde(default)]
    pub extensions: Extensions,
    /// Of what the host fetches, logs and measures; nothing of it changes an invocation.
    #[serde(rename = "extensionBundle")]
    _extension_bundle: Option<Bundle>,
    #[serde(rename = "logging")]
    _logging: Option<Logging>,
    #[serde(rename = "aggregator")]
    _aggregator: Option<Value>,
    #[serde(rename = "healthMonitor")]
    _health_monitor: Option<Value>,
    #[serde(rename = "singleton")]
    _singleton: Option<Value>,
    #[serde(rename = "telemetryMode")]
    _telemetry_mode: Option<String>,
    #[serde(rename = "watchDirectories")]
    _watch_directories: Option<Vec<String>>,
    #[serde(rename = "watchFiles")]
    _watch_files: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CustomHandler {
    pub description: Description,
    #[serde(default)]
    pub enable_forwarding_http_request: bool,
    #[serde(default)]
    pub enable_proxying_http_request: bool,
    #[serde(default = "half_a_minute", deserialize_with = "span")]
    pub initialization_timeout: Duration,
    pub port: Option<u16>,
    #[serde(default = "http", rename = "type")]
    pub kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Description {
    pub default_executable_path: String,
    pub default_worker_path: Option<String>,
    pub worker_directory: Option<String>,
    pub working_directory: Option<String>,
    #[serde(default)]
    pub arguments: Vec<String>,
    #[serde(default)]
    pub worker_arguments: Vec<String>,
    #[serde(default = "yes")]
    pub use_std_error_stream_for_errors_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Extensions {
    #[serde(default)]
    pub http: Http,
    #[serde(default)]
    pub queues: Queues,
    #[serde(rename = "blobs")]
    _blobs: Option<Value>,
    #[serde(rename = "eventGrid")]
    _event_grid: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Http {
    pub route_prefix: String,
    #[serde(rename = "maxConcurrentRequests")]
    _max_concurrent_requests: Option<i64>,
    #[serde(rename = "maxOutstandingRequests")]
    _max_outstanding_requests: Option<i64>,
    #[serde(rename = "dynamicThrottlesEnabled")]
    _dynamic_throttles_enabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Queues {
    pub batch_size: u32,
    /// Half of the batch when not set.
    pub new_batch_threshold: Option<u32>,
    pub max_dequeue_count: u32,
    #[serde(deserialize_with = "span")]
    pub visibility_timeout: Duration,
    #[serde(deserialize_with = "span")]
    pub max_polling_interval: Duration,
    pub message_encoding: Encoding,
}

/// How texts are written to queues and read from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Encoding {
    #[serde(alias = "Base64")]
    Base64,
    #[serde(alias = "None")]
    None,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Bundle {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Logging {
    #[serde(rename = "logLevel", default)]
    _log_level: BTreeMap<String, String>,
    #[serde(rename = "fileLoggingMode")]
    _file_logging_mode: Option<String>,
    #[serde(rename = "applicationInsights")]
    _application_insights: Option<Value>,
    #[serde(rename = "console")]
    _console: Option<Value>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            route_prefix: "api".into(),
            _max_concurrent_requests: None,
            _max_outstanding_requests: None,
            _dynamic_throttles_enabled: None,
        }
    }
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            batch_size: 16,
            new_batch_threshold: None,
            max_dequeue_count: 5,
            visibility_timeout: Duration::ZERO,
            max_polling_interval: Duration::from_secs(60),
            message_encoding: Encoding::Base64,
        }
    }
}

impl HostJson {
    /// What its types do not tell.
    pub(crate) fn check(&self) -> Result<(), String> {
        let handler = &self.custom_handler;
        let queues = &self.extensions.queues;
        if self.version != "2.0" {
            return Err(format!("`version` must be \"2.0\", not `{}`", self.version));
        }
        if handler.description.default_executable_path.is_empty() {
            return Err("`defaultExecutablePath` is empty: name the handler's program".into());
        }
        if handler.enable_forwarding_http_request || handler.enable_proxying_http_request {
            return Err("the test host neither forwards nor proxies HTTP requests".into());
        }
        if handler.kind != "http" {
            return Err(format!("`customHandler.type` must be \"http\", not `{}`", handler.kind));
        }
        if !(1..=32).contains(&queues.batch_size) {
            return Err(format!("`batchSize` must be 1 to 32, not {}", queues.batch_size));
        }
        if queues.max_dequeue_count == 0 {
            return Err("`maxDequeueCount` must be 1 or more".into());
        }
        Ok(())
    }
}

fn half_an_hour() -> Option<Duration> {
    Some(Duration::from_secs(1800))
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

fn http() -> String {
    "http".into()
}

fn yes() -> bool {
    true
}

pub(crate) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    match String::deserialize(from)?.as_str() {
        "-1" => Ok(None),
        text => span::parse(text).map(Some).map_err(D::Error::custom),
    }
}
