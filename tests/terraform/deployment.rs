//! The way from the files to a running platform.

use std::collections::BTreeSet;

use crate::read::{all_hcl, assignments, blocks, hcl, read};

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
