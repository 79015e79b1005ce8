//! function.json, with the bindings that the test host knows.

use std::time::Duration;

use serde::Deserialize;

use super::host_json::span;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct FunctionJson {
    pub bindings: Vec<Binding>,
    pub retry: Option<Retry>,
    #[serde(default)]
    pub disabled: bool,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", deny_unknown_fields)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Binding {
    QueueTrigger {
        name: String,
        direction: Direction,
        queue_name: String,
        connection: Option<String>,
        data_type: Option<DataType>,
    },
    TimerTrigger {
        name: String,
        direction: Direction,
        schedule: String,
        #[serde(default)]
        run_on_startup: bool,
        #[serde(default = "yes")]
        use_monitor: bool,
    },
    HttpTrigger {
        name: String,
        direction: Direction,
        /// Every method when not set.
        methods: Option<Vec<String>>,
        route: Option<String>,
        #[serde(default)]
        auth_level: AuthLevel,
    },
    Queue {
        name: String,
        direction: Direction,
        queue_name: String,
        connection: Option<String>,
        data_type: Option<DataType>,
    },
    Http {
        name: String,
        direction: Direction,
    },
}

impl Binding {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::QueueTrigger { name, .. }
            | Self::TimerTrigger { name, .. }
            | Self::HttpTrigger { name, .. }
            | Self::Queue { name, .. }
            | Self::Http { name, .. } => name,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Direction {
    In,
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DataType {
    String,
    Binary,
    Stream,
}

/// Who may call a function over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum AuthLevel {
    Anonymous,
    #[default]
    Function,
    Admin,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "strategy", deny_unknown_fields)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Retry {
    FixedDelay {
        /// -1 is for ever.
        max_retry_count: i64,
        #[serde(deserialize_with = "span")]
        delay_interval: Duration,
    },
    ExponentialBackoff {
        max_retry_count: i64,
        #[serde(deserialize_with = "span")]
        minimum_interval: Duration,
        #[serde(deserialize_with = "span")]
        maximum_interval: Duration,
    },
}

impl Retry {
    pub(crate) fn max(&self) -> i64 {
        match self {
            Self::FixedDelay { max_retry_count, .. }
            | Self::ExponentialBackoff { max_retry_count, .. } => *max_retry_count,
        }
    }

    /// The pause before the repetition `count`, which begins at 1.
    pub(crate) fn delay(&self, count: u32) -> Duration {
        match self {
            Self::FixedDelay { delay_interval, .. } => *delay_interval,
            Self::ExponentialBackoff { minimum_interval, maximum_interval, .. } => {
                let factor = 2_u32.saturating_pow(count.saturating_sub(1));
                minimum_interval.saturating_mul(factor).min(*maximum_interval)
            }
        }
    }
}

fn yes() -> bool {
    true
}
