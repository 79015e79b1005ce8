//! Short ways to say what a case publishes.

use std::collections::BTreeMap;

use lake::{Receipt, Refusal, Rows, State};
use pipeline::{
    Dataset, Day, FileReason, IdRanges, RowReason,
    dimensions::{COUNT, DIMENSIONS, place},
    facts::{DayTotal, Fact, FactBatch, SpendChange},
};

use super::Connected;
use crate::{Error, Publication, Publish, Published, RefusedDay};

/// 2021-04-25.
pub(super) const SUNDAY: Day = Day(18_742);
pub(super) const MONDAY: Day = Day(18_743);
pub(super) const TUESDAY: Day = Day(18_744);

pub(super) const PUBLISHED_AT: &str = "2021-04-26T06:15:04Z";
pub(super) const RECIPE: &str = "facts-test";

/// A fact before its batch gives codes to its texts.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) day: Day,
    pub(super) customer: i64,
    pub(super) texts: [Option<&'a str>; COUNT],
    pub(super) score: i32,
    pub(super) count: i32,
}

impl<'a> Row<'a> {
    /// With another text of this dimension.
    pub(super) fn with(mut self, dimension: &str, text: &'a str) -> Self {
        self.texts[place(dimension)] = Some(text);
        self
    }
}

/// One positive review. Its texts are the labels of the dimensions, which most cases do not care
/// about; it has none where it need not.
pub(super) fn row<'a>(day: Day, customer: i64) -> Row<'a> {
    let texts = DIMENSIONS.map(|dimension| dimension.is_required.then_some(dimension.label));
    Row { day, customer, texts, score: 1, count: 1 }
}

/// The facts of `days`, with totals that match.
pub(super) fn batch(days: &[Day], rows: &[Row<'_>]) -> FactBatch {
    let mut batch = FactBatch::default();
    for &Row { day, customer, texts, score, count } in rows {
        let mut codes = [0; COUNT];
        for (place, text) in texts.into_iter().enumerate() {
            codes[place] = text.map_or(0, |text| batch.texts[place].code(text));
        }
        batch.rows.push(Fact { day, customer, codes, score, count });
    }
    batch.rows.sort_unstable();
    for &day in days {
        let matched = rows.iter().filter(|row| row.day == day).map(|row| row.count as u64).sum();
        batch.days.push(DayTotal { day, matched, unmatched: 0, other_customers: 0 });
    }
    batch
}

pub(super) fn spend(customer: i64, amount_milli: i128, purchases: i64) -> SpendChange {
    SpendChange { customer, amount_milli, purchases }
}

/// A publish of nothing, to be filled by `..`.
pub(super) async fn next(warehouse: &mut Connected) -> Result<Publish, Error> {
    let state = warehouse.state().await?;
    Ok(Publish {
        expected: state.head,
        held: state.held_customers,
        fact_recipe: RECIPE.to_owned(),
        published_at: PUBLISHED_AT.to_owned(),
        ..Publish::default()
    })
}

/// Publishes facts of days.
pub(super) async fn publish(
    warehouse: &mut Connected,
    batch: &FactBatch,
) -> Result<Published, Error> {
    publish_with_spend(warehouse, Vec::new(), batch).await
}

/// Publishes changes of spend together with facts of days.
pub(super) async fn publish_with_spend(
    warehouse: &mut Connected,
    spend: Vec<SpendChange>,
    batch: &FactBatch,
) -> Result<Published, Error> {
    let publish = Publish { spend, ..next(warehouse).await? };
    publish_all(warehouse, publish, batch, &[]).await
}

/// Publishes all of it.
pub(super) async fn publish_all(
    warehouse: &mut Connected,
    publish: Publish,
    batch: &FactBatch,
    refused: &[RefusedDay],
) -> Result<Published, Error> {
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(batch).await?;
    Ok(publication.commit(refused).await?.expect("a publish that changes something"))
}

/// The error of a publish that is expected not to begin.
pub(super) fn refusal(begun: Result<Box<dyn Publication + '_>, Error>) -> String {
    match begun {
        Ok(_) => "no error".to_owned(),
        Err(error) => format!("transient: {}, {error}", error.is_transient()),
    }
}

/// A receipt with each field that its state has.
pub(super) fn receipt(path: &str, number: u32, state: State) -> Receipt {
    let accepted = state == State::Accepted;
    let rows = Rows {
        read: 15,
        staged: 7,
        refused: 2,
        duplicate: 1,
        erased: 5,
        refused_by_reason: [(RowReason::BadDate, 1), (RowReason::XmlDtd, 1)].into(),
    };
    Receipt {
        path: path.to_owned(),
        dataset: Dataset::of_path(path).unwrap_or(Dataset::ReviewLogs),
        number,
        state,
        etag: format!("\"0x8D{number}\""),
        size: u64::from(u32::MAX) + 1,
        recipe: "logs-1".to_owned(),
        attempt: format!("{number:04x}"),
        written_at: PUBLISHED_AT.to_owned(),
        source_at: None,
        duration_ms: 12,
        bytes_hash: None,
        content_hash: accepted.then(|| "99aa06d3014798d86001c324468d497f".to_owned()),
        parquet: accepted.then(|| format!("review_logs/{path}/{number}.parquet")),
        quarantine: accepted.then(|| format!("review_logs/{path}/{number}.parquet")),
        erasures: if accepted { 3 } else { 0 },
        restaged: accepted,
        refusal: (state == State::Rejected).then(|| Refusal {
            reason: FileReason::MissingColumn,
            detail: "found `id`, `Größe`; send `id_review`".to_owned(),
        }),
        rows: if accepted { rows } else { Rows::default() },
        min_id: accepted.then_some(i64::MIN),
        max_id: accepted.then_some(i64::MAX),
        id_ranges: IdRanges::default(),
        days: if accepted { [(SUNDAY, 3), (MONDAY, 4)].into() } else { BTreeMap::new() },
        extra_columns: if accepted { vec!["note".to_owned()] } else { Vec::new() },
        first_refused: Vec::new(),
        date_orders: Default::default(),
        read_on: None,
    }
}
