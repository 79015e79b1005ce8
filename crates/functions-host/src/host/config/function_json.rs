//! function.json, with the bindings that the test host knows.

use std::time::Duration;

use serde::Deserialize;

use super::host_json::span;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunctionJson {
    pub bindings: Vec<Binding>,
    pub retry: Option<Retry>,
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
    },
    TimerTrigger {
        name: String,
        direction: Direction,
        schedule: String,
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
    },
    Http {
        name: String,
        direction: Direction,
    },
}

impl Binding {
    pub(crate) fn name(&self) -> (&str, Direction) {
        match self {
            Self::QueueTrigger { name, direction, .. }
            | Self::TimerTrigger { name, direction, .. }
            | Self::HttpTrigger { name, direction, .. }
            | Self::Queue { name, direction, .. }
            | Self::Http { name, direction } => (name, *direction),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Direction {
    In,
    Out,
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

/// How often and after which pause a failed timer runs again.
#[derive(Debug, Deserialize)]
#[serde(tag = "strategy", deny_unknown_fields)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Retry {
    FixedDelay {
        max_retry_count: u32,
        #[serde(deserialize_with = "span")]
        delay_interval: Duration,
    },
}

fn yes() -> bool {
    true
}
