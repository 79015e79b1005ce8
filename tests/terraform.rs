//! What Terraform builds is what the app expects: queues, containers, settings, schedules and
//! routes are named on both sides, and a name changed on one side only fails here. Values and
//! references within Terraform are tested by `terraform/tests`.

#![allow(clippy::unwrap_used)]

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use movie_analytics::settings::Settings;
use pipeline::Dataset;
use serde_json::Value;

// --- What stands in files --------------------------------------------------------------------

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

/// Files below `folder`, with their paths from the root.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
        match root().join(&path).is_dir() {
            // What Terraform itself puts there.
            true if path.ends_with(".terraform") => {}
            true => found.extend(files(&path)),
            false => found.push(path.into()),
        }
    }
    found.sort();
    found
}

/// A Terraform file without its comments.
fn hcl(name: &str) -> String {
    let is_comment = |line: &&str| line.trim_start().starts_with('#');
    let text = read(format!("terraform/{name}"));
    let lines = text.lines().filter(|line| !is_comment(line));
    lines.map(|line| line.split(" # ").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// All Terraform files of the root module, one after another.
fn all_hcl() -> String {
    let is_hcl = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tf");
    let of_root = files("terraform").into_iter().filter(|path| path.components().count() == 2);
    let names = of_root.filter(is_hcl).map(|path| path.file_name().unwrap().to_owned());
    names.map(|name| hcl(&name.to_string_lossy())).collect::<Vec<_>>().join("\n")
}

/// What stands between the brackets that `head` ends with and their closing ones.
fn body<'t>(text: &'t str, head: &str) -> &'t str {
    let start = text.find(head).unwrap_or_else(|| panic!("there is no `{head}`")) + head.len();
    let mut depth = 1;
    for (at, byte) in text[start..].bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[start..start + at];
        }
    }
    panic!("`{head}` is not closed")
}

/// `key = "value"` of each line that has this form; quotes around the key do not matter.
fn assignments(text: &str) -> BTreeMap<&str, &str> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once(" = "));
    pairs
        .map(|(key, value)| (key.trim().trim_matches('"'), value.trim().trim_matches('"')))
        .collect()
}

/// Texts in quotes.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// Labels of all blocks of a kind: the name for `variable "name" {`, the type and the name for
/// resources.
fn blocks<'t>(text: &'t str, kind: &str) -> Vec<(Vec<&'t str>, &'t str)> {
    let heads = text.lines().filter(|line| line.starts_with(&format!("{kind} \"")));
    heads.map(|head| (quoted_in_order(head), body(text, head))).collect()
}

fn quoted_in_order(line: &str) -> Vec<&str> {
    line.split('"').skip(1).step_by(2).collect()
}

// --- What the app says -----------------------------------------------------------------------

/// Bindings of every function.json by the name of its folder.
fn functions() -> BTreeMap<String, Vec<Value>> {
    let is_function = |path: &PathBuf| path.ends_with("function.json");
    files("functions")
        .into_iter()
        .filter(is_function)
        .map(|path| {
            let folder = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            (folder, json(&path)["bindings"].as_array().unwrap().clone())
        })
        .collect()
}

/// Values of one key in the bindings of one type.
fn values(kind: &str, key: &str) -> BTreeSet<String> {
    let bindings = functions().into_values().flatten();
    let of_kind = bindings.filter(|binding| binding["type"] == kind);
    of_kind.map(|binding| binding[key].as_str().unwrap().to_owned()).collect()
}

/// Names that the program asks its environment for.
fn settings_read() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    // One run for each form of the lake, as one form does not ask for the other's names.
    for lake in ["LAKE", "LAKE__blobServiceUri"] {
        let get = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            match name {
                "LAKE" if lake == name => Some("file:lake".to_owned()),
                "LAKE__blobServiceUri" if lake == name => {
                    Some("https://films.blob.core.windows.net".to_owned())
                }
                "WAREHOUSE" => Some("sqlite:w.db".to_owned()),
                "EVENTGRID_TOPIC_ENDPOINT" => Some("https://topic/api/events".to_owned()),
                _ => None,
            }
        };
        Settings::read(get).unwrap();
    }
    asked.into_inner()
}

// --- Both sides ------------------------------------------------------------------------------

#[test]
fn each_dataset_has_the_queue_that_its_function_reads() {
    let text = hcl("eventing.tf");
    let built = assignments(body(&text, "datasets = {"));
    let folders: BTreeSet<&str> = Dataset::ALL.map(Dataset::raw_folder).into();
    assert_eq!(built.keys().copied().collect::<BTreeSet<_>>(), folders, "folders below raw");

    let queues: BTreeSet<String> = built.values().map(|queue| (*queue).to_owned()).collect();
    assert_eq!(queues, values("queueTrigger", "queueName"), "queues that functions read");
    assert_eq!(queues, values("queue", "queueName"), "queues that functions write");

    // The outputs are named after the folders, so they say which queue belongs to which.
    for binding in functions().into_values().flatten().filter(|b| b["type"] == "queue") {
        let folder = binding["name"].as_str().unwrap();
        assert_eq!(built[folder], binding["queueName"], "queue of {folder}");
    }
}

#[test]
fn poison_queues_are_made_under_the_name_that_the_host_uses() {
    let text = hcl("eventing.tf");
    let queue = body(&text, "resource \"azurerm_storage_queue\" \"poison\" {");
    assert!(queue.contains("for_each = local.datasets"), "{queue}");
    assert_eq!(assignments(queue)["name"], "${each.value}-poison");
    assert!(read("terraform/queries/poison.kql").contains("-poison)"));
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
        // Written by site_config and by the deployment, tested below.
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "stands with Application Insights"),
    ]);
    let text = hcl("app_settings.tf");
    let given = assignments(body(&text, "app_settings = merge("));
    for name in settings_read() {
        let (given, left_out) = (given.contains_key(&*name), left_out.get(&*name));
        match left_out {
            Some(reason) => assert!(!given, "{name} is not to be given: {reason}"),
            None => {
                assert!(given, "the program reads {name}, and app_settings.tf does not give it")
            }
        }
    }
    for (name, reason) in left_out {
        assert!(settings_read().contains(name), "nobody reads {name} any more ({reason})");
    }
}

#[test]
fn every_setting_that_is_given_is_read_by_somebody() {
    let of_host = |name: &str| {
        name.starts_with("AzureWebJobsStorage__")
            || name == "LAKE__credential"
            // A function is switched off by its name.
            || name == "AzureWebJobs.dashboard.Disabled"
            // Authentication asks for it by the name that sign_in.tf gives.
            || name == "(local.sign_in_setting)"
    };
    let read = settings_read();
    let schedules = values("timerTrigger", "schedule");
    let text = hcl("app_settings.tf");
    for name in assignments(body(&text, "app_settings = merge(")).into_keys() {
        let known =
            read.contains(name) || schedules.contains(&format!("%{name}%")) || of_host(name);
        assert!(known, "nobody reads {name}");
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
    assert_eq!(default("engine_memory_mb"), program.engine_memory_mb.to_string());
    assert_eq!(default("pii_mode"), "mask");
    assert!(matches!(program.pii, pipeline::logs::Pii::Mask));
}

#[test]
fn http_functions_stand_where_outputs_and_sign_in_say() {
    let prefix =
        json("host.json")["extensions"]["http"]["routePrefix"].as_str().unwrap().to_owned();
    let path = |route: &str| format!("/{prefix}/{route}");
    let bindings = || functions().into_values().flatten().filter(|b| b["type"] == "httpTrigger");
    let with_key = bindings().filter(|binding| binding["authLevel"] == "function");
    let with_key: BTreeSet<String> =
        with_key.map(|binding| path(binding["route"].as_str().unwrap())).collect();

    let text = hcl("sign_in.tf");
    let not_signed_in = quoted(body(&text, "paths_with_keys = ["));
    assert_eq!(not_signed_in, with_key.iter().map(|path| &**path).collect(), "sign_in.tf");

    let outputs = hcl("outputs.tf");
    assert!(
        outputs.contains(&format!("{}\"", path("status"))) && with_key.contains(&path("status"))
    );
    assert!(outputs.contains(&format!("{}\"", path("dashboard"))));
    for binding in bindings().filter(|binding| binding["authLevel"] != "function") {
        assert_eq!(binding["route"], "dashboard", "only the page is without a key");
    }
}

#[test]
fn queries_read_fields_that_the_program_writes() {
    let sources =
        files("functions").into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let sources: String = sources.map(read).collect();
    for query in files("terraform/queries").into_iter().chain(["terraform/workbook.json".into()]) {
        let text = read(&query).replace("\\\"", "\"");
        for field in text.split("line[\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let written = [format!("{field} = "), format!("{field} ="), format!("{field},")];
            let known = field == "function" || written.iter().any(|form| sources.contains(form));
            assert!(known, "{}: nobody writes {field}", query.display());
        }
    }
    assert!(sources.contains("\"published\"\n"), "the freshness alert waits for this line");
    for outcome in ["accepted", "rejected"] {
        assert!(sources.contains(&format!("\"{outcome}\"")), "alerts wait for {outcome}");
    }
}

// --- Terraform by itself ---------------------------------------------------------------------

#[test]
fn no_key_password_or_connection_string_is_named() {
    // Says where telemetry goes, and lets its holder send, not read. The program needs it.
    let telemetry = "azurerm_application_insights.this.connection_string";
    let secrets = [
        "_access_key",
        "access_key =",
        "_password",
        "password =",
        "connection_string",
        "client_secret =",
        "primary_key",
        "shared_key =",
        "sas_token",
        "instrumentation_key",
        "AccountKey=",
        "Password=",
        "SharedAccess",
        "site_credential",
        "azurerm_key_vault_secret",
        "listKeys",
        "host_keys",
    ];
    let allowed = [
        telemetry,
        "application_insights_connection_string",
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "shared_access_key_enabled",
        "password_auth_enabled         = false",
    ];
    let mut text = all_hcl();
    for allowed in allowed {
        text = text.replace(allowed, "");
    }
    for line in text.lines() {
        for secret in secrets {
            assert!(!line.contains(secret), "a secret may pass Terraform: {line}");
        }
    }
    let outputs = hcl("outputs.tf");
    assert!(!outputs.contains("sensitive") && !outputs.contains("application_insights"));
}

#[test]
fn only_the_one_provider_is_used_and_nothing_from_outside() {
    let text = all_hcl();
    assert_eq!(assignments(body(&text, "required_providers {"))["source"], "hashicorp/azurerm");
    assert!(!text.lines().any(|line| line.starts_with("module ")), "no modules");
    let own = |label: &str| label.starts_with("azurerm_") || label == "terraform_data";
    for (labels, _) in blocks(&text, "resource") {
        assert!(own(labels[0]), "{}", labels[0]);
    }
}

#[test]
fn variables_and_outputs_explain_themselves() {
    let text = all_hcl();
    let variables = blocks(&text, "variable");
    assert!(variables.len() > 20);
    for (labels, variable) in variables {
        let has = |key: &str| variable.contains(&format!("  {key} "));
        assert!(has("description") && has("type"), "variable {}", labels[0]);
        let needs_no_check = variable.contains("type        = bool");
        assert!(needs_no_check || variable.contains("validation {"), "variable {}", labels[0]);
    }
    for (labels, output) in blocks(&text, "output") {
        assert!(output.contains("  description ="), "output {}", labels[0]);
    }
    let required = |(_, variable): &(Vec<&str>, &str)| !variable.contains("  default ");
    let names: BTreeSet<&str> =
        blocks(&text, "variable").iter().filter(|v| required(v)).map(|v| v.0[0]).collect();
    assert_eq!(names, BTreeSet::from(["subscription_id", "name"]), "two values are enough");
}

#[test]
fn the_settings_that_are_written_last_take_no_other() {
    let template = json("terraform/app_settings.arm.json");
    let resources = template["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 1);
    assert_eq!(resources[0]["type"], "Microsoft.Web/sites/config");
    assert_eq!(resources[0]["properties"], "[parameters('settings')]");
}

#[test]
fn the_workbook_is_json() {
    assert_eq!(json("terraform/workbook.json")["version"], "Notebook/1.0");
}

// --- Deployment ------------------------------------------------------------------------------

/// Places of these texts, which must all be there and follow one another.
fn assert_in_order(text: &str, steps: &[&str]) {
    let mut after = 0;
    for step in steps {
        let found = text[after..].find(step);
        after +=
            found.unwrap_or_else(|| panic!("`{step}` is not there, or too early")) + step.len();
    }
}

#[test]
fn actions_are_pinned_by_commit() {
    let workflow = read(".github/workflows/deploy.yml");
    let uses = workflow
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    let mut count = 0;
    for used in uses {
        let (commit, version) = used.split_once('@').unwrap().1.split_once(" # v").unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{used}");
        assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{used}");
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn the_warehouse_is_made_ready_before_anything_reads_events() {
    // Events wait in queues until the program is there, so it comes last.
    let steps = ["terraform apply", "warehouse migrate", "roles.sql", "config-zip"];
    assert_in_order(&read(".github/workflows/deploy.yml"), &steps);
    let guide = read("docs/DEPLOY.md");
    assert_in_order(&guide[guide.find("## 2").unwrap()..], &steps);
    assert!(!read("terraform/app.tf").contains("zip_deploy_file"), "an apply deploys no program");
}

#[test]
fn the_package_is_where_the_deployment_looks_for_it() {
    let outputs = hcl("outputs.tf");
    assert!(outputs.contains("--src dist.zip"));
    for file in [".github/workflows/deploy.yml", "docs/DEPLOY.md"] {
        let text = read(file);
        assert!(text.contains("cargo xtask package --zip") && text.contains("dist.zip"), "{file}");
    }
}

#[test]
fn the_guide_names_outputs_and_variables_that_exist() {
    let text = all_hcl();
    let outputs: BTreeSet<&str> =
        blocks(&text, "output").iter().map(|output| output.0[0]).collect();
    for file in [".github/workflows/deploy.yml", "docs/DEPLOY.md"] {
        let guide = read(file);
        for used in guide.split("output -raw ").skip(1) {
            let name = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
            assert!(outputs.contains(name), "{file}: there is no output {name}");
        }
    }
    let variables: BTreeSet<&str> =
        blocks(&text, "variable").iter().map(|variable| variable.0[0]).collect();
    let example = read("terraform/terraform.tfvars.example");
    for name in assignments(&example.replace("# ", "")).into_keys() {
        assert!(
            variables.contains(name) || name == "administrators",
            "there is no variable {name}"
        );
    }
}
