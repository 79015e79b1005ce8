//! Spend, where the changed purchases outgrow this process.

use arrow_array::{
    RecordBatch,
    types::{Decimal128Type, Int64Type},
};
use arrow_schema::DataType;
use lake::Receipt;
use pipeline::facts::SpendChange;

use super::{SPEND, Spark, columns, plan, staged};
use crate::{Change, Engine, Error};

pub async fn changes(spark: &Spark, change: &Change) -> Result<Vec<SpendChange>, Error> {
    let versions = || change.purchases.iter().flat_map(|changed| changed.versions());
    if !spark.outgrow(staged(versions())) {
        return spark.embedded.spend(change).await;
    }
    if let Some(gone) = spark.gone(&change.purchases).await?.first() {
        let name = gone.parquet.clone().unwrap_or_default();
        return Err(lake::Error::Missing { name }.into());
    }
    spark.verify(&versions().collect::<Vec<&Receipt>>()).await?;
    let before = change.purchases.iter().filter_map(|changed| changed.before.as_ref());
    let after = change.purchases.iter().filter_map(|changed| changed.after.as_ref());
    let purchases = [
        spark.ranked_rows_of(before, plan::PURCHASES, 0),
        spark.ranked_rows_of(after, plan::PURCHASES, 1),
    ];
    let mut changes = Vec::new();
    if let Some(purchases) = plan::union(purchases.into_iter().flatten().collect()) {
        let query = plan::sql(SPEND, [("purchases", purchases)]);
        let taken = spark.cluster.ask("summed up spend", query, |batch| {
            take(batch, &mut changes).map_err(|wrong| spark.answer(wrong))
        });
        taken.await?;
    }
    changes.sort_unstable_by_key(|change: &SpendChange| change.customer);
    Ok(changes)
}

fn take(batch: &RecordBatch, changes: &mut Vec<SpendChange>) -> Result<(), columns::Wrong> {
    let customers = columns::values::<Int64Type>(batch, "customer")?;
    let amounts = columns::values::<Decimal128Type>(batch, "amount")?;
    let purchases = columns::values::<Int64Type>(batch, "purchases")?;
    let DataType::Decimal128(_, 3) = arrow_array::Array::data_type(amounts) else {
        return Err("amounts are not in thousandths".to_owned());
    };
    changes.extend((0..batch.num_rows()).map(|row| SpendChange {
        customer: customers.value(row),
        amount_milli: amounts.value(row),
        purchases: purchases.value(row),
    }));
    Ok(())
}
