//! A lake too large to make from CSV, and the time and memory that its facts take.
//!
//! `years make DIR DAYS ROWS` stages as many days of as many reviews and logs, with their
//! receipts: Parquet such as the app writes, without the files it would come from.
//! `years facts DIR [ENGINE]` builds all facts in batches that fit 256 MiB, in this process or on a
//! cluster (`sc://...`, with the feature `spark-connect`), and prints a sum over all of them by
//! which two engines can be compared.

use std::{
    collections::BTreeSet,
    error::Error,
    fs::{self, File},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    path::Path,
    sync::Arc,
    time::Instant,
};

use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray,
    types::Int32Type,
};
use engine::{Embedded, Engine, Live};
use futures_util::TryStreamExt;
use lake::{Lake, Receipt, Rows, State};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    file::properties::WriterProperties,
    schema::types::ColumnPath,
};
use pipeline::{
    Dataset, Day, IdRanges,
    dimensions::{COUNT, all},
    facts::FactBatch,
};

type Done<T> = Result<T, Box<dyn Error>>;

const BUDGET: u64 = 256 << 20;

/// Rows written at a time, and of a row group, as the app writes them.
const GROUP: i64 = 131_072;

const DEVICES: [&str; 3] = ["Mobile", "Tablet", "Computer"];
const SYSTEMS: [&str; 5] =
    ["Microsoft Windows", "Apple MacOS", "Linux", "Apple iOS", "Google Android"];
const LOCATIONS: usize = 50;

#[tokio::main]
async fn main() -> Done<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["make", dir, days, rows] => make(Path::new(dir), days.parse()?, rows.parse()?),
        ["facts", dir] => facts(dir, "embedded").await,
        ["facts", dir, engine] => facts(dir, engine).await,
        _ => Err("years make DIR DAYS ROWS, or years facts DIR [ENGINE]".into()),
    }
}

/// Scatters numbers, the same everywhere.
fn scatter(id: i64, salt: u64) -> u64 {
    let mixed = (id as u64 ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20
}

/// Each day has ids of its own, and one in a hundred of the day before again: corrections.
fn make(dir: &Path, days: i32, rows: i64) -> Done<()> {
    let first = Day::from_ymd(2021, 4, 19).ok_or("no such day")?;
    for n in 0..days {
        let day = Day(first.0 + n);
        let begin = i64::from(n) * rows - if n == 0 { 0 } else { rows / 100 };
        let ids = (begin, i64::from(n + 1) * rows);
        stage(dir, Dataset::ClassifiedMovieReview, &format!("movie_review/{day}.csv"), day, ids)?;
        stage(dir, Dataset::ReviewLogs, &format!("log_reviews/{day}.csv"), day, ids)?;
    }
    Ok(())
}

fn stage(dir: &Path, dataset: Dataset, path: &str, day: Day, ids: (i64, i64)) -> Done<()> {
    let parquet = format!("{dataset}/{path}/made-{day}.parquet");
    let file = dir.join("staging").join(&parquet);
    fs::create_dir_all(file.parent().ok_or("no folder")?)?;
    let mut writer: Option<ArrowWriter<File>> = None;
    let mut from = ids.0;
    while from < ids.1 {
        let ids: Vec<i64> = (from..(from + GROUP).min(ids.1)).collect();
        from += GROUP;
        let batch = match dataset {
            Dataset::ReviewLogs => logs(day, &ids)?,
            _ => reviews(&ids)?,
        };
        let writer = match &mut writer {
            Some(writer) => writer,
            None => {
                let properties = properties(&batch);
                let file = File::create(&file)?;
                writer.insert(ArrowWriter::try_new(file, batch.schema(), Some(properties))?)
            }
        };
        writer.write(&batch)?;
    }
    writer.ok_or("no rows")?.close()?;
    let rows = (ids.1 - ids.0) as u64;
    let is_log = dataset == Dataset::ReviewLogs;
    let receipt = Receipt {
        path: path.to_owned(),
        dataset,
        number: 1,
        state: State::Accepted,
        etag: "made".to_owned(),
        size: 0,
        recipe: "made".to_owned(),
        attempt: format!("made-{day}"),
        written_at: "2021-04-19T00:00:00Z".to_owned(),
        source_at: None,
        duration_ms: 0,
        content_hash: None,
        bytes_hash: None,
        parquet: Some(parquet),
        quarantine: None,
        erasures: 0,
        restaged: false,
        refusal: None,
        rows: Rows { read: rows, staged: rows, ..Rows::default() },
        min_id: Some(ids.0),
        max_id: Some(ids.1 - 1),
        id_ranges: IdRanges::default(),
        days: is_log.then_some((day, rows)).into_iter().collect(),
        extra_columns: Vec::new(),
        first_refused: Vec::new(),
        date_orders: Default::default(),
        read_on: None,
    };
    let folder = dir.join(format!("staging/_receipts/{dataset}/{path}"));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("000001.json"), serde_json::to_vec(&receipt)?)?;
    Ok(())
}

fn reviews(ids: &[i64]) -> Done<RecordBatch> {
    let customers = ids.iter().map(|id| 1 + (scatter(*id, 1) % 5_000_000) as i64);
    let positive = ids.iter().map(|id| i32::from(scatter(*id, 2).is_multiple_of(3)));
    Ok(RecordBatch::try_from_iter([
        ("customer_id", array(Int64Array::from_iter_values(customers))),
        ("is_positive", array(Int32Array::from_iter_values(positive))),
        ("review_id", array(Int64Array::from(ids.to_vec()))),
    ])?)
}

fn logs(day: Day, ids: &[i64]) -> Done<RecordBatch> {
    let locations: Vec<String> = (0..LOCATIONS).map(|n| format!("State {n}")).collect();
    let locations: Vec<&str> = locations.iter().map(String::as_str).collect();
    let texts = |salt: u64, of: &[&str]| -> Done<ArrayRef> {
        let keys = ids.iter().map(|id| (scatter(*id, salt) % of.len() as u64) as i32);
        let values = StringArray::from(of.to_vec());
        let keys = Int32Array::from_iter_values(keys);
        Ok(array(DictionaryArray::<Int32Type>::try_new(keys, array(values))?))
    };
    let absent = DictionaryArray::<Int32Type>::try_new(
        Int32Array::new_null(ids.len()),
        array(StringArray::from(Vec::<&str>::new())),
    )?;
    let mut columns = vec![
        ("log_id", array(Int64Array::from(ids.to_vec())), false),
        ("log_date", array(Date32Array::from(vec![day.0; ids.len()])), false),
    ];
    for (salt, dimension) in (3..).zip(all()) {
        let column = match dimension.name {
            "device" => texts(salt, &DEVICES)?,
            "os" => texts(salt, &SYSTEMS)?,
            "location" => texts(salt, &locations)?,
            _ => array(absent.clone()),
        };
        columns.push((dimension.name, column, !dimension.is_required));
    }
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

fn array(array: impl arrow_array::Array + 'static) -> ArrayRef {
    Arc::new(array)
}

/// As the app writes staged files.
fn properties(batch: &RecordBatch) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP as usize))
        .set_dictionary_enabled(false);
    for field in batch.schema().fields() {
        let column = ColumnPath::from(field.name().as_str());
        properties = match field.name().as_str() {
            "customer_id" | "review_id" | "log_id" => {
                properties.set_column_encoding(column, Encoding::DELTA_BINARY_PACKED)
            }
            name if all().any(|dimension| dimension.name == name) => {
                properties.set_column_dictionary_enabled(column, true)
            }
            _ => properties,
        };
    }
    properties.build()
}

async fn facts(dir: &str, name: &str) -> Done<()> {
    let lake = Lake::local(Path::new(dir))?;
    let engine = engine(&lake, name)?;
    let mut live = Live::default();
    for dataset in [Dataset::ClassifiedMovieReview, Dataset::ReviewLogs] {
        for (path, newest) in lake.receipts().list(dataset).await?.newest {
            live.of_mut(dataset).extend(lake.receipts().live(dataset, &path, newest).await?);
        }
    }
    let days: BTreeSet<Day> = live.logs.iter().flat_map(|log| log.days.keys().copied()).collect();
    let started = Instant::now();
    let (mut facts, mut reviews, mut sum, mut batches) = (0, 0, 0_u64, 0);
    for days in engine.batches(&live, &days) {
        let mut parts = engine.facts(&live, &days);
        while let Some(batch) = parts.try_next().await? {
            facts += batch.rows.len();
            reviews += batch.days.iter().map(|day| day.matched).sum::<u64>();
            sum = sum.wrapping_add(digest(&batch));
            batches += 1;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{count} days in {batches} batches: {facts} facts of {reviews} reviews, sum {sum:016x}, \
         {seconds:.1} s{memory}",
        count = days.len(),
        memory = memory()
    );
    Ok(())
}

#[cfg(feature = "spark-connect")]
fn engine(lake: &Lake, name: &str) -> Done<Arc<dyn Engine>> {
    if name == "embedded" {
        return Ok(Arc::new(Embedded::new(lake.clone(), BUDGET)));
    }
    let address = engine::spark::Address::parse(name)?;
    Ok(Arc::new(engine::spark::Spark::new(lake.clone(), BUDGET, address)?))
}

#[cfg(not(feature = "spark-connect"))]
fn engine(lake: &Lake, name: &str) -> Done<Arc<dyn Engine>> {
    match name {
        "embedded" => Ok(Arc::new(Embedded::new(lake.clone(), BUDGET))),
        _ => Err("a cluster needs the feature spark-connect".into()),
    }
}

/// The same whatever the order of the facts and the codes of their texts.
fn digest(batch: &FactBatch) -> u64 {
    let hasher = BuildHasherDefault::<DefaultHasher>::new();
    batch.rows.iter().fold(0, |sum, fact| {
        let texts: [u64; COUNT] = std::array::from_fn(|place| {
            hasher.hash_one(batch.texts[place].text(fact.codes[place]))
        });
        let all = (fact.day, fact.customer, texts, fact.score, fact.count);
        sum.wrapping_add(hasher.hash_one(all))
    })
}

/// The most that this process held, where the system says it.
fn memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.map_or_else(String::new, |kilobytes| format!(", at most {} MB", kilobytes / 1024))
}
