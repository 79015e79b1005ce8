//! Dirty days where the ids of changed files outgrow this process.

use std::collections::BTreeSet;

use arrow_array::{Int64Array, RecordBatch, types::Date32Type};
use lake::Receipt;
use pipeline::{Dataset, Day};
use spark_connect_proto::Relation;

use super::{DAYS_OF_IDS, DAYS_OF_RANGES, Spark, array, columns, plan, staged};
use crate::{
    Change, Changed, Engine, Error, Live,
    embedded::dirty::{candidates, listed, unchanged},
};

pub async fn days(spark: &Spark, live: &Live, change: &Change) -> Result<BTreeSet<Day>, Error> {
    let mut dirty = listed(change);
    let unchanged = unchanged(live, change);
    let mut logs: Vec<&Receipt> = Vec::new();
    let mut asking: Vec<&Changed> = Vec::new();
    for changed in change.reviews.iter().chain(&change.logs) {
        let candidates = candidates(&unchanged, changed, &dirty);
        if !candidates.is_empty() {
            asking.push(changed);
            logs.extend(candidates);
        }
    }
    logs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    logs.dedup_by(|a, b| std::ptr::eq(*a, *b));
    let versions = || asking.iter().flat_map(|changed| changed.versions());
    if !spark.outgrow(staged(versions()) + staged(logs.iter().copied())) {
        return spark.embedded.dirty_days(live, change).await;
    }
    let mut gone = spark.gone(&change.reviews).await?;
    gone.extend(spark.gone(&change.logs).await?);
    let there: Vec<&Receipt> = versions()
        .filter(|version| !gone.iter().any(|gone| std::ptr::eq(*gone, *version)))
        .collect();
    spark.verify(&logs).await?;
    let of = |dataset| there.iter().copied().filter(move |file: &&Receipt| file.dataset == dataset);
    let reviews: Vec<&Receipt> = of(Dataset::ClassifiedMovieReview).collect();
    let changed_logs: Vec<&Receipt> = of(Dataset::ReviewLogs).collect();
    spark.verify(&reviews).await?;
    spark.verify(&changed_logs).await?;
    let changed = [(reviews, plan::REVIEW_IDS), (changed_logs, plan::LOG_IDS)];
    let changed = changed.into_iter().filter_map(|(files, columns)| spark.rows_of(files, columns));
    let log_rows = || spark.rows_of(logs.iter().copied(), plan::LOG_DAYS);
    if let (Some(logs), Some(changed)) = (log_rows(), plan::union(changed.collect())) {
        let query = plan::sql(DAYS_OF_IDS, [("logs", logs), ("changed", changed)]);
        dirty.extend(spark.days_of("found dirty days", query).await?);
    }
    gone.retain(|gone| !gone.ids().is_empty());
    if let (Some(logs), false) = (log_rows(), gone.is_empty()) {
        let gone = ranges(&gone).map_err(|error| spark.unsent(error))?;
        let query = plan::sql(DAYS_OF_RANGES, [("logs", logs), ("gone", gone)]);
        dirty.extend(spark.days_of("found dirty days", query).await?);
    }
    Ok(dirty)
}

/// First and last ids, as rows that go with a plan.
fn ranges(files: &[&Receipt]) -> Result<Relation, arrow_schema::ArrowError> {
    let ranges: Vec<_> =
        files.iter().flat_map(|file| file.ids().iter().collect::<Vec<_>>()).collect();
    let first = Int64Array::from_iter_values(ranges.iter().map(|range| *range.start()));
    let last = Int64Array::from_iter_values(ranges.iter().map(|range| *range.end()));
    plan::rows(&RecordBatch::try_from_iter([("first_id", array(first)), ("last_id", array(last))])?)
}

impl Spark {
    /// The days that a query finds.
    pub(super) async fn days_of(
        &self,
        doing: &'static str,
        query: Relation,
    ) -> Result<BTreeSet<Day>, Error> {
        let mut days = BTreeSet::new();
        let taken = self.cluster.ask(doing, query, |batch| {
            let column = columns::values::<Date32Type>(batch, "day");
            let column = column.map_err(|wrong| self.answer(wrong))?;
            days.extend(column.values().iter().map(|day| Day(*day)));
            Ok(())
        });
        taken.await?;
        Ok(days)
    }
}
