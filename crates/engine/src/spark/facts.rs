//! The facts of some days: which staged files take part, and the cluster's rows as facts.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use arrow_array::{
    Array, RecordBatch,
    types::{Date32Type, Int32Type, Int64Type},
};
use lake::Receipt;
use pipeline::{
    Day, IdRanges,
    dimensions::{COUNT, all},
    facts::{DayTotal, Fact, FactBatch},
};

use super::{FACTS, REVIEW_WINNERS, Spark, WINNERS, columns, plan};
use crate::{Error, Live};

/// Bytes of memory that one fact takes here; there are no more facts than logs. The rows grow by
/// an eighth at a time.
pub const BYTES_PER_FACT: u64 = 48;

pub async fn build(spark: &Spark, live: &Live, days: &BTreeSet<Day>) -> Result<FactBatch, Error> {
    let mut answer = Answer::new(days, spark.memory_bytes / BYTES_PER_FACT);
    let logs = logs(live, days);
    if let Some(winners) = spark.winners(&logs, &plan::LOGS, WINNERS).await? {
        let reviews = reviews(live, &logs, days);
        spark.verify(&logs).await?;
        spark.verify(&reviews).await?;
        let reviews = match spark.winners(&reviews, plan::REVIEWS, REVIEW_WINNERS).await? {
            Some(reviews) => reviews,
            None => no_reviews(spark)?,
        };
        let days = spark.days(days)?;
        let facts = plan::sql(&FACTS, [("logs", winners), ("reviews", reviews), ("days", days)]);
        let budget_mb = spark.memory_bytes >> 20;
        spark
            .cluster
            .ask("built facts", facts, |batch| {
                answer.take(batch).map_err(|wrong| spark.answer(wrong))?;
                match answer.too_many() {
                    true => Err(Error::TooManyFacts { days: answer.totals.len(), budget_mb }),
                    false => Ok(()),
                }
            })
            .await?;
    }
    Ok(answer.facts())
}

/// Log files with rows of the days, and those that a row of them may lose against.
fn logs<'a>(live: &'a Live, days: &BTreeSet<Day>) -> Vec<&'a Receipt> {
    let of_days = |log: &Receipt| log.days.keys().any(|day| days.contains(day));
    let mut sources = Vec::new();
    let mut logs = Vec::new();
    for log in &live.logs {
        let ids = log.ids();
        let beats = || sources.iter().any(|lesser: &Cow<'_, IdRanges>| lesser.meets(&ids));
        if of_days(log) {
            logs.push(log);
            sources.push(ids);
        } else if beats() {
            logs.push(log);
        }
    }
    logs
}

/// Review files that may hold a log's id.
fn reviews<'a>(live: &'a Live, logs: &[&Receipt], days: &BTreeSet<Day>) -> Vec<&'a Receipt> {
    let of_days = |log: &&&Receipt| log.days.keys().any(|day| days.contains(day));
    let wanted: Vec<_> = logs.iter().filter(of_days).map(|log| log.ids()).collect();
    let meets = |review: &&Receipt| {
        let ids = review.ids();
        wanted.iter().any(|wanted| wanted.meets(&ids))
    };
    live.reviews.iter().filter(meets).collect()
}

/// A relation of reviews without a row.
fn no_reviews(spark: &Spark) -> Result<spark_connect_proto::Relation, Error> {
    use arrow_array::{BooleanArray, Int32Array, Int64Array};
    let none = || super::array(Int64Array::from(Vec::<i64>::new()));
    let positive = super::array(Int32Array::from(Vec::<i32>::new()));
    let others = super::array(BooleanArray::from(Vec::<bool>::new()));
    let columns =
        [("id", none()), ("customer", none()), ("positive", positive), ("has_others", others)];
    let batch = RecordBatch::try_from_iter(columns);
    batch.and_then(|batch| plan::rows(&batch)).map_err(|error| spark.unsent(error))
}

/// Facts as they come in.
struct Answer {
    totals: BTreeMap<Day, DayTotal>,
    batch: FactBatch,
    most: u64,
}

impl Answer {
    fn new(days: &BTreeSet<Day>, most: u64) -> Self {
        let total = |day: &Day| (*day, DayTotal::empty(*day));
        Self { totals: days.iter().map(total).collect(), batch: FactBatch::default(), most }
    }

    fn too_many(&self) -> bool {
        self.batch.rows.len() as u64 > self.most
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<(), columns::Wrong> {
        let days = columns::values::<Date32Type>(batch, "day")?;
        let customers = columns::values::<Int64Type>(batch, "customer")?;
        let mut texts = Vec::with_capacity(COUNT);
        for dimension in all() {
            texts.push(columns::Texts::new(batch, dimension.name)?);
        }
        let is_total = columns::values::<Int32Type>(batch, "is_total")?;
        let scores = columns::values::<Int64Type>(batch, "score")?;
        let logs = columns::values::<Int64Type>(batch, "logs")?;
        let reviews = columns::values::<Int64Type>(batch, "reviews")?;
        let others = columns::values::<Int64Type>(batch, "other_customers")?;
        let FactBatch { rows, texts: interners, .. } = &mut self.batch;
        for row in 0..batch.num_rows() {
            let day = Day(days.value(row));
            if is_total.value(row) == 1 {
                let total = self.totals.get_mut(&day);
                let total = total.ok_or_else(|| format!("{day} was not asked for"))?;
                total.matched = reviews.value(row) as u64;
                total.unmatched = (logs.value(row) - reviews.value(row)) as u64;
                total.other_customers = others.value(row) as u64;
            } else if customers.is_valid(row) {
                let small = |number: i64| {
                    i32::try_from(number).map_err(|_| format!("{number} in a fact of {day}"))
                };
                if rows.len() == rows.capacity() {
                    rows.reserve_exact(rows.len() / 8 + 4096);
                }
                let mut codes = [0; COUNT];
                for (place, code) in codes.iter_mut().enumerate() {
                    *code = interners[place].code(texts[place].get(row)?);
                }
                let customer = customers.value(row);
                let (score, count) = (small(scores.value(row))?, small(reviews.value(row))?);
                rows.push(Fact { day, customer, codes, score, count });
            }
        }
        Ok(())
    }

    fn facts(mut self) -> FactBatch {
        self.batch.rows.sort_unstable();
        self.batch.days = self.totals.into_values().collect();
        self.batch
    }
}
