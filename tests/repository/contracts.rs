//! What stands in several places says the same in all of them: function.json, the app's routes,
//! queues, settings.

use std::collections::{BTreeMap, BTreeSet};

use movie_analytics::{
    deps::Deps, events::output_binding, publish_requested, serve, settings::Settings,
};
use pipeline::Dataset;
use serde_json::{Value, json};

use crate::{
    app::{bindings, functions, text},
    read::json as read,
};

/// Types of bindings with their direction and their fields besides type, direction and name.
const TYPES: [(&str, &str, &[&str]); 5] = [
    ("queueTrigger", "in", &["queueName", "connection"]),
    ("timerTrigger", "in", &["schedule", "useMonitor"]),
    ("httpTrigger", "in", &["methods", "route", "authLevel"]),
    ("http", "out", &[]),
    ("queue", "out", &["queueName", "connection"]),
];

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn bindings_have_the_fields_and_the_direction_of_their_type() {
    for (function, json) in functions() {
        assert!(keys(&json).is_subset(&["bindings", "retry"].into()), "{function}");
    }
    for (function, binding) in bindings() {
        let known = TYPES.iter().find(|(kind, ..)| binding["type"] == *kind);
        let (_, direction, fields) = known.unwrap_or_else(|| panic!("{function}: {binding}"));
        let expected = ["type", "direction", "name"].into_iter().chain(fields.iter().copied());
        assert_eq!(keys(&binding), expected.collect(), "{function}: {binding}");
        assert_eq!(binding["direction"], *direction, "{function}: {binding}");
    }
}

#[tokio::test]
async fn every_folder_with_a_function_json_is_a_route_with_the_same_trigger() {
    let dir = tempfile::tempdir().unwrap();
    let get = |name: &str| match name {
        "LAKE" => Some(format!("file:{}", dir.path().display())),
        "WAREHOUSE" => Some(format!("sqlite:{}", dir.path().join("w.db").display())),
        _ => None,
    };
    let app = serve::app(Deps::new(Settings::read(get).unwrap()).unwrap());
    let app = app.check().unwrap();
    let routes = app.functions().map(|(name, trigger)| (name.to_owned(), trigger.to_owned()));
    let kinds =
        bindings().into_iter().map(|(function, binding)| (function, text(&binding["type"])));
    let triggers: Vec<_> = kinds.filter(|(_, kind)| kind.ends_with("Trigger")).collect();
    let routes: BTreeMap<String, String> = routes.collect();
    assert_eq!(triggers, routes.into_iter().collect::<Vec<_>>(), "one trigger for each function");
}

/// The host leaves a function out whose name, or the name of one of whose bindings, it does not
/// take, and calls itself healthy.
#[test]
fn functions_and_bindings_have_names_of_their_own_that_the_host_takes() {
    // `^[a-zA-Z][a-zA-Z0-9]{0,127}$`, for functions with `_` and `-` as well.
    let is_name = |name: &str, more: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
            && name.len() <= 128
    };
    let mut names = BTreeSet::new();
    for (function, binding) in bindings() {
        assert!(is_name(&function, "_-") && !function.eq_ignore_ascii_case("host"), "{function}");
        let name = text(&binding["name"]);
        assert!(is_name(&name, "") || name == "$return", "{function}: {name}");
        assert!(names.insert((function.clone(), name)), "{function}: {binding} has a name twice");
    }
}

/// Name of the queue that holds the events of a dataset.
pub fn queue_of(dataset: Dataset) -> String {
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
        assert_eq!(
            functions[function]["bindings"][0]["queueName"],
            queue_of(dataset),
            "{function}"
        );
    }
    for function in ["erase", "reconcile", "replay"] {
        let bindings = functions[function]["bindings"].as_array().unwrap().iter();
        let queues = bindings.filter(|binding| binding["type"] == "queue");
        let outputs: BTreeMap<_, _> =
            queues.map(|queue| (queue["name"].to_string(), queue["queueName"].clone())).collect();
        let expected = Dataset::ALL
            .map(|dataset| (json!(output_binding(dataset)).to_string(), queue_of(dataset).into()));
        assert_eq!(outputs, expected.into(), "{function}");
    }
}

/// The queue on which functions order a publish.
pub const ORDERS: &str = "publish-requested";

#[test]
fn functions_that_stage_order_a_publish_on_the_queue_that_one_function_reads() {
    let functions = functions();
    assert_eq!(functions["publish_requested"]["bindings"][0]["queueName"], ORDERS);
    let outputs = bindings().into_iter().filter(|(_, binding)| binding["queueName"] == ORDERS);
    let outputs: Vec<(String, String)> = outputs
        .filter(|(_, binding)| binding["type"] == "queue")
        .map(|(function, binding)| (function, text(&binding["name"])))
        .collect();
    let staging = [
        "classify_movie_review",
        "extract_user_purchase",
        "load_user_purchase",
        "parse_log_reviews",
    ];
    let expected = staging.map(|name| (name.into(), publish_requested::OUTPUT_BINDING.into()));
    assert_eq!(outputs, expected);
}

#[test]
fn every_setting_that_a_function_json_names_is_in_the_example_which_the_program_understands() {
    let example = read("local.settings.json.example");
    assert_eq!(keys(&example), ["IsEncrypted", "Values"].into());
    assert_eq!(example["IsEncrypted"], false);
    let settings = example["Values"].as_object().unwrap();
    for (function, binding) in bindings() {
        let named = match text(&binding["type"]).as_str() {
            "queueTrigger" | "queue" => &binding["connection"],
            "timerTrigger" => {
                assert_eq!(binding["useMonitor"], true, "{function}: a missed run is caught up");
                &binding["schedule"]
            }
            _ => continue,
        };
        let named = text(named);
        assert!(
            settings.contains_key(named.trim_matches('%')),
            "{function}: {named} is not in the example"
        );
    }
    let get = |name: &str| settings.get(name).map(text);
    let read = Settings::read(get).unwrap();
    assert_eq!(read.lake.account().as_deref(), Some("devstoreaccount1"));
    assert!(settings.contains_key("USER_PURCHASE_DB") && read.purchase_db.is_none());
}

#[test]
fn timers_are_tried_again_because_the_host_does_not_do_that_by_itself() {
    for (function, json) in functions() {
        let (retry, mut bindings) = (&json["retry"], json["bindings"].as_array().unwrap().iter());
        if bindings.any(|binding| binding["type"] == "timerTrigger") {
            let fields = ["strategy", "maxRetryCount", "delayInterval"];
            assert_eq!(keys(retry), fields.into(), "{function}");
            assert_eq!(
                (&retry["strategy"], &retry["maxRetryCount"]),
                (&json!("fixedDelay"), &json!(3))
            );
            assert_eq!(text(&retry["delayInterval"]).split(':').count(), 3);
        } else {
            assert!(retry.is_null(), "{function}: a retry multiplies with the tries of a queue");
        }
    }
}

#[test]
fn http_functions_but_the_dashboard_want_a_key_and_have_the_route_of_their_folder() {
    for (function, binding) in bindings() {
        if binding["type"] != "httpTrigger" {
            continue;
        }
        // The dictionary and what is refused are pages behind the dashboard.
        let route = if function == "dashboard" { "dashboard/{page?}" } else { &function };
        assert_eq!(binding["route"], route);
        // Filters of the dashboard are links, which would lose a key. In Azure people sign in before
        // they come here: `terraform/sign_in.tf`.
        let level = if function == "dashboard" { "anonymous" } else { "function" };
        assert_eq!(binding["authLevel"], level, "{function}");
        // Monitors of a page send HEAD.
        let methods = match function.as_str() {
            "erase" | "publish" | "replay" => json!(["post"]),
            "plan" => json!(["get"]),
            _ => json!(["get", "head"]),
        };
        assert_eq!(binding["methods"], methods, "{function}");
    }
}

#[test]
fn host_json_starts_this_binary_and_bounds_what_runs_at_once() {
    let host = read("host.json");
    let handler = &host["customHandler"]["description"];
    assert_eq!(handler["defaultExecutablePath"], env!("CARGO_PKG_NAME"));
    assert_eq!(handler["arguments"], json!(["serve"]));
    let queues = &host["extensions"]["queues"];
    assert_eq!(queues["messageEncoding"], "none", "Event Grid delivers plain text");
    assert_eq!(queues["newBatchThreshold"], 0);
    assert_eq!(queues["maxDequeueCount"], 5);
    let kept = &host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"];
    assert_eq!(kept, "Request;Exception");
}
