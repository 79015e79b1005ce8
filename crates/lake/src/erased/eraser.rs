//! Drops rows of erased customers on their way into staging, into the table, and into quarantine.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, RecordBatch, StringArray, cast::AsArray, types::Int64Type,
};
use arrow_select::filter::filter_record_batch;
use pipeline::{Dataset, Day, IdCollector, IdRanges, csv::cut::numbers, logs::PiiKey};

use super::list::Erased;
use crate::{Error, ingest::count_days};

/// Answers that are remembered: neighbours often have the same customer.
const REMEMBERED: usize = 1 << 16;

/// What was dropped of one file, and what is left.
pub(crate) struct Eraser {
    erased: Arc<Erased>,
    keys: Arc<[PiiKey]>,
    dataset: Dataset,
    known: HashMap<i64, bool>,
    /// Rows dropped.
    pub rows: u64,
    /// Reviews dropped, by their ids.
    pub reviews: BTreeSet<i64>,
    /// Reviews of other customers whose ids are on the list.
    pub reused: BTreeSet<i64>,
    ids: IdCollector,
    days: BTreeMap<Day, u64>,
}

impl Eraser {
    /// `None` where nobody is erased.
    pub fn new(erased: &Arc<Erased>, keys: &Arc<[PiiKey]>, dataset: Dataset) -> Option<Self> {
        (erased.entries > 0).then(|| Self {
            erased: Arc::clone(erased),
            keys: Arc::clone(keys),
            dataset,
            known: HashMap::new(),
            rows: 0,
            reviews: BTreeSet::new(),
            reused: BTreeSet::new(),
            ids: IdCollector::default(),
            days: BTreeMap::new(),
        })
    }

    /// The rows that may be staged.
    pub fn keep(&mut self, batch: RecordBatch) -> Result<RecordBatch, Error> {
        let column = match self.dataset {
            Dataset::ReviewLogs => "log_id",
            Dataset::ClassifiedMovieReview | Dataset::UserPurchase => "customer_id",
        };
        let goes: Vec<bool> = ids(&batch, column)?.map(|id| self.is_erased(id)).collect();
        let dropped = goes.iter().filter(|goes| **goes).count() as u64;
        if self.dataset == Dataset::ClassifiedMovieReview {
            self.note_reviews(&batch, &goes)?;
        }
        let kept = match dropped {
            0 => batch,
            _ => {
                self.rows += dropped;
                let keeps: BooleanArray = goes.iter().map(|goes| Some(!goes)).collect();
                filter_record_batch(&batch, &keeps).map_err(|error| bug(error.to_string()))?
            }
        };
        let id = match self.dataset {
            Dataset::ClassifiedMovieReview => "review_id",
            Dataset::ReviewLogs => "log_id",
            Dataset::UserPurchase => return Ok(kept),
        };
        ids(&kept, id)?.flatten().for_each(|id| self.ids.insert(id));
        count_days(&kept, &mut self.days);
        Ok(kept)
    }

    /// Ranges of the ids that are left, and the rows of each day.
    pub fn left(&self) -> (IdRanges, BTreeMap<Day, u64>) {
        (self.ids.ranges(), self.days.clone())
    }

    fn note_reviews(&mut self, batch: &RecordBatch, goes: &[bool]) -> Result<(), Error> {
        for (id, goes) in ids(batch, "review_id")?.zip(goes) {
            let Some(id) = id else { continue };
            if *goes {
                self.reviews.insert(id);
            } else if self.erased.has_review(&self.keys, id) {
                self.reused.insert(id);
            }
        }
        Ok(())
    }

    fn is_erased(&mut self, id: Option<i64>) -> bool {
        let Some(id) = id else { return false };
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let is_erased = match self.dataset {
            Dataset::ReviewLogs => self.erased.has_review(&self.keys, id),
            Dataset::ClassifiedMovieReview | Dataset::UserPurchase => {
                self.erased.has_customer(&self.keys, id)
            }
        };
        if self.known.len() == REMEMBERED {
            self.known.clear();
        }
        self.known.insert(id, is_erased);
        is_erased
    }

    /// Refused rows without their text where a number in it is that of an erased customer: which
    /// column it stands in is not known of a row that could not be read.
    pub fn hide(&self, refused: &RecordBatch) -> Result<RecordBatch, Error> {
        let place = refused.schema().index_of("raw").map_err(|error| bug(error.to_string()))?;
        let texts = refused.column(place).as_string::<i32>();
        let names = |text: &str| numbers(text).any(|id| self.erased.has_customer(&self.keys, id));
        let shown: StringArray =
            texts.iter().map(|text| text.filter(|text| !names(text))).collect();
        let mut columns = refused.columns().to_vec();
        columns[place] = Arc::new(shown) as ArrayRef;
        RecordBatch::try_new(refused.schema(), columns).map_err(|error| bug(error.to_string()))
    }
}

/// The values of a column of whole numbers.
pub(super) fn ids<'a>(
    batch: &'a RecordBatch,
    column: &str,
) -> Result<impl Iterator<Item = Option<i64>> + 'a, Error> {
    let column = batch.column_by_name(column);
    let ids = column.and_then(|ids| ids.as_primitive_opt::<Int64Type>());
    Ok(ids.ok_or_else(|| bug("a column of ids is missing".to_owned()))?.iter())
}

fn bug(detail: String) -> Error {
    Error::Bug { path: "erased rows".to_owned(), detail }
}
