//! Terraform by itself.

use std::collections::BTreeSet;

use crate::read::{all_hcl, assignments, blocks, body, files, hcl, json, quoted, read};

#[test]
fn no_key_password_or_connection_string_is_named() {
    // Says where telemetry goes, and lets its holder send, not read. The program needs it.
    let telemetry = "azurerm_application_insights.this.connection_string";
    let secrets = "_access_key|access_key =|_password|password =|connection_string|primary_key|\
                   client_secret =|shared_key =|sas_token|instrumentation_key|AccountKey=|Password=|\
                   SharedAccess|site_credential|azurerm_key_vault_secret|listKeys|host_keys";
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
        for secret in secrets.split('|') {
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
    let enough = BTreeSet::from(["subscription_id", "name", "alert_emails"]);
    assert_eq!(names, enough, "three values are enough");
}

#[test]
fn every_combination_of_parts_is_planned_once() {
    let text = read("terraform/tests/combinations.tftest.hcl");
    let runs: Vec<BTreeSet<&str>> = blocks(&text, "run")
        .into_iter()
        .map(|(_, run)| {
            assert!(run.contains("command = plan"), "{run}");
            let values = run.split("variables {").nth(1).unwrap_or_default().split('}').next();
            values
                .unwrap()
                .lines()
                .filter_map(|line| line.split(" = ").next())
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect()
        })
        .collect();
    let parts: BTreeSet<&str> = runs.iter().flatten().copied().collect();
    let different: BTreeSet<_> = runs.iter().collect();
    assert!(parts.len() >= 5, "{parts:?}");
    assert_eq!((runs.len(), different.len()), (1 << parts.len(), 1 << parts.len()), "{parts:?}");
}

#[test]
fn tables_that_queries_read_are_made_before_alerts() {
    let text = hcl("monitoring.tf");
    let made = body(&text, "resource \"azurerm_log_analytics_workspace_table\" \"read\" {");
    let made = quoted(body(made, "toset(["));
    let known = json("tests/fixtures/telemetry/tables.json");
    let mut queries: String = files("terraform/queries").iter().map(read).collect();
    queries += &read("terraform/workbook.json");
    let read: BTreeSet<&str> = known
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .filter(|table| queries.contains(table))
        .collect();
    assert_eq!(made, read);
    let alerts = hcl("alerts.tf");
    assert!(
        alerts.contains("depends_on              = [azurerm_log_analytics_workspace_table.read]")
    );
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

#[test]
fn checks_that_are_left_out_have_a_reason() {
    let config = read("terraform/.checkov.yaml");
    let skipped = config.split("skip-check:\n").nth(1).unwrap();
    let mut has_reason = false;
    for line in skipped.lines().map(str::trim) {
        match line.strip_prefix("- CKV") {
            // The comment above holds for all that follow it at once.
            Some(check) => assert!(has_reason && check.contains(" # "), "{line}"),
            None => has_reason = line.starts_with("# ") && line.len() > 20,
        }
    }
}

#[test]
fn a_new_subscription_learns_of_every_service() {
    // Prefixes of resource types; the last two services are part of every subscription.
    let services = [
        ("Web", "app_service_ function_app_ service_plan"),
        ("Insights", "application_insights monitor_"),
        ("EventGrid", "eventgrid_"),
        ("KeyVault", "key_vault"),
        ("OperationalInsights", "log_analytics_"),
        ("Sql", "mssql_"),
        ("Network", "network_ private_ subnet virtual_network"),
        ("DBforPostgreSQL", "postgresql_"),
        ("Storage", "storage_"),
        ("ManagedIdentity", "user_assigned_identity"),
        ("Resources", "resource_group"),
        ("Authorization", "role_assignment"),
    ];
    let registered = read("terraform/provider_override.tf.example");
    let registered = quoted(body(&registered, "resource_providers_to_register = ["));
    let text = all_hcl();
    for (labels, _) in blocks(&text, "resource") {
        let Some(kind) = labels[0].strip_prefix("azurerm_") else { continue };
        let has = |prefixes: &str| prefixes.split(' ').any(|prefix| kind.starts_with(prefix));
        let service = services.iter().find(|(_, prefixes)| has(prefixes));
        let (service, _) = service.unwrap_or_else(|| panic!("whose is azurerm_{kind}?"));
        let known = registered.contains(&*format!("Microsoft.{service}"))
            || ["Resources", "Authorization"].contains(service);
        assert!(known, "Microsoft.{service} of azurerm_{kind} is not registered");
    }
}
