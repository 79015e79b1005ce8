//! `plan`, `publish --plan`, `replay --plan`, and the question before `publish --accept`.

use std::{fmt, io::BufRead};

use super::{
    Ended,
    report::{held_customer, seconds, write_checks},
    table::Table,
};
use crate::{
    build_fact_movie_analytics::{Plan, PlannedMembers, PlannedSpend},
    deps::Deps,
    number::{count, of},
    plan::{self, FileToRead, Planned, Why},
};

/// Files and days that are shown one by one.
const SHOWN: usize = 20;

/// Shows the plan and asks. Anything but a yes is a no.
pub async fn confirm(deps: &Deps, accept: Vec<i64>) -> anyhow::Result<bool> {
    show(&plan::publish(deps, accept).await?, false)?;
    eprint!("publish this? [y/N] ");
    Ok(is_yes(std::io::stdin().lock())?)
}

fn is_yes(mut answer: impl BufRead) -> std::io::Result<bool> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    Ok(["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()))
}

/// Prints what is planned.
pub fn show(planned: &Planned, json: bool) -> anyhow::Result<Ended> {
    match json {
        true => super::print(&serde_json::to_string(planned)?),
        false => super::print(&planned.to_string()),
    }
    let publish = planned.plan.as_ref().and_then(|plan| plan.publish.as_ref());
    let held = publish.is_some_and(|publish| {
        let failed = publish.checks.iter().any(|check| check.held_days > 0);
        failed || !publish.held_customers.is_empty()
    });
    Ok(if held { Ended::WithRefusals } else { Ended::Well })
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.files, &self.plan) {
            (Some(files), Some(plan)) => {
                write_files(f, "the next run", files)?;
                write_plan(f, plan)
            }
            (Some(files), None) => write_files(f, "the replay", files),
            (None, Some(plan)) => write_plan(f, plan),
            (None, None) => Ok(()),
        }
    }
}

fn write_files(f: &mut fmt::Formatter<'_>, who: &str, files: &[FileToRead]) -> fmt::Result {
    let excluded = files.iter().filter(|file| matches!(file.why, Why::ToBeExcluded)).count() as u64;
    let read = of(files.len() as u64 - excluded, "file");
    match excluded {
        0 => writeln!(f, "{who} reads {read}\n")?,
        excluded => writeln!(f, "{who} excludes {}\n", of(excluded, "file"))?,
    }
    if files.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["dataset", "file", "why"]);
    for FileToRead { dataset, path, why } in files.iter().take(SHOWN) {
        table.row(&[dataset.name(), path, why.text()], &[]);
    }
    writeln!(f, "{table}")?;
    write_rest(f, files.len(), "files")
}

fn write_plan(f: &mut fmt::Formatter<'_>, plan: &Plan) -> fmt::Result {
    if !plan.warehouse_exists {
        return writeln!(f, "there is no warehouse yet: the first run makes it");
    }
    let Some(publish) = &plan.publish else {
        return writeln!(f, "nothing that is staged waits for a publish");
    };
    let published = publish.published;
    writeln!(
        f,
        "publish {} would rebuild {}, write {}, replace {} and update the spend of {}\n",
        published.publish_id,
        of(published.days_replaced, "day"),
        of(published.rows_inserted, "fact"),
        count(published.rows_deleted),
        of(published.rows_respent, "row"),
    )?;
    if !plan.days.is_empty() {
        let head = ["day", "reviews now", "reviews then", "score now", "score then"];
        let mut table = Table::new(&head);
        for day in plan.days.iter().take(SHOWN) {
            let numbers = [
                count(day.reviews_before),
                count(day.reviews_after),
                day.score_before.to_string(),
                day.score_after.to_string(),
            ];
            table.row(&[&day.day.to_string()], &numbers);
        }
        writeln!(f, "{table}")?;
        write_rest(f, plan.days.len(), "days")?;
    }
    for PlannedMembers { dimension, added, first } in &plan.members {
        let first: Vec<_> = first.iter().map(|text| format!("`{text}`")).collect();
        let more = if *added > first.len() as u64 { ", ..." } else { "" };
        let (members, first) = (of(*added, "new member"), first.join(", "));
        writeln!(f, "  {dimension}: {members}: {first}{more}")?;
    }
    write_checks(f, &publish.checks)?;
    for day in publish.refused_days.iter().take(SHOWN) {
        writeln!(f, "  {} would be held back by {}: {}", day.day, day.check, day.detail)?;
    }
    for held in &publish.held_customers {
        writeln!(f, "  {}", held_customer(held))?;
    }
    if !plan.customers.is_empty() {
        writeln!(f, "\ncustomers whose spend changes most")?;
        for PlannedSpend { customer, change_milli } in &plan.customers {
            let sign = if *change_milli < 0 { '-' } else { '+' };
            let (units, milli) =
                (change_milli.unsigned_abs() / 1_000, change_milli.unsigned_abs() % 1_000);
            writeln!(f, "  {customer}  {sign}{units}.{milli:03}")?;
        }
    }
    match plan.last_duration_ms {
        Some(ms) => writeln!(f, "\nthe last publish took {} s", seconds(ms)),
        None => Ok(()),
    }
}

fn write_rest(f: &mut fmt::Formatter<'_>, all: usize, what: &str) -> fmt::Result {
    match all > SHOWN {
        true => writeln!(f, "({SHOWN} of {all} {what} are shown; --json shows all)\n"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_yes_publishes() {
        for (answer, expected) in [
            ("y\n", true),
            ("YES\n", true),
            ("", false),
            ("\n", false),
            ("n\n", false),
            ("yy", false),
        ] {
            assert_eq!(is_yes(answer.as_bytes()).unwrap(), expected, "{answer:?}");
        }
    }
}
