//! `plan`, `publish --plan`, and the question before `publish --accept`.

use std::{fmt, io::BufRead};

use lake::now;
use pipeline::Dataset;
use serde::Serialize;

use super::{
    Ended,
    report::{held_customer, seconds, write_checks},
    run::ask,
    table::Table,
};
use crate::{
    build_fact_movie_analytics::{Input, Plan, PlannedSpend, plan},
    deps::Deps,
    number::{count, of},
    survey::inventory,
};

/// Files and days that are shown one by one.
const SHOWN: usize = 20;

/// What the next run would read, and what a publish of the files staged so far would do.
#[derive(Serialize)]
struct Planned {
    /// Files that the next run reads; `None` where only a publish is planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<FileToRead>>,
    #[serde(flatten)]
    plan: Plan,
}

/// A file that the next run would read.
#[derive(Serialize)]
struct FileToRead {
    dataset: Dataset,
    /// Within `raw`.
    path: String,
    why: Why,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    /// No receipt names the path.
    New,
    /// The newest receipt is of another version.
    Changed,
    /// Other rules than today's staged this version.
    NewRules,
    /// No other path that counts has its content any more.
    ContentIsFree,
    /// This version killed the process, and its pause is over.
    FailedBefore,
}

impl Why {
    fn text(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed since it was read",
            Self::NewRules => "staged by older rules",
            Self::ContentIsFree => "its content counts nowhere else any more",
            Self::FailedBefore => "failed before, due again",
        }
    }
}

/// `plan`.
pub async fn run(deps: &Deps, json: bool) -> anyhow::Result<Ended> {
    let (files, plan) = (Some(files(deps).await?), plan(deps, &ask()).await?);
    show(&Planned { files, plan }, json)
}

/// `publish --plan`.
pub async fn publish(deps: &Deps, accept: Vec<i64>, json: bool) -> anyhow::Result<Ended> {
    let plan = plan(deps, &Input { accept, ..ask() }).await?;
    show(&Planned { files: None, plan }, json)
}

/// Shows the plan and asks. Anything but a yes is a no.
pub async fn confirm(deps: &Deps, accept: Vec<i64>) -> anyhow::Result<bool> {
    publish(deps, accept, false).await?;
    eprint!("publish this? [y/N] ");
    Ok(is_yes(std::io::stdin().lock())?)
}

fn is_yes(mut answer: impl BufRead) -> std::io::Result<bool> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    Ok(["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()))
}

async fn files(deps: &Deps) -> anyhow::Result<Vec<FileToRead>> {
    let mut files = Vec::new();
    for survey in inventory(deps).await?.datasets {
        let dataset = survey.dataset;
        let due = survey.due_again(now()).map(|order| order.path);
        files.extend(due.map(|path| FileToRead { dataset, path, why: Why::FailedBefore }));
        for source in survey.waiting {
            let why = match deps.lake.receipts().newest(dataset, &source.path).await? {
                None => Why::New,
                Some(newest) if newest.etag != source.etag => Why::Changed,
                Some(newest) if deps.lake.is_free_again(&newest).await? => Why::ContentIsFree,
                Some(_) => Why::NewRules,
            };
            files.push(FileToRead { dataset, path: source.path, why });
        }
    }
    Ok(files)
}

fn show(planned: &Planned, json: bool) -> anyhow::Result<Ended> {
    match json {
        true => super::print(&serde_json::to_string(planned)?),
        false => super::print(&planned.to_string()),
    }
    let held = planned.plan.publish.as_ref().is_some_and(|publish| {
        !(publish.refused_days.is_empty() && publish.held_customers.is_empty())
    });
    Ok(if held { Ended::WithRefusals } else { Ended::Well })
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(files) = &self.files {
            write_files(f, files)?;
        }
        write_plan(f, &self.plan)
    }
}

fn write_files(f: &mut fmt::Formatter<'_>, files: &[FileToRead]) -> fmt::Result {
    writeln!(f, "the next run reads {}\n", of(files.len() as u64, "file"))?;
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
        let mut table = Table::new(&["day", "reviews now", "reviews then", "score then"]);
        for day in plan.days.iter().take(SHOWN) {
            let numbers =
                [count(day.reviews_before), count(day.reviews_after), day.score_after.to_string()];
            table.row(&[&day.day.to_string()], &numbers);
        }
        writeln!(f, "{table}")?;
        write_rest(f, plan.days.len(), "days")?;
    }
    write_checks(f, &publish.refused_days)?;
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
