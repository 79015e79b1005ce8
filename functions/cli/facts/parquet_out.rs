//! Facts as a Parquet file, with the types of the star schema.

use std::{io::Write, sync::Arc};

use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, Utc};
use parquet::arrow::ArrowWriter;
use pipeline::{Day, dimensions::DIMENSIONS, limits::AMOUNT_DIGITS};
use warehouse::DayFact;

pub struct ParquetFile<W: Write + Send> {
    schema: Arc<Schema>,
    writer: ArrowWriter<W>,
    rows: u64,
}

impl<W: Write + Send> ParquetFile<W> {
    pub fn new(out: W) -> anyhow::Result<Self> {
        let schema = schema();
        let properties = lake::parquet_properties(&schema);
        let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties))?;
        Ok(Self { schema, writer, rows: 0 })
    }

    pub fn write(&mut self, day: Day, facts: &[DayFact]) -> anyhow::Result<()> {
        self.rows += facts.len() as u64;
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(Date32Array::from(vec![day.0; facts.len()]))];
        for place in 0..DIMENSIONS.len() {
            let texts = facts.iter().map(|fact| Some(&fact.texts[place]));
            columns.push(Arc::new(texts.collect::<StringArray>()));
        }
        let inserted = facts.iter().map(|fact| {
            let at: DateTime<Utc> = fact.inserted_at.parse()?;
            anyhow::Ok(at.timestamp_micros())
        });
        let inserted = TimestampMicrosecondArray::from(inserted.collect::<Result<Vec<_>, _>>()?);
        let whole = |of: fn(&DayFact) -> i32| Int32Array::from_iter_values(facts.iter().map(of));
        let (digits, scale) = AMOUNT_DIGITS;
        let amounts = facts.iter().map(|fact| i128::from(fact.amount_e5));
        let amounts = Decimal128Array::from_iter_values(amounts);
        columns.push(Arc::new(inserted.with_timezone("UTC")));
        columns.push(Arc::new(Int64Array::from_iter_values(facts.iter().map(|f| f.customer))));
        columns.push(Arc::new(amounts.with_precision_and_scale(digits, scale as i8)?));
        columns.push(Arc::new(whole(|fact| fact.score)));
        columns.push(Arc::new(whole(|fact| fact.count)));
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), columns)?)?;
        Ok(())
    }

    pub fn finish(self) -> anyhow::Result<u64> {
        self.writer.into_inner()?.flush()?;
        Ok(self.rows)
    }
}

fn schema() -> Arc<Schema> {
    let (digits, scale) = AMOUNT_DIGITS;
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let day = Field::new("log_date", DataType::Date32, false);
    let texts = DIMENSIONS.iter().map(|of| Field::new(of.name, DataType::Utf8, false));
    let rest = [
        ("insert_date", time),
        ("customerid", DataType::Int64),
        ("amount_spent", DataType::Decimal128(digits, scale as i8)),
        ("review_score", DataType::Int32),
        ("review_count", DataType::Int32),
    ];
    let rest = rest.map(|(name, of)| Field::new(name, of, false));
    Arc::new(Schema::new([day].into_iter().chain(texts).chain(rest).collect::<Vec<_>>()))
}
