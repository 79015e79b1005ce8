//! What Terraform builds is what the app expects: queues, containers, settings, schedules and
//! routes are named on both sides, and a name changed on one side only fails here. Values and
//! references within Terraform are tested by `terraform/tests`.

mod deployment;
mod itself;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Duration,
};

use movie_analytics::settings::{Feeds, Publishing, Settings};
use pipeline::Dataset;

use crate::{
    app::{bindings, functions, settings_read, text, values},
    contracts::{ORDERS, queue_of},
    read::{assignments, body, files, hcl, json, quoted, read},
};

#[test]
fn each_dataset_has_the_queue_that_its_function_reads() {
    let eventing = hcl("eventing.tf");
    let built: BTreeMap<&str, String> = assignments(body(&eventing, "datasets = {"))
        .into_iter()
        .map(|(folder, queue)| (folder, queue.to_owned()))
        .collect();
    let expected = Dataset::ALL.map(|dataset| (dataset.raw_folder(), queue_of(dataset)));
    assert_eq!(built, expected.into());
    let more = assignments(body(&eventing, "queues = merge(local.datasets, {"));
    assert_eq!(more.get("publish"), Some(&ORDERS));
    let more = more.into_values().map(str::to_owned);
    let queues: BTreeSet<String> = built.into_values().chain(more).collect();
    assert_eq!(queues, values("queueTrigger", "queueName"), "queues that functions read");
    assert_eq!(queues, values("queue", "queueName"), "queues that functions write");
}

#[test]
fn poison_queues_are_made_under_the_name_that_the_host_uses() {
    let text = hcl("eventing.tf");
    let queue = body(&text, "resource \"azurerm_storage_queue\" \"poison\" {");
    assert!(queue.contains("for_each = local.queues"), "{queue}");
    assert_eq!(assignments(queue)["name"], "${each.value}-poison");
    assert!(read("terraform/workbook.json").contains("-poison)"));
}

#[test]
fn containers_are_those_that_the_lake_opens() {
    let text = hcl("lake.tf");
    let built = quoted(body(&text, "containers = toset(["));
    let source = read("crates/lake/src/store.rs");
    assert_eq!(built, quoted(body(&source, "const CONTAINERS: [&str; 3] = [")));

    let text = hcl("roles.tf");
    let roles = assignments(body(&text, "app_container_roles = {"));
    assert_eq!(roles.into_keys().collect::<BTreeSet<_>>(), built, "the app has a role on each");
}

#[test]
fn every_setting_that_the_program_reads_is_given_or_left_out_for_a_reason() {
    let left_out = BTreeMap::from([
        ("LAKE", "a connection string: in Azure identities sign in"),
        ("LAKE__clientId", "the identity is the app's own"),
        ("EVENTGRID_TOPIC_KEY", "a secret: in Azure identities sign in"),
        ("WEBSITE_INSTANCE_ID", "given by the platform"),
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "given by the host"),
        // Written by site_config and by the deployment, tested below.
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "stands with Application Insights"),
    ]);
    let text = hcl("app_settings.tf");
    let given = assignments(body(&text, "app_settings = merge("));
    let variables = hcl("variables_app.tf");
    let limits = ["file_limits", "row_rules"].into_iter().flat_map(|variable| {
        quoted(body(&variables, &format!("length(setsubtract(keys(var.{variable}), [")))
    });
    let limits: BTreeSet<&str> = limits.collect();
    assert!(limits.iter().all(|name| settings_read().contains(*name)), "{limits:?}");
    for name in settings_read().into_iter().filter(|name| !limits.contains(&**name)) {
        let (given, left_out) = (given.contains_key(&*name), left_out.get(&*name));
        match left_out {
            Some(reason) => assert!(!given, "{name} is not to be given: {reason}"),
            None => assert!(given, "app_settings.tf does not give {name}, which the program reads"),
        }
    }
    for (name, reason) in left_out {
        assert!(
            settings_read().contains(name),
            "the program does not read {name} any more ({reason})"
        );
    }
}

#[test]
fn every_setting_that_is_given_is_read() {
    let functions = functions();
    let switches_off = |name: &str| {
        let function = name.strip_prefix("AzureWebJobs.").and_then(|n| n.strip_suffix(".Disabled"));
        function.is_some_and(|name| functions.contains_key(name))
    };
    let of_host = |name: &str| {
        name.starts_with("AzureWebJobsStorage__")
            || name == "LAKE__credential"
            || switches_off(name)
            // The exporter reads it by itself.
            || name == "OTEL_EXPORTER_OTLP_HEADERS"
            // Authentication asks for it by the name that sign_in.tf gives.
            || name == "(local.sign_in_setting)"
    };
    let read = settings_read();
    let schedules = values("timerTrigger", "schedule");
    let text = hcl("app_settings.tf");
    for name in assignments(body(&text, "app_settings = merge(")).into_keys() {
        let known =
            read.contains(name) || schedules.contains(&format!("%{name}%")) || of_host(name);
        assert!(known, "neither program nor host reads {name}");
    }
}

#[test]
fn connections_of_function_json_are_given_for_an_identity() {
    let text = hcl("app_settings.tf");
    let given = assignments(body(&text, "app_settings = merge("));
    let connections = &values("queueTrigger", "connection") | &values("queue", "connection");
    for connection in connections {
        for part in ["queueServiceUri", "credential"] {
            let name = format!("{connection}__{part}");
            assert!(given.contains_key(&*name), "{name} is not given");
        }
    }
}

#[test]
fn schedules_of_function_json_are_given_with_the_defaults_of_the_example() {
    let text = hcl("app_settings.tf");
    let given = assignments(body(&text, "app_settings = merge("));
    let variables = hcl("variables_app.tf");
    let example = &json("local.settings.json.example")["Values"];
    for schedule in values("timerTrigger", "schedule") {
        let name = schedule.trim_matches('%');
        let variable = name.to_lowercase();
        assert_eq!(given.get(name), Some(&&*format!("var.{variable}")), "{name}");
        let variable = body(&variables, &format!("variable \"{variable}\" {{"));
        let default = assignments(variable)["default"];
        assert_eq!(default.split(' ').count(), 6, "{name}: {default}");
        assert_eq!(example[name], default, "{name}");
    }
}

#[test]
fn defaults_are_those_of_the_program() {
    let variables = hcl("variables_app.tf");
    let default = |name: &str| {
        assignments(body(&variables, &format!("variable \"{name}\" {{")))["default"].to_owned()
    };
    let get = |name: &str| match name {
        "LAKE" => Some("file:lake".to_owned()),
        "WAREHOUSE" => Some("sqlite:w.db".to_owned()),
        _ => None,
    };
    let program = Settings::read(get).unwrap();
    assert_eq!(default("max_refused_share"), program.max_refused_share.to_string());
    assert_eq!(default("max_day_shrink"), program.max_day_shrink.to_string());
    assert_eq!(default("max_day_growth"), program.max_day_growth.to_string());
    assert_eq!(default("max_unknown_jump"), program.max_unknown_jump.to_string());
    assert!(default("checks") == "null" && program.checks.is_none());
    assert_eq!(default("max_customer_changes"), program.max_customer_changes.to_string());
    let delay = default("publish_delay").parse().map(Duration::from_secs).unwrap();
    assert_eq!((&*default("publish"), program.publish), ("event", Publishing::ByEvent { delay }));
    let rhythm = |_: &str| Some(default("feed_rhythm"));
    assert_eq!(Feeds::read(rhythm).unwrap(), program.feeds);
    assert_eq!(default("engine_memory_mb"), program.engine_memory_mb.to_string());
    assert_eq!(default("pii_mode"), "mask");
    assert!(matches!(program.personal.pii, pipeline::logs::Pii::Mask));
    assert_eq!(default("pii_texts"), program.personal.texts.name());
    assert_eq!(
        default("retention_days"),
        (program.personal.retention.as_secs() / 86_400).to_string()
    );
    assert!(program.personal.keys.is_empty() && default("pii_key") == "false");
}

#[test]
fn connections_to_postgresql_are_counted_as_the_host_loads_files() {
    let queues = &json("host.json")["extensions"]["queues"];
    let at_once = ["batchSize", "newBatchThreshold"].map(|name| queues[name].as_u64().unwrap());
    let arithmetic = format!("{} * var.maximum_instance_count + 3", at_once.iter().sum::<u64>());
    let database = hcl("operational_database.tf");
    assert!(database.contains(&arithmetic), "operational_database.tf: {arithmetic}");
    let variables = hcl("variables_parts.tf");
    assert_eq!(variables.matches(&arithmetic).count(), 2, "variables_parts.tf: {arithmetic}");
}

#[test]
fn http_functions_stand_where_outputs_and_sign_in_say() {
    let prefix = text(&json("host.json")["extensions"]["http"]["routePrefix"]);
    let http = bindings().into_iter().map(|(_, binding)| binding);
    let http = http.filter(|binding| binding["type"] == "httpTrigger");
    let (with_key, open): (Vec<_>, Vec<_>) = http.partition(|b| b["authLevel"] == "function");
    let path = |route: &str| format!("/{prefix}/{route}");
    let with_key: BTreeSet<String> = with_key.iter().map(|b| path(&text(&b["route"]))).collect();

    let sign_in = hcl("sign_in.tf");
    let not_signed_in = quoted(body(&sign_in, "paths_with_keys = ["));
    assert_eq!(not_signed_in, with_key.iter().map(|path| &**path).collect(), "sign_in.tf");

    let outputs = hcl("outputs.tf");
    assert!(with_key.contains(&path("status")));
    for shown in ["status", "dashboard"] {
        assert!(outputs.contains(&format!("{}\"", path(shown))), "{shown}");
    }
    assert_eq!(open.len(), 1);
    assert_eq!(open[0]["route"], "dashboard/{page?}", "only the page is without a key");
}

/// Names of the fields that the program's events have.
fn fields_written(sources: &str) -> BTreeSet<&str> {
    let heads = ["tracing::info!(", "tracing::warn!(", "tracing::error!(", "tracing::$level!("];
    let events = heads.into_iter().flat_map(|head| {
        sources.match_indices(head).map(move |(at, _)| body(&sources[at..], head))
    });
    let fields = events.flat_map(|event| event.split(','));
    fields.map(|field| field.split(" = ").next().unwrap().trim()).collect()
}

#[test]
fn queries_read_properties_that_the_program_or_the_host_sends() {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let folders = ["functions", "crates/custom-handler/src"].map(files);
    let sources: String = folders.concat().into_iter().filter(is_rust).map(read).collect();
    let mut known = fields_written(&sources);
    // The host's own.
    known.extend(["InvocationId", "Category"]);
    let pages = ["terraform/workbook.json", "docs/MONITORING.md"].map(PathBuf::from);
    let mut count = 0;
    for query in files("terraform/queries").into_iter().chain(pages) {
        let text = read(&query).replace("\\\"", "\"");
        for rest in text.split("Properties[\"").skip(1) {
            let field = rest.split('"').next().unwrap();
            assert!(known.contains(field), "{}: nobody sends {field}", query.display());
            count += 1;
        }
        let lines = text.contains("parse_json(Message)") || text.contains("Host.Function.Console");
        assert!(!lines, "{}: the console is sampled, events are not", query.display());
    }
    assert!(count > 20);
    for outcome in ["accepted", "rejected"] {
        assert!(sources.contains(&format!("\"{outcome}\"")), "alerts wait for {outcome}");
    }
    assert!(functions().contains_key("build_fact_movie_analytics"), "freshness waits for it");
}
