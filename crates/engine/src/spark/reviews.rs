//! How many review ids there are, where those that several files may share outgrow this process.

use lake::Receipt;

use super::{REVIEW_IDS, Spark, columns, plan, staged};
use crate::{Change, Engine, Error, Live, embedded::reviews::Parts};

pub async fn change_of_ids(spark: &Spark, live: &Live, change: &Change) -> Result<i64, Error> {
    let Parts { alone, before, after, elsewhere } = Parts::of(live, change);
    let files = || before.iter().chain(&after).chain(&elsewhere).copied();
    if !spark.outgrow(staged(files())) {
        return spark.embedded.review_ids(live, change).await;
    }
    if let Some(gone) = spark.gone(&change.reviews).await?.first() {
        let name = gone.parquet.clone().unwrap_or_default();
        return Err(lake::Error::Missing { name }.into());
    }
    spark.verify(&files().collect::<Vec<&Receipt>>()).await?;
    let ids = [&before, &after, &elsewhere].into_iter().zip(0..);
    let ids = ids.filter_map(|(files, rank)| {
        spark.ranked_rows_of(files.iter().copied(), plan::REVIEW_IDS, rank)
    });
    let mut moved = 0;
    if let Some(ids) = plan::union(ids.collect()) {
        let query = plan::sql(REVIEW_IDS, [("ids", ids)]);
        let taken = spark.cluster.ask("counted review ids", query, |batch| {
            if batch.num_rows() > 0 {
                moved = columns::number(batch, "moved").map_err(|wrong| spark.answer(wrong))?;
            }
            Ok(())
        });
        taken.await?;
    }
    Ok(alone + moved)
}
