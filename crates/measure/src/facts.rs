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
use lake::{Lake, parquet_properties};
use parquet::arrow::ArrowWriter;
use pipeline::{
    Dataset,
    facts::{Dimensions, Fact, FactBatch, Interner},
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
        for portion in engine.portions(&live, &days) {
            let FactBatch { rows, dimensions, .. } = engine.facts(&live, &portion).await?;
            let texts = Texts::of(&dimensions);
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
struct Texts {
    device: ArrayRef,
    location: ArrayRef,
    os: ArrayRef,
    browser: ArrayRef,
}

impl Texts {
    fn of(dimensions: &Dimensions) -> Self {
        let array = |interner: &Interner| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(interner.texts()))
        };
        let Dimensions { device, location, os, browser } = dimensions;
        let [device, location, os, browser] = [device, location, os, browser].map(array);
        Self { device, location, os, browser }
    }
}

fn batch(facts: &[Fact], texts: &Texts, spend: &HashMap<i64, i128>) -> anyhow::Result<RecordBatch> {
    let rows = || facts.iter();
    let text = |texts: &ArrayRef, code: fn(&Fact) -> u32| -> anyhow::Result<ArrayRef> {
        let keys = Int32Array::from_iter_values(rows().map(|fact| code(fact) as i32));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(texts))?))
    };
    let amount = |fact: &Fact| spend.get(&fact.customer).copied().unwrap_or(0);
    let amounts = Decimal128Array::from_iter_values(rows().map(amount));
    let amounts = amounts.with_precision_and_scale(18, 5)?;
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("customerid", Arc::new(Int64Array::from_iter_values(rows().map(|fact| fact.customer)))),
        ("log_date", Arc::new(Date32Array::from_iter_values(rows().map(|fact| fact.day.0)))),
        ("device", text(&texts.device, |fact| fact.device)?),
        ("location", text(&texts.location, |fact| fact.location)?),
        ("os", text(&texts.os, |fact| fact.os)?),
        ("browser", text(&texts.browser, |fact| fact.browser)?),
        ("amount_spent", Arc::new(amounts)),
        ("review_score", Arc::new(Int32Array::from_iter_values(rows().map(|fact| fact.score)))),
        ("review_count", Arc::new(Int32Array::from_iter_values(rows().map(|fact| fact.count)))),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}
