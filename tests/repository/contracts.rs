//! What stands in several places says the same in all of them: function.json, the app's routes,
//! queues, settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use movie_analytics::{deps::Deps, events::output_binding, serve, settings::Settings};
use pipeline::Dataset;
use serde::Deserialize;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    bindings: Vec<Binding>,
    retry: Option<Retry>,
}

#[derive(Deserialize)]
#[serde(tag = "type", deny_unknown_fields, rename_all_fields = "camelCase")]
enum Binding {
    #[serde(rename = "queueTrigger")]
    QueueTrigger { direction: String, name: String, queue_name: String, connection: String },
    #[serde(rename = "timerTrigger")]
    TimerTrigger { direction: String, name: String, schedule: String, use_monitor: bool },
    #[serde(rename = "httpTrigger")]
    HttpTrigger {
        direction: String,
        name: String,
        methods: Vec<String>,
        route: String,
        auth_level: String,
    },
    #[serde(rename = "http")]
    Http { direction: String, name: String },
    #[serde(rename = "queue")]
    Queue { direction: String, name: String, queue_name: String, connection: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Retry {
    strategy: String,
    max_retry_count: i64,
    delay_interval: String,
}

impl Binding {
    /// Type, direction and name.
    fn head(&self) -> (&str, &str, &str) {
        match self {
            Self::QueueTrigger { direction, name, .. } => ("queueTrigger", direction, name),
            Self::TimerTrigger { direction, name, .. } => ("timerTrigger", direction, name),
            Self::HttpTrigger { direction, name, .. } => ("httpTrigger", direction, name),
            Self::Http { direction, name } => ("http", direction, name),
            Self::Queue { direction, name, .. } => ("queue", direction, name),
        }
    }

    fn trigger(&self) -> Option<&str> {
        Some(self.head().0).filter(|kind| kind.ends_with("Trigger"))
    }
}

/// Every function.json by the name of its folder.
fn functions() -> BTreeMap<String, Function> {
    let folders =
        fs::read_dir(root().join("functions")).unwrap().map(|entry| entry.unwrap().path());
    let with_file = folders.filter(|folder| folder.join("function.json").exists());
    with_file
        .map(|folder| {
            let text = fs::read(folder.join("function.json")).unwrap();
            let function = serde_json::from_slice(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
            (folder.file_name().unwrap().to_string_lossy().into_owned(), function)
        })
        .collect()
}

fn example_settings() -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "PascalCase")]
    struct File {
        is_encrypted: bool,
        values: BTreeMap<String, String>,
    }
    let text = fs::read(root().join("local.settings.json.example")).unwrap();
    let file: File = serde_json::from_slice(&text).unwrap();
    assert!(!file.is_encrypted);
    file.values
}

fn routes() -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let get = |name: &str| match name {
        "LAKE" => Some(format!("file:{}", dir.path().display())),
        "WAREHOUSE" => Some(format!("sqlite:{}", dir.path().join("w.db").display())),
        _ => None,
    };
    let app = serve::app(Arc::new(Deps::new(Settings::read(get).unwrap()).unwrap()));
    let app = app.check().unwrap();
    app.functions().map(|(name, trigger)| (name.to_owned(), trigger.to_owned())).collect()
}

#[tokio::test]
async fn every_folder_with_a_function_json_is_a_route_with_the_same_trigger() {
    let folders: BTreeMap<String, String> = functions()
        .into_iter()
        .map(|(name, function)| {
            let triggers: Vec<&str> =
                function.bindings.iter().filter_map(Binding::trigger).collect();
            assert_eq!(triggers.len(), 1, "{name} has exactly one trigger");
            (name.clone(), triggers[0].to_owned())
        })
        .collect();
    assert_eq!(folders, routes());
}

/// The host leaves a function out whose name, or the name of one of whose bindings, it does not
/// take, and calls itself healthy.
#[test]
fn functions_and_bindings_have_names_that_the_host_takes() {
    // `^[a-zA-Z][a-zA-Z0-9]{0,127}$`, for functions with `_` and `-` as well.
    let is_name = |name: &str, more: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
            && name.len() <= 128
    };
    for (function, Function { bindings, .. }) in functions() {
        assert!(is_name(&function, "_-") && !function.eq_ignore_ascii_case("host"), "{function}");
        for (kind, _, name) in bindings.iter().map(Binding::head) {
            assert!(is_name(name, "") || name == "$return", "{function}: {kind} {name}");
        }
    }
}

#[test]
fn bindings_have_names_of_their_own_and_the_direction_of_their_type() {
    for (function, Function { bindings, .. }) in functions() {
        let names: BTreeSet<&str> = bindings.iter().map(|binding| binding.head().2).collect();
        assert_eq!(names.len(), bindings.len(), "{function}: names are unique");
        for binding in &bindings {
            let (kind, direction, name) = binding.head();
            let expected = if binding.trigger().is_some() { "in" } else { "out" };
            assert_eq!(direction, expected, "{function}: {kind} {name}");
        }
    }
}

fn queue_of(dataset: Dataset) -> String {
    format!("blob-created-{}", dataset.raw_folder().replace('_', "-"))
}

#[test]
fn each_dataset_has_one_queue_that_is_read_by_its_function_and_written_by_its_outputs() {
    let functions = functions();
    for (function, dataset) in [
        ("classify_movie_review", Dataset::ClassifiedMovieReview),
        ("parse_log_reviews", Dataset::ReviewLogs),
        ("load_user_purchase", Dataset::UserPurchase),
    ] {
        match &functions[function].bindings[0] {
            Binding::QueueTrigger { queue_name, .. } => assert_eq!(*queue_name, queue_of(dataset)),
            other => panic!("{function}: {:?}", other.head()),
        }
    }
    for function in ["reconcile", "replay"] {
        let outputs: BTreeMap<&str, &str> = functions[function]
            .bindings
            .iter()
            .filter_map(|binding| match binding {
                Binding::Queue { name, queue_name, .. } => Some((&**name, &**queue_name)),
                _ => None,
            })
            .collect();
        let queues = Dataset::ALL.map(|dataset| (output_binding(dataset), queue_of(dataset)));
        let expected = queues.iter().map(|(name, queue)| (*name, &**queue)).collect();
        assert_eq!(outputs, expected, "{function}");
    }
}

#[test]
fn every_setting_that_a_function_json_names_is_in_the_example() {
    let settings = example_settings();
    for (function, Function { bindings, .. }) in functions() {
        for binding in &bindings {
            let named = match binding {
                Binding::QueueTrigger { connection, .. } | Binding::Queue { connection, .. } => {
                    connection
                }
                Binding::TimerTrigger { schedule, use_monitor, .. } => {
                    assert!(use_monitor, "{function}: a missed run is caught up");
                    schedule.trim_matches('%')
                }
                Binding::HttpTrigger { .. } | Binding::Http { .. } => continue,
            };
            assert!(settings.contains_key(named), "{function}: {named} is not in the example");
        }
    }
}

#[test]
fn the_example_settings_are_understood_and_their_schedules_have_six_fields() {
    let settings = example_settings();
    let read = Settings::read(|name| settings.get(name).cloned()).unwrap();
    assert_eq!(read.lake.account().as_deref(), Some("devstoreaccount1"));
    assert!(settings.contains_key("USER_PURCHASE_DB") && read.purchase_db.is_none());
    let schedules: Vec<_> =
        settings.iter().filter(|(name, _)| name.ends_with("_SCHEDULE")).collect();
    assert!(schedules.len() >= 2);
    for (name, schedule) in schedules {
        assert_eq!(schedule.split(' ').count(), 6, "{name}: {schedule}");
    }
}

#[test]
fn timers_are_tried_again_because_the_host_does_not_do_that_by_itself() {
    for (function, Function { bindings, retry }) in functions() {
        let is_timer = bindings.iter().any(|binding| binding.trigger() == Some("timerTrigger"));
        match retry {
            Some(Retry { strategy, max_retry_count, delay_interval }) => {
                assert!(is_timer, "{function}: a retry multiplies with the tries of a queue");
                assert_eq!((&*strategy, max_retry_count), ("fixedDelay", 3));
                assert_eq!(delay_interval.split(':').count(), 3);
            }
            None => assert!(!is_timer, "{function} has no retry"),
        }
    }
}

#[test]
fn http_functions_but_the_dashboard_want_a_key_and_have_the_route_of_their_folder() {
    for (function, Function { bindings, .. }) in functions() {
        for binding in bindings {
            if let Binding::HttpTrigger { methods, route, auth_level, .. } = binding {
                assert_eq!(route, function);
                // Filters of the dashboard are links, which would lose a key. In Azure people sign
                // in before they come here: `terraform/sign_in.tf`.
                let level = if function == "dashboard" { "anonymous" } else { "function" };
                assert_eq!(auth_level, level, "{function}");
                // Whoever watches a page asks with HEAD.
                let reads: &[&str] =
                    if function == "replay" { &["post"] } else { &["get", "head"] };
                assert_eq!(methods, reads, "{function}");
            }
        }
    }
}

#[test]
fn host_json_starts_this_binary_and_bounds_what_runs_at_once() {
    let host: serde_json::Value =
        serde_json::from_slice(&fs::read(root().join("host.json")).unwrap()).unwrap();
    let handler = &host["customHandler"]["description"];
    assert_eq!(handler["defaultExecutablePath"], env!("CARGO_PKG_NAME"));
    assert_eq!(handler["arguments"], serde_json::json!(["serve"]));
    let queues = &host["extensions"]["queues"];
    assert_eq!(queues["messageEncoding"], "none", "Event Grid delivers plain text");
    assert_eq!(queues["newBatchThreshold"], 0);
    assert_eq!(queues["maxDequeueCount"], 5);
    let kept = &host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"];
    assert_eq!(kept, "Request;Exception");
}
