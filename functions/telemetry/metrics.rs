//! The numbers that alerts and the workbook are made of.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, MeterProvider},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::{build_fact_movie_analytics as build, ingest::Ingested};

/// Counters; silent where nothing is exported.
#[derive(Clone, Default)]
pub struct Metrics(Option<Counters>);

#[derive(Clone)]
struct Counters {
    files: Counter<u64>,
    rows_read: Counter<u64>,
    rows_staged: Counter<u64>,
    rows_refused: Counter<u64>,
    facts_written: Counter<u64>,
    days_refused: Counter<u64>,
}

impl Metrics {
    pub fn new(meters: &SdkMeterProvider) -> Self {
        let meter = meters.meter("movie-analytics");
        let counter = |name: &'static str| meter.u64_counter(name).build();
        Self(Some(Counters {
            files: counter("files"),
            rows_read: counter("rows_read"),
            rows_staged: counter("rows_staged"),
            rows_refused: counter("rows_refused"),
            facts_written: counter("facts_written"),
            days_refused: counter("days_refused"),
        }))
    }

    pub fn file(&self, file: &Ingested) {
        let Some(counters) = &self.0 else { return };
        let dataset = KeyValue::new("dataset", file.dataset.name());
        let outcome = KeyValue::new("outcome", file.outcome);
        counters.files.add(1, &[dataset.clone(), outcome]);
        counters.rows_read.add(file.rows.read, std::slice::from_ref(&dataset));
        counters.rows_staged.add(file.rows.staged, std::slice::from_ref(&dataset));
        counters.rows_refused.add(file.rows.refused, &[dataset]);
    }

    pub fn publish(&self, report: &build::Report) {
        let Some(counters) = &self.0 else { return };
        counters.facts_written.add(report.published.rows_inserted, &[]);
        counters.days_refused.add(report.refused_days.len() as u64, &[]);
    }
}
