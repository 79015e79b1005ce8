//! The parts that touch every byte or row, one by one: `cargo bench -p measure`, with a name
//! behind `--` for some of them.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, hint::black_box, sync::Arc};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lake::{IngestOptions, Lake, Outcome, ingest};
use movie_analytics::sample::{REAL, Sample};
use object_store::{ObjectStoreExt, memory::InMemory};
use pipeline::{
    Dataset, Day, FileParser, Options,
    csv::{Column, CsvParser, Form, Record, Rows},
    facts::{Direction, Logs, Spend},
    parser,
    refusal::RowRefusal,
    reviews::is_positive,
};

/// The files of 10,000 reviews, with so many of 1,000 positive.
fn files(positive: u64) -> [Vec<u8>; 3] {
    let folder = tempfile::tempdir().unwrap();
    let (reviews, review_bytes, purchases) = (10_000, REAL, 10_000);
    let sample = Sample { reviews, review_bytes, positive, purchases, ..Sample::default() };
    sample.write_single(folder.path()).unwrap();
    let file = |name| folder.path().join(format!("{name}/{name}.csv"));
    Dataset::ALL.map(|dataset| std::fs::read(file(dataset.raw_folder())).unwrap())
}

/// All batches of a file.
fn parsed(dataset: Dataset, file: &[u8]) -> Vec<RecordBatch> {
    feed(parser(dataset, &Options::default()).as_mut(), file)
}

fn feed(parser: &mut dyn FileParser, file: &[u8]) -> Vec<RecordBatch> {
    parser.push(file).unwrap();
    parser.finish().unwrap();
    std::iter::from_fn(|| parser.take_rows()).collect()
}

/// Rows of which only the fields are found.
#[derive(Default)]
struct Fields(usize);

impl Rows for Fields {
    const COLUMNS: &'static [Column] =
        &[Column { name: "cid", aliases: &["cid"], form: Form::Whole64 }];

    fn schema() -> Arc<Schema> {
        Schema::empty().into()
    }

    fn push(&mut self, record: &Record<'_>) -> Result<Option<i64>, RowRefusal> {
        self.0 += record.raw(0).len();
        Ok(None)
    }

    fn pending(&self) -> usize {
        0
    }

    fn take(&mut self) -> RecordBatch {
        RecordBatch::new_empty(Self::schema())
    }
}

fn scan(c: &mut Criterion) {
    let [reviews, ..] = files(340);
    let mut group = c.benchmark_group("scan");
    group.throughput(Throughput::Bytes(reviews.len() as u64));
    group.bench_function("reviews", |b| {
        b.iter(|| {
            let mut parser = CsvParser::new(Fields::default(), Options::default().limits);
            feed(&mut parser, black_box(&reviews));
        });
    });
}

fn classification(c: &mut Criterion) {
    let mut group = c.benchmark_group("classification");
    for positive in [340, 60] {
        let [reviews, ..] = files(positive);
        group.throughput(Throughput::Bytes(reviews.len() as u64));
        group.bench_function(format!("{positive} of 1000"), |b| {
            let rows = || reviews.split(|byte| *byte == b'\n');
            b.iter(|| rows().filter(|row| is_positive(black_box(row))).count());
        });
    }
}

fn parsing(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (dataset, file) in Dataset::ALL.iter().zip(files(340)) {
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(dataset.raw_folder(), |b| {
            b.iter(|| parsed(*dataset, black_box(&file)));
        });
    }
}

/// From the file to Parquet and its receipt, in memory.
fn ingesting(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let mut group = c.benchmark_group("ingest");
    for (dataset, file) in Dataset::ALL.iter().zip(files(340)) {
        let path = format!("{0}/{0}.csv", dataset.raw_folder());
        let raw = Arc::new(InMemory::new());
        runtime.block_on(raw.put(&path.as_str().into(), file.clone().into())).unwrap();
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_function(dataset.raw_folder(), |b| {
            let other = || Arc::new(InMemory::new());
            b.iter(|| {
                let lake = Lake::new(raw.clone(), other(), other(), "memory:".to_owned());
                let done = runtime.block_on(ingest(&lake, &path, &IngestOptions::default()));
                assert!(matches!(done, Ok(Outcome::Accepted(_))));
            });
        });
    }
}

fn facts(c: &mut Criterion) {
    let files = files(340);
    let [reviews, logs, purchases] = [0, 1, 2].map(|n| parsed(Dataset::ALL[n], &files[n]));
    let days: BTreeSet<Day> = (0..365).map(|n| Day(18_736 + n)).collect();
    let mut group = c.benchmark_group("facts");
    group.bench_function("of 10,000 reviews", |b| {
        b.iter(|| {
            let mut rows = Logs::new(&days, 10_000, i64::MIN..=i64::MAX, u64::MAX);
            logs.iter().for_each(|batch| rows.push(batch, 0));
            let mut latest = rows.latest();
            reviews.iter().for_each(|batch| latest.reviews(batch, 0));
            let facts = latest.facts();
            assert!(!facts.rows.is_empty());
            facts
        });
    });
    group.bench_function("spend of 10,000 purchases", |b| {
        b.iter(|| {
            let mut spend = Spend::default();
            purchases.iter().for_each(|batch| spend.push(batch, Direction::In));
            spend.changes()
        });
    });
}

criterion_group!(hot, scan, classification, parsing, ingesting, facts);
criterion_main!(hot);
