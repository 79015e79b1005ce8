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
    #[serde(default = "half_an_hour", deserialize_with = "span")]
    pub function_timeout: Duration,
    pub custom_handler: CustomHandler,
    #[serde(default)]
    pub extensions: Extensions,
    /// Of what the host fetches and logs; nothing of it changes an invocation.
    #[serde(rename = "extensionBundle")]
    _extension_bundle: Option<Bundle>,
    #[serde(rename = "logging")]
    _logging: Option<Logging>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CustomHandler {
    pub description: Description,
    #[serde(default)]
    pub enable_forwarding_http_request: bool,
    #[serde(default = "half_a_minute", deserialize_with = "span")]
    pub initialization_timeout: Duration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Description {
    pub default_executable_path: String,
    #[serde(default)]
    pub arguments: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Extensions {
    pub http: Http,
    pub queues: Queues,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub(crate) struct Http {
    pub route_prefix: String,
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
    pub message_encoding: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bundle {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Logging {
    #[serde(rename = "logLevel", default)]
    _log_level: BTreeMap<String, String>,
    #[serde(rename = "applicationInsights")]
    _application_insights: Option<Value>,
}

impl Default for Http {
    fn default() -> Self {
        Self { route_prefix: "api".into() }
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
            message_encoding: "base64".into(),
        }
    }
}

impl HostJson {
    /// What its types do not say.
    pub(crate) fn check(&self) -> Result<(), String> {
        let handler = &self.custom_handler;
        let queues = &self.extensions.queues;
        // The host joins arguments by blanks, splits them again, and replaces `%NAME%`.
        let odd = |argument: &&String| argument.contains([' ', '\t', '"', '%']);
        if self.version != "2.0" {
            return Err(format!("`version` must be \"2.0\", not `{}`", self.version));
        }
        if let Some(argument) = handler.description.arguments.iter().find(odd) {
            return Err(format!(
                "the test host does not know arguments with blanks, quotes or `%`, such as \
                 `{argument}`"
            ));
        }
        if handler.enable_forwarding_http_request {
            return Err("the test host does not forward HTTP requests".into());
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

fn half_an_hour() -> Duration {
    Duration::from_secs(1800)
}

fn half_a_minute() -> Duration {
    Duration::from_secs(30)
}

pub(crate) fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}
