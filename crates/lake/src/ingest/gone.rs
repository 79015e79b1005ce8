//! What has to go of a version that counts and cannot be read again: it is gone from `raw`, or another
//! one that was refused lies in its place. What is staged is all there is, so it is staged again from
//! that: without customers who were erased since, and, after a change of protection, without the
//! addresses and numbers of its logs, since what another key has hashed cannot be hashed anew.

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, RecordBatch, StringArray, cast::AsArray, new_null_array, types::Int32Type,
};
use arrow_schema::DataType;
use futures_util::StreamExt;
use pipeline::{Dataset, logs::PiiTexts, parser::protection};

use super::{
    Outcome,
    job::{Job, Step},
};
use crate::{
    Error, Receipt, State, erased::Eraser, failpoint::applies, parquet_out::ParquetOut, paths,
    receipt_log::Commit,
};

/// Ends the recipe of logs that have lost their addresses and numbers.
const BARE: &str = "bare";

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

    /// Stages what counts again where it may hold what has to go. `newest` is the newest receipt of
    /// the path.
    async fn restage(&self, newest: Receipt) -> Result<Option<Receipt>, Error> {
        let is_due = self.due > 0 || self.dataset == Dataset::ReviewLogs;
        if !is_due || !applies("erased of files that are gone") {
            return Ok(None);
        }
        let number = newest.number + 1;
        let Some(live) = self.log().live_from(newest).await? else { return Ok(None) };
        let is_protected = protection(&live.recipe).eq(protection(&self.recipe));
        let Some(parquet) = live.parquet.clone() else { return Ok(None) };
        if live.erasures >= self.due && is_protected {
            return Ok(None);
        }
        let eraser = Eraser::new(&self.erased, self.lake.keys(), self.dataset);
        let recipe = match is_protected {
            true => live.recipe.clone(),
            // Another one than that of files that were read: if this one comes back, it is.
            false => format!("{} {BARE}", self.recipe),
        };
        let attempt = paths::attempt();
        let without = paths::parquet(self.dataset, self.path, &live.etag, &attempt);
        let copy = self.copy(parquet.clone(), without.clone(), eraser, !is_protected);
        let (eraser, staged) = copy.await?;
        // A file without rows is copied to nothing.
        let (staged, parquet) = staged.map_or((0, parquet), |staged| (staged, without));
        let mut rows = live.rows.clone();
        rows.staged = staged;
        let eraser = eraser.filter(|eraser| eraser.rows > 0);
        rows.erased += eraser.as_ref().map_or(0, |eraser| eraser.rows);
        let (ids, days) = match eraser {
            None => (live.ids().into_owned(), live.days.clone()),
            Some(eraser) => eraser.left(),
        };
        let hull = ids.hull();
        let receipt = Receipt {
            number,
            recipe,
            attempt,
            erasures: self.heeded,
            restaged: true,
            source_at: None,
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
        mut eraser: Option<Eraser>,
        bare: bool,
    ) -> Result<(Option<Eraser>, Option<u64>), Error> {
        let lake = self.lake.clone();
        self.blocking(move |handle, _| {
            let mut batches = handle.block_on(lake.read_columns(&from, None, None))?;
            let mut output: Option<ParquetOut> = None;
            while let Some(batch) = handle.block_on(batches.next()) {
                let batch = match &mut eraser {
                    Some(eraser) => eraser.keep(batch?)?,
                    None => batch?,
                };
                let batch = if bare { without_personal_data(&batch)? } else { batch };
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

/// Logs without addresses and numbers, those in their texts masked.
fn without_personal_data(logs: &RecordBatch) -> Result<RecordBatch, Error> {
    let schema = logs.schema();
    let columns = schema.fields().iter().zip(logs.columns()).map(|(field, column)| -> ArrayRef {
        match (field.name().as_str(), field.data_type()) {
            ("ip" | "phone_number", kind) => new_null_array(kind, column.len()),
            (_, DataType::Dictionary(..)) => {
                let texts = column.as_dictionary::<Int32Type>();
                let values = texts.values().as_string::<i32>().iter();
                let masked: StringArray = values.map(|text| text.map(PiiTexts::masked)).collect();
                Arc::new(texts.with_values(Arc::new(masked)))
            }
            _ => Arc::clone(column),
        }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect())
        .map_err(|error| Error::Bug { path: "staged logs".to_owned(), detail: error.to_string() })
}
