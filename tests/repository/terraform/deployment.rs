//! The way from the files to a running platform.

use std::collections::BTreeSet;

use crate::read::{all_hcl, assignments, blocks, body, files, hcl, read, root};

/// Places of these texts, which must all be there and follow one another.
fn assert_in_order(text: &str, steps: &[&str]) {
    let mut after = 0;
    for step in steps {
        let found = text[after..].find(step);
        after +=
            found.unwrap_or_else(|| panic!("`{step}` is not there, or too early")) + step.len();
    }
}

/// Every workflow with its path.
fn workflows() -> Vec<(String, String)> {
    let paths = files(".github/workflows").into_iter();
    paths.map(|path| (path.display().to_string(), read(path))).collect()
}

#[test]
fn actions_are_pinned_by_commit() {
    let mut count = 0;
    for (path, workflow) in workflows() {
        let steps = workflow.lines().map(|line| line.trim().trim_start_matches("- "));
        for used in steps.filter_map(|line| line.strip_prefix("uses: ")) {
            if used.starts_with("./.github/workflows/") {
                assert!(root().join(used).exists(), "{path}: {used}");
                continue;
            }
            let (commit, version) = used.split_once('@').unwrap().1.split_once(" # v").unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit, "{path}: {used}");
            assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{path}: {used}");
            count += 1;
        }
    }
    assert!(count >= 10);
}

#[test]
fn programs_that_workflows_install_are_pinned() {
    let wanted = read("Cargo.toml");
    let version = wanted.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    let (mut compilers, mut all) = (0, String::new());
    for (path, workflow) in workflows() {
        for used in workflow.split("rustup toolchain install ").skip(1) {
            assert!(used.starts_with(&format!("{version}.")), "{path}: the compiler is {version}");
            compilers += 1;
        }
        let unchecked = ["releases/download", "gh release download", "curl ", "wget ", "@latest"];
        for way in unchecked {
            assert!(!workflow.contains(way), "{path}: `{way}` fetches what no digest vouches for");
        }
        all += &workflow;
    }
    assert_eq!(compilers, 5);
    assert!(all.contains("go-sqlcmd/cmd/modern@v") && all.contains("GOSUMDB: sum.golang.org"));
}

#[test]
fn workflows_may_do_the_least_and_hold_no_secret() {
    for (path, workflow) in workflows() {
        assert!(workflow.contains("\npermissions:\n  contents: read\n"), "{path}");
        assert!(!workflow.contains("secrets."), "{path}: identities sign in, not secrets");
        assert!(!workflow.contains("pull_request_target"), "{path}");
        let checkouts = workflow.matches("actions/checkout@").count();
        assert_eq!(workflow.matches("persist-credentials: false").count(), checkouts, "{path}");
        let gives = workflow.contains("pull_request:") && workflow.contains("id-token");
        assert!(!gives, "{path}: a pull request gets no identity");
    }
}

#[test]
fn switches_of_the_provider_are_there_before_terraform_begins() {
    let mut count = 0;
    let guide = ("docs/DEPLOY.md".to_owned(), read("docs/DEPLOY.md"));
    for (path, text) in workflows().into_iter().chain([guide]) {
        for (at, _) in text.match_indices("terraform init ") {
            let step = text[..at].rsplit("\n      - name:").next().unwrap();
            let copied = step.contains("cp provider_override.tf.example provider_override.tf");
            assert!(copied, "{path}");
            count += 1;
        }
    }
    assert_eq!(count, 4, "checks, plan, apply and the guide");
}

#[test]
fn names_that_the_roles_ask_for_are_given() {
    let roles = read("sql/sqlserver/roles.sql");
    let asked: BTreeSet<&str> =
        roles.split("$(").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    for file in [".github/workflows/deploy.yml", "docs/DEPLOY.md"] {
        let text = read(file);
        let line = text.lines().find(|line| line.contains("-i sql/sqlserver/roles.sql")).unwrap();
        let given = line.split(" -v ").skip(1).map(|rest| rest.split('=').next().unwrap());
        assert_eq!(given.collect::<BTreeSet<_>>(), asked, "{file}");
    }
}

#[test]
fn the_warehouse_is_made_ready_before_anything_reads_events() {
    // Events wait in queues until the program is there, so it comes last.
    let steps =
        ["terraform apply", "warehouse migrate", "-i migrate.sql", "roles.sql", "config-zip"];
    assert_in_order(&read(".github/workflows/deploy.yml"), &steps);
    let guide = read("docs/DEPLOY.md");
    assert_in_order(&guide[guide.find("## 2").unwrap()..], &steps);
    assert!(!read("terraform/app.tf").contains("zip_deploy_file"), "an apply deploys no program");
}

#[test]
fn the_package_is_where_the_deployment_looks_for_it() {
    let outputs = hcl("outputs.tf");
    assert!(outputs.contains("--src dist.zip"));
    for file in [".github/workflows/deploy.yml", ".github/workflows/release.yml", "docs/DEPLOY.md"]
    {
        let text = read(file);
        assert!(text.contains("xtask package --zip") && text.contains("dist.zip"), "{file}");
    }
}

#[test]
fn the_guide_names_outputs_and_variables_that_exist() {
    let text = all_hcl();
    let named = |kind| -> BTreeSet<&str> { blocks(&text, kind).iter().map(|b| b.0[0]).collect() };
    let (outputs, variables) = (named("output"), named("variable"));
    for file in [".github/workflows/deploy.yml", "docs/DEPLOY.md", "docs/PLATFORM.md"] {
        let guide = read(file);
        for used in guide.split("output -raw ").skip(1) {
            let name = used.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap();
            assert!(outputs.contains(name), "{file}: there is no output {name}");
        }
    }
    let example = read("terraform/terraform.tfvars.example");
    for name in assignments(&example.replace("# ", "")).into_keys() {
        let known = variables.contains(name) || name == "administrators";
        assert!(known, "there is no variable {name}");
    }
}

#[test]
fn variables_of_the_repository_are_explained() {
    let guide = read("docs/PIPELINE.md");
    let workflow = read(".github/workflows/deploy.yml");
    let used: BTreeSet<&str> =
        workflow.split("vars.").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect();
    assert!(used.len() >= 6);
    for name in used {
        assert!(guide.contains(&format!("`{name}`")), "docs/PIPELINE.md: {name}");
    }
}

#[test]
fn every_alert_has_a_query_and_says_what_to_do() {
    let text = hcl("alerts.tf");
    let alerts: BTreeSet<&str> = body(&text, "log_alerts = {")
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.strip_suffix(" = {"))
        .filter(|name| !name.starts_with(' '))
        .collect();
    let queries = files("terraform/queries");
    let queries = queries.iter().map(|path| path.file_stem().unwrap().to_str().unwrap());
    assert_eq!(alerts, queries.collect(), "queries/ and alerts.tf");

    let guide = read("docs/OPERATIONS.md");
    for alert in alerts.iter().chain(&["dead-letter", "dropped-events"]) {
        assert!(guide.contains(&format!("\n| {alert} |")), "docs/OPERATIONS.md: {alert}");
    }
}

#[test]
fn examples_for_operators_are_requests_that_the_app_takes() {
    let guide = read("docs/OPERATIONS.md");
    let bodies: Vec<&str> = guide.split("`{").skip(1).collect();
    assert!(bodies.len() >= 5);
    for body in bodies {
        let body = format!("{{{}", body.split('`').next().unwrap());
        let request: Result<movie_analytics::replay::Request, _> = serde_json::from_str(&body);
        let publish = serde_json::from_str::<movie_analytics::publish::Request>(&body);
        assert!(request.is_ok() || publish.is_ok(), "{body}: {request:?}");
    }
}

#[test]
fn costs_add_up() {
    let guide = read("docs/COST.md");
    for heading in ["**At rest**", "**At 1 GB a day**"] {
        let table = guide.split(heading).nth(1).unwrap().split("\n\n").nth(1).unwrap();
        let cents = table.lines().skip(2).map(|row| {
            let cell = row.trim_matches('|').rsplit('|').next().unwrap();
            let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        let cents: Vec<u64> = cents.collect();
        let (sum, parts) = cents.split_last().unwrap();
        assert_eq!(parts.iter().sum::<u64>(), *sum, "{heading}");
    }
    // As many alerts as are paid for.
    let alerts = hcl("alerts.tf");
    let log_alerts = body(&alerts, "log_alerts = {");
    let often = log_alerts.matches("\"PT5M\"").count();
    let seldom = log_alerts.matches("every ").count() - often;
    let metrics = body(&alerts, "event_alerts = {").matches("metric ").count() as f64 / 10.0;
    let arithmetic = format!("| alerts | {often} × 1.50 + {seldom} × 0.50 + {metrics:.2} | ");
    assert!(guide.contains(&arithmetic), "{arithmetic}");
}
