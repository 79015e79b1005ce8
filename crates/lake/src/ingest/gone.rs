//! Rows of customers who were erased since, in what counts of a path whose file cannot be read again:
//! it is gone from `raw`, or another one that was refused lies in its place. What is staged is all
//! there is, so it is staged again from that.

use futures_util::StreamExt;

use super::{
    Outcome,
    job::{Job, Step},
};
use crate::{
    Error, Receipt, State, erased::Eraser, failpoint::applies, parquet_out::ParquetOut, paths,
    receipt_log::Commit,
};

impl Job<'_> {
    /// What is left to do of a path without a file.
    pub(super) async fn without_source(&self) -> Result<Step, Error> {
        let newest = self.log().newest(self.dataset, self.path).await?;
        let restaged = match newest {
            Some(newest) => self.restage(newest).await?,
            None => None,
        };
        Ok(Step::done(restaged.map_or(Outcome::Gone, Outcome::Accepted)))
    }

    /// What is left to do after an outcome. `None`: the list of erased customers has grown, perhaps
    /// by an entry that did not see what was committed now, so another attempt is due.
    pub(super) async fn complete(&mut self, outcome: Outcome) -> Result<Option<Outcome>, Error> {
        if let Outcome::Rejected(receipt) | Outcome::Failed(receipt) | Outcome::AlreadyDone(receipt) =
            &outcome
            && matches!(receipt.state, State::Rejected | State::Failed)
            && let Some(restaged) = self.restage(receipt.clone()).await?
        {
            // It is still the newest decision.
            let again = Receipt { number: restaged.number + 1, ..receipt.clone() };
            self.log().append(&again).await?;
        }
        let entries = self.lake.erased().await?.entries();
        if entries > self.heeded && applies("erased meanwhile") {
            self.due = entries;
            return Ok(None);
        }
        Ok(Some(outcome))
    }

    /// Stages what counts again, without rows of erased customers, where it may hold any. `newest` is
    /// the newest receipt of the path.
    async fn restage(&self, newest: Receipt) -> Result<Option<Receipt>, Error> {
        if self.due == 0 || !applies("erased of files that are gone") {
            return Ok(None);
        }
        let number = newest.number + 1;
        let live = self.log().live_from(newest).await?;
        let Some(live) = live.filter(|live| live.erasures < self.due) else { return Ok(None) };
        let eraser = Eraser::new(&self.erased, self.lake.keys(), self.dataset);
        let (Some(parquet), Some(eraser)) = (live.parquet.clone(), eraser) else {
            return Ok(None);
        };
        let attempt = paths::attempt();
        let without = paths::parquet(self.dataset, self.path, &live.etag, &attempt);
        let (eraser, staged) = self.copy(parquet.clone(), without.clone(), eraser).await?;
        // A file without rows is copied to nothing.
        let (staged, parquet) = staged.map_or((0, parquet), |staged| (staged, without));
        let mut rows = live.rows.clone();
        rows.staged = staged;
        rows.erased += eraser.rows;
        let (ids, days) = match eraser.rows {
            0 => (live.ids().into_owned(), live.days.clone()),
            _ => eraser.left(),
        };
        let hull = ids.hull();
        let receipt = Receipt {
            number,
            attempt,
            erasures: self.heeded,
            parquet: Some(parquet),
            // Refused rows are of no use without the file.
            quarantine: None,
            rows,
            min_id: hull.as_ref().map(|ids| *ids.start()),
            max_id: hull.as_ref().map(|ids| *ids.end()),
            id_ranges: ids,
            days,
            ..live
        };
        let receipt = self.finished(receipt);
        match self.log().append(&receipt).await? {
            Commit::Done => Ok(Some(receipt)),
            Commit::Taken(_) => {
                self.discard(&receipt).await;
                Err(Error::Changing { path: self.path.to_owned(), tries: 1 })
            }
        }
    }

    /// Copies the rows that may stay, and tells how many they are.
    async fn copy(
        &self,
        from: String,
        to: String,
        mut eraser: Eraser,
    ) -> Result<(Eraser, Option<u64>), Error> {
        let lake = self.lake.clone();
        self.blocking(move |handle, _| {
            let mut batches = handle.block_on(lake.read_columns(&from, None, None))?;
            let mut output: Option<ParquetOut> = None;
            while let Some(batch) = handle.block_on(batches.next()) {
                let batch = eraser.keep(batch?)?;
                let output = match &mut output {
                    Some(output) => output,
                    None => {
                        let (staging, schema) = (lake.staging(), batch.schema());
                        output.insert(ParquetOut::create(&lake, handle, staging, &to, schema)?)
                    }
                };
                output.write(&batch)?;
            }
            let staged = output.map(ParquetOut::finish).transpose()?;
            Ok((eraser, staged))
        })
        .await
    }
}
