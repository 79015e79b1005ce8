//! The script root as the host reads it: host.json, and function.json in its direct children.

mod function_json;
mod host_json;
mod settings;

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use function_json::{AuthLevel, Retry};
use function_json::{Binding, DataType, Direction, FunctionJson};
pub(crate) use host_json::{Encoding, HostJson};
pub(crate) use settings::Settings;

use super::{Error, route::Route, schedule::Schedule};
use crate::azurite::{Account, Queues};

/// What the host finds in a folder.
pub(crate) struct ScriptRoot {
    pub path: PathBuf,
    pub host_json: HostJson,
    pub settings: Settings,
    pub functions: Vec<Function>,
    /// Functions that the host leaves out, with its reason.
    pub in_error: BTreeMap<String, String>,
}

/// Why a function.json is not used.
enum Problem {
    /// The host leaves this function out, and starts the others.
    InError(String),
    /// The host may know what this stand-in does not: nothing starts, so that no test passes for
    /// a wrong reason.
    Unknown(String),
}

impl<T: Into<String>> From<T> for Problem {
    fn from(text: T) -> Self {
        Self::Unknown(text.into())
    }
}

/// A folder with a function.json.
#[derive(Debug)]
pub(crate) struct Function {
    pub name: String,
    /// Name of the trigger's binding.
    pub binding: String,
    pub trigger: Trigger,
    pub outputs: Vec<OutputBinding>,
    pub retry: Option<Retry>,
    /// Has no listener; can still be called by hand.
    pub disabled: bool,
}

#[derive(Debug)]
pub(crate) enum Trigger {
    Queue(Arc<Queue>),
    Timer { schedule: Schedule, text: String, run_on_startup: bool, use_monitor: bool },
    Http { route: Route, methods: Option<Vec<String>>, auth_level: AuthLevel },
}

/// A queue of an account.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub name: String,
    pub account: Account,
    /// The client, which is shared: making one takes as long as many requests.
    pub queues: Queues,
    /// The value goes through as base64 and is never read as text.
    pub binary: bool,
}

#[derive(Debug)]
pub(crate) enum OutputBinding {
    Queue { binding: String, queue: Arc<Queue> },
    Http { binding: String },
}

impl OutputBinding {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Queue { binding, .. } | Self::Http { binding } => binding,
        }
    }
}

/// A JSON file; a byte order mark is no error.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text =
        fs::read_to_string(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text)
        .map_err(|error| Error::File { path: path.to_owned(), problem: error.to_string() })
}

impl ScriptRoot {
    pub(crate) fn read(root: &Path, more: BTreeMap<String, String>) -> Result<Self, Error> {
        let path =
            fs::canonicalize(root).map_err(|cause| Error::Read { path: root.to_owned(), cause })?;
        let settings = Settings::read(&path, more)?;
        let file = path.join("host.json");
        let wrong = |problem| Error::File { path: file.clone(), problem };
        let mut host_json: Value = read_json(&file)?;
        settings.override_host_json(&mut host_json);
        let host_json: HostJson =
            serde_json::from_value(host_json).map_err(|error| wrong(error.to_string()))?;
        host_json.check().map_err(wrong)?;
        let (functions, in_error) = functions(&path, &settings)?;
        if functions.is_empty() && in_error.is_empty() {
            return Err(wrong("no folder beside it holds a function.json".into()));
        }
        let stores = |function: &Function| !matches!(function.trigger, Trigger::Http { .. });
        if functions.iter().any(stores) && settings.get("AzureWebJobsStorage").is_none() {
            let name = "AzureWebJobsStorage".into();
            let problem = "is missing, and triggers other than HTTP need it: set it to \
                           `UseDevelopmentStorage=true` in local.settings.json";
            return Err(Error::Setting { name, problem: problem.into() });
        }
        Ok(Self { path, host_json, settings, functions, in_error })
    }

    /// Every queue that a function reads or writes.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.functions.iter().flat_map(|function| {
            let read = match &function.trigger {
                Trigger::Queue(queue) => Some(&**queue),
                _ => None,
            };
            let written = function.outputs.iter().filter_map(|output| match output {
                OutputBinding::Queue { queue, .. } => Some(&**queue),
                OutputBinding::Http { .. } => None,
            });
            read.into_iter().chain(written)
        })
    }
}

type InError = BTreeMap<String, String>;

/// Only direct children count, as for the host.
fn functions(root: &Path, settings: &Settings) -> Result<(Vec<Function>, InError), Error> {
    let unreadable = |cause| Error::Read { path: root.to_owned(), cause };
    let mut functions: Vec<Function> = Vec::new();
    let mut in_error = InError::new();
    let mut connections = Connections { settings, known: BTreeMap::new() };
    for entry in fs::read_dir(root).map_err(unreadable)? {
        let folder = entry.map_err(unreadable)?.path();
        let path = folder.join("function.json");
        if !path.is_file() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let json: FunctionJson = read_json(&path)?;
        let wrong = |problem| Error::File { path: path.clone(), problem };
        if functions.iter().any(|known| known.name.eq_ignore_ascii_case(&name)) {
            return Err(wrong("another folder has this name in other case".into()));
        }
        match function(name.clone(), json, &mut connections) {
            Ok(function) => functions.push(function),
            Err(Problem::InError(reason)) => drop(in_error.insert(name, reason)),
            Err(Problem::Unknown(problem)) => return Err(wrong(problem)),
        }
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((functions, in_error))
}

fn function(
    name: String,
    json: FunctionJson,
    connections: &mut Connections<'_>,
) -> Result<Function, Problem> {
    let settings = connections.settings;
    if !is_name(&name, &['_', '-']) || name.eq_ignore_ascii_case("host") {
        return Err(Problem::InError(format!("'{name}' is not a valid function name.")));
    }
    let mut names = HashSet::new();
    let mut trigger = None;
    let mut outputs = Vec::new();
    for binding in json.bindings {
        let binding_name = binding.name();
        if !is_name(binding_name, &[]) && binding_name != "$return" {
            return Err(Problem::InError(format!(
                "The binding name {binding_name} is invalid. Please assign a valid name to the \
                 binding."
            )));
        }
        let (binding, kind) = bind(&name, binding, connections)?;
        if !names.insert(binding.clone()) {
            return Err(format!("two bindings are named `{binding}`").into());
        }
        match kind {
            Kind::Trigger(kind) => {
                if trigger.replace((binding, kind)).is_some() {
                    return Err("there are two triggers: a function has exactly one".into());
                }
            }
            Kind::Queue(queue) => outputs.push(OutputBinding::Queue { binding, queue }),
            Kind::Http => outputs.push(OutputBinding::Http { binding }),
        }
    }
    let (binding, trigger) = trigger.ok_or("there is no trigger: a function has exactly one")?;
    if json.retry.is_some() && !matches!(trigger, Trigger::Timer { .. }) {
        return Err("`retry` is for timers: a queue has its own attempts".into());
    }
    let off = settings.get(&format!("AzureWebJobs.{name}.Disabled"));
    let disabled =
        json.disabled || off.is_some_and(|off| off.eq_ignore_ascii_case("true") || off == "1");
    Ok(Function { name, binding, trigger, outputs, retry: json.retry, disabled })
}

/// A letter, then at most 127 letters, digits and `more`.
fn is_name(name: &str, more: &[char]) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || more.contains(&c);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(legal)
}

enum Kind {
    Trigger(Trigger),
    Queue(Arc<Queue>),
    Http,
}

fn bind(
    function: &str,
    binding: Binding,
    connections: &mut Connections<'_>,
) -> Result<(String, Kind), Problem> {
    let settings = connections.settings;
    let expand = |text: &str| {
        settings.expand(text, |name| {
            Err(Problem::InError(format!("'%{name}%' does not resolve to a value")))
        })
    };
    let mut queue = |name: &str, connection: Option<String>, data_type| {
        let name = expand(name)?;
        let (account, queues) = connections.get(connection.as_deref())?;
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(3..=63).contains(&name.len()) || !name.chars().all(legal) {
            return Err(Problem::Unknown(format!(
                "`{name}` is no name for a queue: 3 to 63 small letters, digits and `-`"
            )));
        }
        let binary = data_type == Some(DataType::Binary);
        Ok(Arc::new(Queue { name, account, queues, binary }))
    };
    let (name, direction, expected, kind) = match binding {
        Binding::QueueTrigger { name, direction, queue_name, connection, data_type } => {
            let trigger = Trigger::Queue(queue(&queue_name, connection, data_type)?);
            (name, direction, Direction::In, Kind::Trigger(trigger))
        }
        Binding::TimerTrigger { name, direction, schedule, run_on_startup, use_monitor } => {
            let text = expand(&schedule)?;
            let schedule = Schedule::parse(&text)?;
            let trigger = Trigger::Timer { schedule, text, run_on_startup, use_monitor };
            (name, direction, Direction::In, Kind::Trigger(trigger))
        }
        Binding::HttpTrigger { name, direction, methods, route, auth_level } => {
            let route = Route::parse(&expand(route.as_deref().unwrap_or(function))?)?;
            let trigger = Trigger::Http { route, methods, auth_level };
            (name, direction, Direction::In, Kind::Trigger(trigger))
        }
        Binding::Queue { name, direction, queue_name, connection, data_type } => {
            let queue = queue(&queue_name, connection, data_type)?;
            (name, direction, Direction::Out, Kind::Queue(queue))
        }
        Binding::Http { name, direction } => (name, direction, Direction::Out, Kind::Http),
    };
    if direction != expected {
        return Err(format!("the binding `{name}` has the wrong `direction`").into());
    }
    Ok((name, kind))
}

/// What the connections of bindings lead to, by the names of their settings.
struct Connections<'a> {
    settings: &'a Settings,
    known: BTreeMap<String, (Account, Queues)>,
}

impl Connections<'_> {
    /// The host looks for the setting with its own prefix first.
    fn get(&mut self, connection: Option<&str>) -> Result<(Account, Queues), String> {
        let name = connection.filter(|name| !name.is_empty()).unwrap_or("AzureWebJobsStorage");
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let prefixed = self.settings.get(&format!("AzureWebJobs{name}"));
        let value = prefixed.or_else(|| self.settings.get(name)).ok_or_else(|| {
            format!(
                "the connection `{name}` is no setting: set {name} to \
                 `UseDevelopmentStorage=true` or to a connection string with a key in \
                 local.settings.json (the test host signs in by no other way)"
            )
        })?;
        let account =
            Account::parse(value).map_err(|error| format!("the setting {name}: {error}"))?;
        let queues = Queues::new(&account);
        self.known.insert(name.to_owned(), (account.clone(), queues.clone()));
        Ok((account, queues))
    }
}

#[cfg(test)]
mod tests;
