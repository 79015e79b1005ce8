//! The script root as the host reads it: host.json, and function.json in its direct children.

mod function_json;
mod host_json;
mod settings;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Error, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use function_json::{AuthLevel, Retry};
use function_json::{Binding, Direction, FunctionJson};
pub(crate) use host_json::HostJson;
pub(crate) use settings::Settings;

use super::{route::Route, schedule::Schedule};
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
    /// By the names of their bindings.
    pub outputs: BTreeMap<String, Output>,
    pub retry: Option<Retry>,
    /// Has no listener; can still be called by hand.
    pub disabled: bool,
}

#[derive(Debug)]
pub(crate) enum Trigger {
    Queue(Queue),
    Timer { schedule: Schedule, use_monitor: bool },
    Http { route: Route, methods: Option<Vec<String>>, auth_level: AuthLevel },
}

#[derive(Debug)]
pub(crate) enum Output {
    Queue(Queue),
    Http,
}

/// A queue of an account.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub name: String,
    /// The client, which is shared: making one takes as long as many requests.
    pub queues: Queues,
}

/// A JSON file; a byte order mark is no error.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| unreadable(path))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    serde_json::from_str(text).with_context(|| path.display().to_string())
}

fn unreadable(path: &Path) -> String {
    format!("cannot read {}; `cargo xtask package` assembles the script root", path.display())
}

impl ScriptRoot {
    pub(crate) fn read(root: &Path, more: BTreeMap<String, String>) -> Result<Self> {
        let path = fs::canonicalize(root).with_context(|| unreadable(root))?;
        let settings = Settings::read(&path, more)?;
        let file = path.join("host.json");
        let named = || file.display().to_string();
        let mut host_json: Value = read_json(&file)?;
        settings.override_host_json(&mut host_json);
        let host_json: HostJson = serde_json::from_value(host_json).with_context(named)?;
        host_json.check().map_err(Error::msg).with_context(named)?;
        let (functions, in_error) = functions(&path, &settings)?;
        ensure!(
            !functions.is_empty() || !in_error.is_empty(),
            "{}: no folder beside it holds a function.json",
            file.display()
        );
        let stores = |function: &Function| !matches!(function.trigger, Trigger::Http { .. });
        ensure!(
            !functions.iter().any(stores) || settings.get("AzureWebJobsStorage").is_some(),
            "the setting `AzureWebJobsStorage` is missing, and triggers other than HTTP need it: \
             set it to `UseDevelopmentStorage=true` in local.settings.json"
        );
        let root = Self { path, host_json, settings, functions, in_error };
        let encoding = &root.host_json.extensions.queues.message_encoding;
        ensure!(
            encoding.eq_ignore_ascii_case("none") || root.queues().next().is_none(),
            "{}: the test host needs `messageEncoding` of queues to be `none`",
            file.display()
        );
        Ok(root)
    }

    /// Every queue that a function reads or writes.
    pub(crate) fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.functions.iter().flat_map(|function| {
            let read = match &function.trigger {
                Trigger::Queue(queue) => Some(queue),
                _ => None,
            };
            let written = function.outputs.values().filter_map(|output| match output {
                Output::Queue(queue) => Some(queue),
                Output::Http => None,
            });
            read.into_iter().chain(written)
        })
    }
}

/// Only direct children count, as for the host. Beside the functions stand those in error.
fn functions(
    root: &Path,
    settings: &Settings,
) -> Result<(Vec<Function>, BTreeMap<String, String>)> {
    let (mut functions, mut in_error) = (Vec::<Function>::new(), BTreeMap::new());
    let mut connections = Connections { settings, known: BTreeMap::new() };
    for entry in fs::read_dir(root).with_context(|| unreadable(root))? {
        let folder = entry.with_context(|| unreadable(root))?.path();
        let path = folder.join("function.json");
        if !path.is_file() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if functions.iter().any(|known| known.name.eq_ignore_ascii_case(&name)) {
            bail!("{}: another folder has this name in other case", path.display());
        }
        match function(&name, read_json(&path)?, &mut connections) {
            Ok(function) => functions.push(function),
            Err(Problem::InError(reason)) => drop(in_error.insert(name, reason)),
            Err(Problem::Unknown(problem)) => bail!("{}: {problem}", path.display()),
        }
    }
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((functions, in_error))
}

fn function(
    name: &str,
    json: FunctionJson,
    connections: &mut Connections<'_>,
) -> Result<Function, Problem> {
    if !is_name(name, &['_', '-']) || name.eq_ignore_ascii_case("host") {
        return Err(Problem::InError(format!("'{name}' is not a valid function name.")));
    }
    let mut triggers = Vec::new();
    let mut outputs = BTreeMap::new();
    for binding in json.bindings {
        let (binding_name, direction) = binding.name();
        let binding_name = binding_name.to_owned();
        if binding_name == "$return" {
            return Err("the test host does not know the binding `$return`".into());
        }
        if !is_name(&binding_name, &[]) {
            return Err(Problem::InError(format!(
                "The binding name {binding_name} is invalid. Please assign a valid name to the \
                 binding."
            )));
        }
        let known = triggers.iter().map(|(known, _)| known).chain(outputs.keys());
        if known.into_iter().any(|known| *known == binding_name) {
            return Err(format!("two bindings are named `{binding_name}`").into());
        }
        let expected = match bind(name, binding, connections)? {
            Bound::Trigger(trigger) => {
                triggers.push((binding_name.clone(), trigger));
                Direction::In
            }
            Bound::Output(output) => {
                outputs.insert(binding_name.clone(), output);
                Direction::Out
            }
        };
        if direction != expected {
            return Err(format!("the binding `{binding_name}` has the wrong `direction`").into());
        }
    }
    let count = triggers.len();
    let (Some((binding, trigger)), 1) = (triggers.pop(), count) else {
        return Err(format!("there are {count} triggers: a function has exactly one").into());
    };
    if json.retry.is_some() && !matches!(trigger, Trigger::Timer { .. }) {
        return Err("`retry` is for timers: a queue has its own attempts".into());
    }
    let off = connections.settings.get(&format!("AzureWebJobs.{name}.Disabled"));
    let disabled = off.is_some_and(|off| matches!(off, "1") || off.eq_ignore_ascii_case("true"));
    Ok(Function { name: name.to_owned(), binding, trigger, outputs, retry: json.retry, disabled })
}

/// A letter, then at most 127 letters, digits and `more`.
fn is_name(name: &str, more: &[char]) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || more.contains(&c);
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(legal)
}

enum Bound {
    Trigger(Trigger),
    Output(Output),
}

fn bind(
    function: &str,
    binding: Binding,
    connections: &mut Connections<'_>,
) -> Result<Bound, Problem> {
    let expand = |text: &str| {
        let unknown = |name| Problem::InError(format!("'%{name}%' does not resolve to a value"));
        connections.settings.expand(text).map_err(unknown)
    };
    Ok(match binding {
        Binding::QueueTrigger { queue_name, connection, .. } => {
            let queue = connections.queue(expand(&queue_name)?, connection.as_deref())?;
            Bound::Trigger(Trigger::Queue(queue))
        }
        Binding::TimerTrigger { schedule, use_monitor, .. } => {
            let schedule = Schedule::parse(&expand(&schedule)?)?;
            Bound::Trigger(Trigger::Timer { schedule, use_monitor })
        }
        Binding::HttpTrigger { methods, route, auth_level, .. } => {
            let route = Route::parse(&expand(route.as_deref().unwrap_or(function))?)?;
            Bound::Trigger(Trigger::Http { route, methods, auth_level })
        }
        Binding::Queue { queue_name, connection, .. } => {
            let queue = connections.queue(expand(&queue_name)?, connection.as_deref())?;
            Bound::Output(Output::Queue(queue))
        }
        Binding::Http { .. } => Bound::Output(Output::Http),
    })
}

/// What the connections of bindings lead to, by the names of their settings.
struct Connections<'a> {
    settings: &'a Settings,
    known: BTreeMap<String, Queues>,
}

impl Connections<'_> {
    fn queue(&mut self, name: String, connection: Option<&str>) -> Result<Queue, String> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(3..=63).contains(&name.len()) || !name.chars().all(legal) {
            return Err(format!(
                "`{name}` is no name for a queue: 3 to 63 small letters, digits and `-`"
            ));
        }
        let setting = connection.filter(|name| !name.is_empty()).unwrap_or("AzureWebJobsStorage");
        if let Some(queues) = self.known.get(setting) {
            return Ok(Queue { name, queues: queues.clone() });
        }
        // The host looks for the setting with its own prefix first.
        let prefixed = self.settings.get(&format!("AzureWebJobs{setting}"));
        let value = prefixed.or_else(|| self.settings.get(setting)).ok_or_else(|| {
            format!(
                "the connection `{setting}` is no setting: set {setting} to \
                 `UseDevelopmentStorage=true` or to a connection string with a key in \
                 local.settings.json (the test host signs in by no other way)"
            )
        })?;
        let account =
            Account::parse(value).map_err(|error| format!("the setting {setting}: {error}"))?;
        let queues = Queues::new(&account);
        self.known.insert(setting.to_owned(), queues.clone());
        Ok(Queue { name, queues })
    }
}
