//! One attempt at a file: from a look at its version to the commit of its receipt.

use object_store::ObjectMeta;
use pipeline::{Dataset, Day, Tally};

use super::{
    Outcome,
    dedupe::{self, Dedupe, unique_id},
    into_table::Begun,
    job::{Job, Step},
    pass::{Pass, Reading},
    source::Bounds,
    start_marker::{self, Start},
};
use crate::{
    Error, Receipt, Rows, State,
    duplicate_content::find_duplicate,
    erased::Eraser,
    failpoint::{applies, reach},
    paths,
    receipt::today,
    store,
    table::Load,
};

/// What a pass has staged, or sent on its way into the table.
struct Staged {
    load: Option<Box<dyn Load>>,
    bytes_hash: String,
    content_hash: Option<String>,
    tally: Tally,
    written: u64,
    erased: u64,
    parquet: String,
    quarantine: Option<String>,
}

impl Job<'_> {
    pub(super) async fn attempt(&mut self) -> Result<Step, Error> {
        self.heed().await?;
        let object = paths::source(self.path)?;
        reach("head:before")?;
        let Some(version) = self.lake.head_raw(&object).await? else {
            self.lake.check().await?;
            return self.without_source().await;
        };
        reach("head:after")?;
        let newest = match self.log().newest(self.dataset, self.path).await? {
            Some(newest) => Some(self.log().of_version(newest, &store::etag(&version)).await?),
            None => None,
        };
        if let Some(newest) = &newest
            && let Some(outcome) = self.settled(newest, &version)
            && !self.lake.is_free_again(newest).await?
        {
            return Ok(Step::done(outcome));
        }
        let forced = self.forced(newest.as_ref());
        let name = (self.path.to_owned(), store::etag(&version), self.recipe.clone(), forced);
        let Some(_claim) = self.lake.under_way().claim(name) else {
            return Ok(Step::done(Outcome::UnderWay));
        };
        match self.start(&version).await? {
            Start::Fatal(markers) => {
                let read_on = Some(read_on(newest.as_ref(), &version));
                let number = newest.map_or(0, |newest| newest.number) + 1;
                let failed = self.receipt(&version, number, &paths::attempt(), State::Failed);
                let failed = Receipt { read_on, ..failed };
                let step = self.commit(failed, Outcome::Failed).await?;
                // Another writer's receipt: the next attempt looks at the markers again.
                if let Step::Done(_) = step {
                    start_marker::remove(self.lake, &markers).await;
                }
                Ok(step)
            }
            Start::Begun(None) => self.work(&version, newest, forced).await,
            Start::Begun(Some(marker)) => {
                let step = async {
                    reach("start:after")?;
                    self.work(&version, newest, forced).await
                };
                let step = step.await;
                marker.remove(matches!(step, Ok(Step::Done(_)))).await;
                step
            }
        }
    }

    /// From the first byte of the version to its receipt.
    async fn work(
        &mut self,
        version: &ObjectMeta,
        newest: Option<Receipt>,
        forced: bool,
    ) -> Result<Step, Error> {
        // A file that kills the process, in tests.
        reach(self.path)?;
        let number = newest.as_ref().map_or(0, |newest| newest.number);
        let read_on = read_on(newest.as_ref(), version);
        let restaged = newest.as_ref().is_some_and(|newest| {
            let counts = matches!(newest.state, State::Accepted | State::Loaded | State::Unchanged);
            counts && newest.etag == store::etag(version)
        });
        let live = match newest.clone() {
            Some(newest) => self.log().live_from(newest).await?,
            None => None,
        };
        let loaded = live.as_ref().filter(|live| live.state == State::Loaded);
        let load = match self.begin_load(version, forced, loaded, number + 1).await? {
            Begun::Elsewhere => return Ok(Step::done(Outcome::UnderWay)),
            Begun::MadeUp => return Ok(Step::Raced),
            Begun::Load(load) => load,
        };
        // A table that was made anew has nothing, whatever the receipts say.
        let is_there = load.as_ref().is_none_or(|load| load.present().is_some());
        let is_known = |live: &Receipt| live.recipe == self.recipe && live.erasures >= self.due;
        let known = live.filter(|live| !forced && is_known(live) && is_there);

        let attempt = paths::attempt();
        let etag = store::etag(version);
        let parquet = paths::parquet(self.dataset, self.path, &etag, &attempt);
        let kept =
            known.map(|live| (live.bytes_hash, live.content_hash, live.date_orders, live.read_on));
        let (known, content_hash, kept_orders, kept_on) = kept.unwrap_or_default();
        let next = |state| {
            let receipt = self.receipt(version, number + 1, &attempt, state);
            // What counted before did not come now.
            let source_at = receipt.source_at.clone().filter(|_| !restaged);
            Receipt { read_on: Some(read_on), restaged, source_at, ..receipt }
        };
        match self.read(version, read_on, &parquet, known, load).await? {
            Reading::Changed => Ok(Step::Changed),
            Reading::Known { bytes_hash } => {
                if let Some(newest) = &newest
                    && let Some(unchanged) = self.log().remember_unchanged(newest, etag).await?
                {
                    let unchanged = self.finished(unchanged).without_rows();
                    return Ok(Step::done(Outcome::Unchanged(unchanged)));
                }
                // What is staged was read when these bytes came first.
                let (date_orders, read_on) = (kept_orders, kept_on);
                let bytes_hash = Some(bytes_hash);
                let unchanged = next(State::Unchanged);
                let receipt =
                    Receipt { content_hash, bytes_hash, date_orders, read_on, ..unchanged };
                self.commit(receipt, Outcome::Unchanged).await
            }
            Reading::Refused { refusal, bytes_hash, tally, quarantined } => {
                let receipt = Receipt {
                    bytes_hash,
                    quarantine: quarantined.then(|| parquet.clone()),
                    extra_columns: tally.extra_columns,
                    first_refused: tally.first_refused,
                    date_orders: tally.date_orders,
                    ..next(State::Rejected)
                };
                let step = self.reject(receipt.clone(), refusal).await?;
                if matches!(step, Step::Raced) {
                    self.discard(&receipt).await;
                }
                Ok(step)
            }
            Reading::Staged {
                bytes_hash,
                content_hash,
                tally,
                written,
                quarantined,
                load,
                eraser,
            } => {
                let quarantine = quarantined.then(|| parquet.clone());
                let erased = eraser.as_ref().map_or(0, |eraser| eraser.rows);
                let accepted = next(State::Accepted);
                let named = Receipt {
                    parquet: Some(parquet.clone()),
                    quarantine: quarantine.clone(),
                    ..accepted.clone()
                };
                if let Some(eraser) = eraser
                    && !self.note_reviews(&parquet, &eraser).await?
                {
                    self.discard(&named).await;
                    return Ok(Step::Raced);
                }
                let accepted = Receipt { erasures: self.heeded, ..accepted };
                let staged = Staged {
                    load,
                    bytes_hash,
                    content_hash,
                    tally,
                    written,
                    erased,
                    parquet,
                    quarantine,
                };
                self.settle(accepted, staged).await
            }
        }
    }

    /// Whether the newest receipt leaves nothing to do.
    fn settled(&self, newest: &Receipt, version: &ObjectMeta) -> Option<Outcome> {
        if self.forced(Some(newest)) {
            return None;
        }
        match newest.state {
            State::Forgotten if newest.etag == store::etag(version) => {
                Some(Outcome::AlreadyDone(newest.clone()))
            }
            _ if !self.is_of(newest, version) => None,
            State::Failed => Some(Outcome::Failing(newest.clone())),
            _ => Some(Outcome::AlreadyDone(newest.clone())),
        }
    }

    /// Whether the request to reprocess the file still stands.
    fn forced(&self, newest: Option<&Receipt>) -> bool {
        let stands = |newest: &Receipt, seen| {
            newest.number <= seen || matches!(newest.state, State::Failed | State::Unchanged)
        };
        self.options.force.is_some_and(|seen| newest.is_none_or(|newest| stands(newest, seen)))
    }

    fn is_of(&self, receipt: &Receipt, version: &ObjectMeta) -> bool {
        let same = receipt.etag == store::etag(version)
            && receipt.recipe == self.recipe
            && receipt.erasures >= self.due;
        same || !applies("version")
    }

    /// Reads the source on a thread that may block.
    async fn read(
        &self,
        version: &ObjectMeta,
        read_on: Day,
        parquet: &str,
        known: Option<String>,
        load: Option<Box<dyn Load>>,
    ) -> Result<Reading, Error> {
        let mut options = self.options.parser.clone();
        options.dates = options.dates.read_on(read_on);
        let pass = Pass {
            lake: self.lake.clone(),
            dataset: self.dataset,
            path: self.path.to_owned(),
            version: version.clone(),
            parquet: parquet.to_owned(),
            options,
            bounds: Bounds { max_bytes: self.options.max_bytes, max_ratio: self.options.max_ratio },
            progress: self.options.progress.clone(),
            known,
            load,
            eraser: Eraser::new(&self.erased, self.lake.keys(), self.dataset),
        };
        self.blocking(move |handle, cancelled| pass.run(handle, &cancelled)).await
    }

    /// Puts what a file of reviews shows of erased customers on the list. `false` where another
    /// entry came first.
    async fn note_reviews(&mut self, parquet: &str, eraser: &Eraser) -> Result<bool, Error> {
        if self.dataset != Dataset::ClassifiedMovieReview {
            return Ok(true);
        }
        let noted = self.lake.note_reviews(&self.erased, self.path, parquet, eraser).await?;
        // This file was read as the new entry wants it.
        self.heeded = noted.unwrap_or(self.heeded);
        Ok(noted.is_some())
    }

    /// Takes duplicates of an id out and commits what is left.
    async fn settle(&self, accepted: Receipt, mut staged: Staged) -> Result<Step, Error> {
        let tally = &staged.tally;
        if tally.rows_out != staged.written {
            let detail = format!("{} rows counted, {} written", tally.rows_out, staged.written);
            return Err(self.bug(detail));
        }
        let mut rows = Rows {
            read: tally.rows_in,
            staged: staged.written,
            refused: tally.rows_refused,
            duplicate: 0,
            erased: staged.erased,
            refused_by_reason: tally.refused.clone(),
        };
        if !tally.ascending && staged.written > 1 && unique_id(self.dataset).is_some() {
            let without =
                paths::parquet(self.dataset, self.path, &accepted.etag, &paths::attempt());
            let dedupe = Dedupe {
                lake: self.lake.clone(),
                dataset: self.dataset,
                parquet: staged.parquet.clone(),
                rows: staged.written,
                without: without.clone(),
                round: dedupe::ROUND,
            };
            reach("dedupe:before")?;
            let deduped =
                self.blocking(move |handle, cancelled| dedupe.run(handle, &cancelled)).await?;
            reach("dedupe:after")?;
            if let Some(deduped) = deduped {
                self.lake.discard(self.lake.staging(), &staged.parquet).await;
                staged.parquet = without;
                staged.tally.days = deduped.days;
                (rows.staged, rows.duplicate) = (deduped.staged, deduped.duplicate);
            }
        }
        if !rows.add_up() {
            return Err(self.bug(format!("the rows do not add up ({rows:?})")));
        }
        let Staged { load, bytes_hash, content_hash, tally, parquet, quarantine, .. } = staged;
        let ids = tally.ids.hull();
        let receipt = Receipt {
            content_hash,
            bytes_hash: Some(bytes_hash),
            parquet: Some(parquet),
            quarantine,
            rows,
            // Of each id one row is left, so the bounds stay.
            min_id: ids.as_ref().map(|ids| *ids.start()),
            max_id: ids.as_ref().map(|ids| *ids.end()),
            id_ranges: tally.ids,
            days: tally.days,
            extra_columns: tally.extra_columns,
            first_refused: tally.first_refused,
            date_orders: tally.date_orders,
            ..accepted
        };
        if let (Dataset::UserPurchase, Some(hash)) = (self.dataset, &receipt.content_hash) {
            self.lake.enter_content(self.path, hash).await?;
        }
        match (load, self.dataset) {
            (Some(load), _) => self.accept_load(load, receipt).await,
            (None, Dataset::UserPurchase) => self.accept_purchases(receipt).await,
            (None, _) => self.accept(receipt).await,
        }
    }

    async fn accept(&self, receipt: Receipt) -> Result<Step, Error> {
        let step = self.commit(receipt.clone(), Outcome::Accepted).await?;
        if matches!(step, Step::Raced) {
            self.discard(&receipt).await;
        }
        Ok(step)
    }

    /// Purchases add up, so content that is live elsewhere is refused.
    async fn accept_purchases(&self, receipt: Receipt) -> Result<Step, Error> {
        // Without rows there is nothing that could count twice.
        let Some(hash) = receipt.content_hash.clone() else { return self.accept(receipt).await };
        // Held to the end: no other ingest of this process may commit in between.
        let _contents = self.lake.purchases().lock().await;
        self.lake.complete_contents().await?;
        while let Some(other) = find_duplicate(self.lake, self.path, &hash).await? {
            if self.lake.take_over(&other, self.path, &hash).await? {
                continue;
            }
            self.discard(&receipt).await;
            return self.refuse_duplicate(receipt, &other).await;
        }
        let step = self.accept(receipt).await?;
        if !matches!(step, Step::Done(_)) {
            return Ok(step);
        }
        // Another process may have done the same under another path meanwhile. Of the two that
        // are live now, the greater path is excluded, by whoever sees it.
        let Some(other) = find_duplicate(self.lake, self.path, &hash).await? else {
            return Ok(step);
        };
        let (kept, loser) = (self.path.min(&other), self.path.max(&other));
        let excluded = self.lake.exclude_duplicate(loser, kept, &hash).await?;
        match excluded {
            _ if loser != self.path => Ok(step),
            Some(receipt) => Ok(Step::done(Outcome::Rejected(receipt))),
            // The other one was faster.
            None => Ok(Step::Raced),
        }
    }
}

/// The day that decides which days of a version are plausible. It is the one on which the version
/// was read first, as its receipts remember: whoever stages it again, after a change of the program
/// or on request, gets the same rows. Before the first receipt nothing is staged that could differ.
fn read_on(newest: Option<&Receipt>, version: &ObjectMeta) -> Day {
    let same = newest.filter(|newest| newest.etag == store::etag(version));
    // Older receipts do not say it, but when they were written.
    let written_on = |receipt: &Receipt| receipt.written_at.get(..10)?.parse().ok();
    same.and_then(|same| same.read_on.or_else(|| written_on(same))).unwrap_or_else(today)
}

#[cfg(test)]
mod tests {
    use pipeline::Dataset;

    use super::*;

    #[test]
    fn a_version_keeps_the_day_on_which_it_was_read_first() {
        let version = |tag: &str| ObjectMeta {
            location: "log_reviews/a.csv".into(),
            last_modified: chrono::Utc::now(),
            size: 1,
            e_tag: Some(tag.to_owned()),
            version: None,
        };
        let receipt = |read_on| Receipt {
            etag: "v1".to_owned(),
            written_at: "2021-05-03T06:15:04Z".to_owned(),
            read_on,
            ..Receipt::new(Dataset::ReviewLogs, "log_reviews/a.csv", 1, State::Accepted)
        };
        let day = |text: &str| text.parse::<Day>().unwrap();
        let first = day("2021-04-25");
        assert_eq!(read_on(Some(&receipt(Some(first))), &version("v1")), first);
        assert_eq!(read_on(Some(&receipt(None)), &version("v1")), day("2021-05-03"));
        assert_eq!(read_on(Some(&receipt(Some(first))), &version("v2")), today());
        assert_eq!(read_on(None, &version("v1")), today());
    }
}
