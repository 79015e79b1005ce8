//! Files that counted and are gone from `raw`: renamed, overwritten with their folder, or
//! withdrawn. The setting `WITHDRAWN` says what becomes of the last.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use lake::{Lake, now};
use pipeline::Dataset;
use serde::{Deserialize, Serialize};

use crate::{
    deps::{Deps, text},
    settings::Withdrawn,
    survey::{Inventory, Survey, Vanished},
};

/// Name of the check in reports.
pub const CHECK: &str = "withdrawn_files";

/// What `raw` held when it was looked at last, for the page, which lists nothing, and since when
/// files are gone: `staging/_published/raw.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Objects that are not read.
    pub unread: usize,
    /// Files that are gone and still count, and when that was seen first.
    pub withdrawn: BTreeMap<String, DateTime<Utc>>,
    /// Whether withdrawn files are to be warned of.
    pub alert: bool,
    /// When `reconcile` looked last.
    #[serde(default)]
    pub looked_at: Option<DateTime<Utc>>,
}

const NOTES: &str = "raw";

impl Notes {
    /// As they were written last; none where they cannot be read.
    pub async fn read(lake: &Lake) -> Self {
        let found = lake.get_marker(NOTES).await.ok().flatten();
        found.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Withdrawn files to warn of.
    pub fn alerts(&self) -> usize {
        if self.alert { self.withdrawn.len() } else { 0 }
    }
}

/// Says of files that are gone since when they are.
pub async fn date(deps: &Deps, surveys: &mut [Survey]) {
    if surveys.iter().all(|survey| survey.vanished.is_empty()) {
        return;
    }
    let notes = Notes::read(&deps.lake).await;
    for file in surveys.iter_mut().flat_map(|survey| &mut survey.vanished) {
        file.since = notes.withdrawn.get(&file.path).copied().map(text);
    }
}

/// Excludes what has been replaced, or was gone for too long, and notes the rest. Returns a
/// sentence for each path that was excluded; the inventory keeps those that still count.
///
/// `fresh`: where files that were read since an earlier listing are all that is in a folder, the
/// folder was overwritten.
pub async fn settle(
    deps: &Deps,
    inventory: &mut Inventory,
    fresh: Fresh,
) -> anyhow::Result<Vec<String>> {
    let before = Notes::read(&deps.lake).await;
    let unread = inventory.unread.len();
    let alert = deps.settings.withdrawn != Withdrawn::Keep;
    let looked_at = match fresh {
        Fresh::Files(_) => before.looked_at,
        Fresh::SinceLastLook => Some(now()),
    };
    let mut notes = Notes { unread, withdrawn: BTreeMap::new(), alert, looked_at };
    let is_fresh = |path: &str, written_at: &str| match (&fresh, before.looked_at) {
        (Fresh::Files(files), _) => files.contains(path),
        (Fresh::SinceLastLook, Some(looked_at)) => *written_at > *text(looked_at),
        (Fresh::SinceLastLook, None) => false,
    };
    let mut told = Vec::new();
    for survey in &mut inventory.datasets {
        for file in std::mem::take(&mut survey.vanished) {
            let since = before.withdrawn.get(&file.path).copied().unwrap_or_else(now);
            let why = match replaced(survey, &file, is_fresh) {
                Some(why) => why,
                None if is_over(deps.settings.withdrawn, since) => {
                    format!("it has been gone since {}", text(since))
                }
                None => {
                    notes.withdrawn.insert(file.path.clone(), since);
                    survey.vanished.push(file);
                    continue;
                }
            };
            let path = file.path;
            if deps.forget(survey.dataset, &path).await?.is_some() {
                tracing::info!(file.path = path, "excluded {path}: {why}");
                told.push(format!("excluded {path}: {why}"));
            }
        }
    }
    if notes != before {
        let bytes = serde_json::to_vec(&notes)?;
        deps.lake.put_marker(NOTES, bytes.into()).await?;
    }
    Ok(told)
}

/// Which files were read since an earlier listing.
pub enum Fresh {
    /// These.
    Files(BTreeSet<String>),
    /// Those with receipts since `reconcile` looked last: their events brought them in.
    SinceLastLook,
}

/// Why a file that is gone counts elsewhere.
fn replaced(
    survey: &Survey,
    file: &Vanished,
    is_fresh: impl Fn(&str, &str) -> bool,
) -> Option<String> {
    let content = file.content.as_ref();
    if let Some(name) = content.and_then(|content| survey.contents.get(content)) {
        return Some(format!("it is {name} now, with the same content"));
    }
    let (folder, _) = file.path.rsplit_once('/')?;
    let of_feed = Dataset::ALL.iter().any(|dataset| dataset.raw_folder() == folder);
    let is_in = |other: &String| other.rsplit_once('/').is_some_and(|(other, _)| other == folder);
    let waits = survey.waiting.iter().any(|source| is_in(&source.path));
    let mut there = survey.counted.iter().filter(|(path, _)| is_in(path)).peekable();
    let overwritten = there.peek().is_some()
        && there.all(|(path, counted)| !counted.restaged && is_fresh(path, &counted.at));
    let refused = survey.refused.iter().any(|file| is_in(&file.path));
    // The folder of all files is never one version of anything.
    let whole = overwritten && !waits && !refused && !of_feed;
    whole.then(|| format!("the folder {folder} was overwritten as a whole"))
}

fn is_over(setting: Withdrawn, since: DateTime<Utc>) -> bool {
    match setting {
        Withdrawn::Forget { days } => now() - since >= TimeDelta::days(days.into()),
        Withdrawn::Keep | Withdrawn::Alert => false,
    }
}
