//! `status`: what is published, which files wait, which were rejected.

use std::fmt::Write;

use pipeline::facts::Check;
use warehouse::{Latency, Percentiles, RefusedDay, Summary, Variants};

use super::{
    Ended,
    report::{held_customer, numbers},
    table::Table,
};
use crate::{
    deps::Deps,
    number::{count, of},
    status::{ErasedList, Status, Unreachable, run},
    survey::{Inventory, RefusedFile},
};

/// Files with refused rows that are shown one by one.
const SHOWN: usize = 20;

pub async fn command(deps: &Deps, json: bool, exit_zero: bool) -> anyhow::Result<Ended> {
    let status = run(deps).await;
    let text = if json { serde_json::to_string(&status)? } else { text(&status)? };
    super::print(&text);
    for Unreachable { what, why } in &status.unreachable {
        eprintln!("error: cannot reach the {what}: {why}");
    }
    let needs = status.states.is_some_and(|states| states.needs_somebody(status.summary.as_ref()))
        || status.broken_check.is_some();
    Ok(match status.unreachable.is_empty() {
        false => Ended::Unreachable,
        true if needs && !exit_zero => Ended::WithRefusals,
        true => Ended::Well,
    })
}

fn text(status: &Status) -> Result<String, std::fmt::Error> {
    let mut f = String::new();
    let mut table = Table::new(&[
        "dataset",
        "last staged",
        "staged",
        "waiting",
        "rejected",
        "excluded",
        "withdrawn",
    ]);
    for files in &status.inventory.datasets {
        let newest = files.newest_at.as_deref().unwrap_or("never");
        let numbers = [
            count(files.staged),
            count(files.waiting.len() as u64),
            count(files.refused.len() as u64),
            count(files.excluded.len() as u64),
            count(files.vanished.len() as u64),
        ];
        table.row(&[files.dataset.name(), newest], &numbers);
    }
    if !status.inventory.datasets.is_empty() {
        writeln!(f, "{table}")?;
    }
    write_refused(&mut f, &status.inventory)?;
    write_refused_rows(&mut f, status)?;
    write_unread(&mut f, &status.inventory)?;
    let withdrawn: Vec<_> =
        status.inventory.datasets.iter().flat_map(|files| &files.vanished).collect();
    for file in &withdrawn {
        writeln!(f, "check withdrawn_files: {file}")?;
    }
    if !withdrawn.is_empty() {
        writeln!(
            f,
            "  put them back under their names, or exclude them with `replay PATH --forget`"
        )?;
    }
    for late in status.inventory.datasets.iter().filter_map(|files| files.late.as_ref()) {
        writeln!(f, "{late}")?;
    }
    for open in status.inventory.datasets.iter().filter_map(|files| files.open_dates.as_ref()) {
        writeln!(f, "{open}")?;
    }
    for at in status.inventory.datasets.iter().filter_map(|files| files.snapshot_at.as_ref()) {
        writeln!(f, "purchases are those of the operational database at {at}")?;
    }
    write_protection(&mut f, status)?;
    if let Some(why) = &status.broken_check {
        writeln!(f, "nothing is published: {why}")?;
    }
    match &status.summary {
        Some(summary) => {
            writeln!(f, "{}", numbers(summary))?;
            for Variants { dimension, texts } in summary.variants.iter().take(SHOWN) {
                let texts: Vec<_> = texts.iter().map(|text| format!("`{text}`")).collect();
                writeln!(f, "{dimension} is written in several ways: {}", texts.join(", "))?;
            }
            if summary.variants.len() > SHOWN {
                writeln!(f, "({SHOWN} of {} are shown; --json shows all)", summary.variants.len())?;
            }
            if !summary.variants.is_empty() {
                writeln!(f)?;
            }
            write_latency(&mut f, summary)?;
            let head = [
                "publish",
                "at",
                "days",
                "held back",
                "written",
                "replaced",
                "updated spend",
                "seconds",
            ];
            let mut publishes = Table::new(&head);
            for publish in &summary.publishes {
                let number = publish.publish_id.to_string();
                let seconds = format!("{:.2}", publish.duration_ms as f64 / 1_000.0);
                let numbers = [
                    count(publish.days_replaced),
                    count(publish.days_refused),
                    count(publish.rows_inserted),
                    count(publish.rows_deleted),
                    count(publish.rows_respent),
                    seconds,
                ];
                publishes.row(&[&number, &publish.published_at], &numbers);
            }
            writeln!(f, "{publishes}")?;
            for day in &summary.refused_days {
                let RefusedDay { day, publish_id, since, check, detail } = day;
                let since =
                    format!("{day} has been held back since publish {publish_id} ({since})");
                writeln!(f, "{since}: {check}: {detail}")?;
            }
            if let Some(day) = summary.refused_days.first() {
                let id = day.publish_id;
                writeln!(
                    f,
                    "  right as they are: `publish --accept {id}` takes the days of that publish. Wrong: \
                     have the file corrected and sent again under its name, or exclude it with \
                     `replay PATH --forget`. {}: raise ENGINE_MEMORY_MB and accept them",
                    Check::FitsMemory
                )?;
            }
            for held in &summary.held_customers {
                writeln!(f, "{}", held_customer(held))?;
            }
            if !(summary.refused_days.is_empty() && summary.held_customers.is_empty()) {
                writeln!(f)?;
            }
        }
        None if status.unreachable.iter().any(|part| part.what == "warehouse") => {}
        None => writeln!(f, "nothing is published yet: run `movie-analytics run`")?,
    }
    if let Some(states) = &status.states {
        writeln!(f, "files         {states}")?;
    }
    writeln!(f, "lake          {}", status.lake)?;
    writeln!(f, "warehouse     {}", status.warehouse)?;
    Ok(f)
}

/// How long files took from their last write, by dataset.
fn write_latency(f: &mut String, summary: &Summary) -> std::fmt::Result {
    if summary.latency.is_empty() {
        return Ok(());
    }
    let head = ["seconds from file to", "files", "half", "95 %", "99 %"];
    let mut table = Table::new(&head);
    for Latency { dataset, files, staged, published } in &summary.latency {
        for (to, took) in [("staging", Some(staged)), ("facts", published.as_ref())] {
            let Some(Percentiles { p50, p95, p99 }) = took else { continue };
            let numbers = [*files, *p50, *p95, *p99].map(count);
            table.row(&[&format!("{to}: {dataset}")], &numbers);
        }
    }
    writeln!(f, "{table}")
}

/// Files that do not count as they are, since when, and what to do.
fn write_refused(f: &mut String, inventory: &Inventory) -> std::fmt::Result {
    let refused: Vec<_> = inventory.datasets.iter().flat_map(|files| &files.refused).collect();
    for RefusedFile { path, reason, detail, failure, at, .. } in &refused {
        match (reason, detail, failure) {
            (Some(reason), Some(detail), _) => {
                writeln!(f, "rejected {path} since {at}: {reason}: {detail}")?;
            }
            (.., Some(failure)) => writeln!(f, "failed {path} since {at}: {failure}")?,
            (.., None) => writeln!(f, "failed {path} since {at}")?,
        }
    }
    if refused.iter().any(|file| file.reason.is_some()) {
        writeln!(
            f,
            "  rejected: correct the file and send it again under its name, the next `run` reads it. \
             After a change of settings: `replay PATH`"
        )?;
    }
    let unreadable: Vec<_> = inventory.datasets.iter().flat_map(|of| &of.unreadable).collect();
    for receipt in &unreadable {
        writeln!(f, "{receipt}")?;
    }
    if !refused.is_empty() || !unreadable.is_empty() {
        writeln!(f)?;
    }
    Ok(())
}

/// What is still protected otherwise than the settings say, and whom the list of erased customers
/// concerns.
fn write_protection(f: &mut String, status: &Status) -> std::fmt::Result {
    let old: u64 = status.inventory.datasets.iter().map(|files| files.old_protection).sum();
    if old > 0 {
        writeln!(
            f,
            "{} staged under another PII_MODE, PII_TEXTS or PII_KEY: the next `run` stages them again",
            of(old, "file")
        )?;
    }
    let Some(ErasedList { waiting, old_keys }) = &status.erased else { return Ok(()) };
    if *waiting > 0 {
        let files = of(*waiting, "file");
        writeln!(f, "{files} to be staged again without erased customers: the next `run` does")?;
    }
    for key in old_keys {
        writeln!(f, "the list of erased customers needs the key {key} in PII_KEY_OLD")?;
    }
    Ok(())
}

/// What lies in `raw` and is not read.
fn write_unread(f: &mut String, inventory: &Inventory) -> std::fmt::Result {
    for object in inventory.unread.iter().take(SHOWN) {
        writeln!(f, "not read: {object}")?;
    }
    match inventory.unread.len() {
        0 => {}
        unread if unread > SHOWN => {
            writeln!(f, "{} files are not read (--json shows all)", count(unread as u64))?;
        }
        1 => writeln!(f, "1 file is not read")?,
        unread => writeln!(f, "{} files are not read", count(unread as u64))?,
    }
    if inventory.ignored > 0 {
        let ignored = of(inventory.ignored, "file");
        writeln!(f, "ignored: {ignored} with a name that begins with `.`, `_` or `~$`")?;
    }
    Ok(())
}

/// Refused rows of the files that count, by file and reason.
fn write_refused_rows(f: &mut String, status: &Status) -> std::fmt::Result {
    let files: Vec<_> =
        status.inventory.datasets.iter().flat_map(|files| &files.with_refused_rows).collect();
    if files.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&["refused rows of", "reason", "rows"]);
    for file in files.iter().take(SHOWN) {
        for (reason, rows) in &file.by_reason {
            table.row(&[&file.path, reason.name()], &[count(*rows)]);
        }
    }
    let all = files.iter().map(|file| file.rows).sum();
    table.total(&[&of(files.len() as u64, "file"), ""], &[count(all)]);
    writeln!(f, "{table}")?;
    for file in files.iter().take(SHOWN) {
        for row in &file.first_rows {
            writeln!(f, "{} {row}", file.path)?;
        }
    }
    writeln!(f)?;
    if files.len() > SHOWN {
        writeln!(f, "(the first {SHOWN} files; --json shows all)\n")?;
    }
    Ok(())
}
