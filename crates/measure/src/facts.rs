//! Facts out of staged Parquet and into Parquet: the engine as a publish calls it, and a file in
//! place of the warehouse.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    path::Path,
    sync::Arc,
};

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray, types::Int32Type,
};
use engine::{Change, Changed, Embedded, Engine, Live};
use futures_util::TryStreamExt;
use lake::{Lake, parquet_properties};
use parquet::arrow::ArrowWriter;
use pipeline::{
    Dataset,
    dimensions::{COUNT, all},
    facts::{Fact, FactBatch},
};

/// As the product has it by default.
const ENGINE_MEMORY: u64 = 256 << 20;

/// Rows handed to the writer at a time.
const BATCH_ROWS: usize = 8_192;

/// Thousandths, in which purchases are added up, in the 1/100,000 of `decimal(18,5)`.
const MILLI: i128 = 100;

pub fn write(folder: &Path, out: &Path) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let lake = Lake::local(folder)?;
        let live = live(&lake).await?;
        let engine = Embedded::new(lake, ENGINE_MEMORY);
        let purchases = live.purchases.iter();
        let all = purchases.map(|new| Changed { before: None, after: Some(new.clone()) }).collect();
        let spend = engine.spend(&Change { purchases: all, ..Change::default() }).await?;
        let spend: HashMap<_, _> =
            spend.iter().map(|spend| (spend.customer, spend.amount_milli * MILLI)).collect();
        let days: BTreeSet<_> = live.logs.iter().flat_map(|log| log.days.keys().copied()).collect();
        let mut writer = None;
        for portion in engine.batches(&live, &days) {
            let mut parts = engine.facts(&live, &portion);
            while let Some(FactBatch { rows, texts, .. }) = parts.try_next().await? {
                let texts = texts.map(|texts| -> ArrayRef {
                    Arc::new(StringArray::from_iter_values(texts.texts()))
                });
                for rows in rows.chunks(BATCH_ROWS) {
                    let batch = batch(rows, &texts, &spend)?;
                    let writer = match &mut writer {
                        Some(writer) => writer,
                        none => {
                            let (file, schema) = (File::create(out)?, batch.schema());
                            let properties = Some(parquet_properties(&schema));
                            none.insert(ArrowWriter::try_new(file, schema, properties)?)
                        }
                    };
                    writer.write(&batch)?;
                }
            }
        }
        writer.map(ArrowWriter::close).transpose()?;
        Ok(())
    })
}

async fn live(lake: &Lake) -> anyhow::Result<Live> {
    let mut live = Live::default();
    for dataset in Dataset::ALL {
        for (path, newest) in lake.receipts().list(dataset).await?.newest {
            live.of_mut(dataset).extend(lake.receipts().live(dataset, &path, newest).await?);
        }
    }
    Ok(live)
}

/// The texts of the dimensions by their codes.
type Texts = [ArrayRef; COUNT];

fn batch(facts: &[Fact], texts: &Texts, spend: &HashMap<i64, i128>) -> anyhow::Result<RecordBatch> {
    let rows = || facts.iter();
    let amount = |fact: &Fact| spend.get(&fact.customer).copied().unwrap_or(0);
    let amounts = Decimal128Array::from_iter_values(rows().map(amount));
    let amounts = amounts.with_precision_and_scale(18, 5)?;
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("customerid", Arc::new(Int64Array::from_iter_values(rows().map(|fact| fact.customer)))),
        ("log_date", Arc::new(Date32Array::from_iter_values(rows().map(|fact| fact.day.0)))),
        ("amount_spent", Arc::new(amounts)),
        ("review_score", Arc::new(Int32Array::from_iter_values(rows().map(|fact| fact.score)))),
        ("review_count", Arc::new(Int32Array::from_iter_values(rows().map(|fact| fact.count)))),
    ];
    for (place, (dimension, texts)) in all().zip(texts).enumerate() {
        let keys = Int32Array::from_iter_values(rows().map(|fact| fact.codes[place] as i32));
        let texts = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(texts))?;
        columns.push((dimension.name, Arc::new(texts)));
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}
