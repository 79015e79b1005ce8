//! Metrics, made of what events and spans say: no function counts anything twice.

use std::{
    collections::HashMap,
    fmt::Debug,
    time::{Instant, SystemTime},
};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, Meter},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// The function whose success means that facts are as new as the files.
const BUILD: &str = "build_fact_movie_analytics";

/// Seconds; files and publishes take from milliseconds to minutes.
const BOUNDS: [f64; 12] = [0.01, 0.05, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];

/// The instruments.
pub struct Measures {
    invocations: Histogram<f64>,
    files: Histogram<f64>,
    rows: Counter<u64>,
    backlog: Gauge<u64>,
    held: Gauge<u64>,
    late: Gauge<u64>,
    latency: Histogram<f64>,
    newest: Gauge<u64>,
    built: Gauge<u64>,
}

impl Measures {
    pub fn new(meter: &Meter) -> Self {
        let seconds = |name: &'static str, about: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(about);
            histogram.with_boundaries(BOUNDS.to_vec()).build()
        };
        let gauge = |name: &'static str, unit: &'static str, about: &'static str| {
            meter.u64_gauge(name).with_unit(unit).with_description(about).build()
        };
        Self {
            invocations: seconds("movie_analytics.invocation.duration", "Time of an invocation"),
            files: seconds("movie_analytics.file.duration", "Time to ingest a file"),
            rows: meter
                .u64_counter("movie_analytics.rows")
                .with_unit("{row}")
                .with_description("Rows of ingested files")
                .build(),
            backlog: gauge("movie_analytics.files", "{file}", "Files that need somebody, by state"),
            held: gauge("movie_analytics.days.held", "{day}", "Days that keep older rows"),
            late: gauge("movie_analytics.feeds.late", "{feed}", "Feeds whose next file is overdue"),
            latency: seconds("movie_analytics.file.latency", "Time since the last write of a file"),
            newest: gauge(
                "movie_analytics.feed.newest",
                "s",
                "When a feed had its last file, Unix",
            ),
            built: gauge(
                "movie_analytics.facts.built",
                "s",
                "When facts were last up to date, Unix",
            ),
        }
    }

    fn file(&self, said: &Said) {
        let feed = KeyValue::new("function", said.text("function"));
        let outcome = KeyValue::new("outcome", said.text("outcome"));
        if let Some(milliseconds) = said.numbers.get("duration_ms") {
            let seconds = *milliseconds as f64 / 1000.0;
            self.files.record(seconds, &[feed.clone(), outcome.clone()]);
        }
        for state in ["read", "staged", "refused", "duplicate"] {
            if let Some(rows) = said.numbers.get(&*format!("rows.{state}")) {
                self.rows.add(*rows, &[feed.clone(), KeyValue::new("state", state)]);
            }
        }
        if matches!(outcome.value.as_str().as_ref(), "accepted" | "rejected") {
            self.newest.record(now(), &[feed]);
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Measures {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let (Some(span), Some(function)) = (context.span(id), said.texts.remove("function")) {
            let invocation = Invocation { function, began: Instant::now(), failed: false };
            span.extensions_mut().insert(invocation);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        if said.texts.contains_key("file.path") && said.texts.contains_key("outcome") {
            self.file(&said);
        }
        for state in ["waiting", "left", "failed", "unread", "withdrawn"] {
            if let Some(files) = said.numbers.get(&*format!("files.{state}")) {
                self.backlog.record(*files, &[KeyValue::new("state", state)]);
            }
        }
        if let Some(feeds) = said.numbers.get("feeds.late") {
            self.late.record(*feeds, &[]);
        }
        for to in ["staged", "published"] {
            if let Some(seconds) = said.numbers.get(&*format!("latency.{to}")) {
                let feed = KeyValue::new("feed", said.text("feed"));
                self.latency.record(*seconds as f64, &[feed, KeyValue::new("to", to)]);
            }
        }
        if let Some(days) = said.numbers.get("days.held") {
            self.held.record(*days, &[]);
            self.built.record(now(), &[]);
        }
        if event.metadata().name() == "exception" {
            for span in context.event_scope(event).into_iter().flatten() {
                if let Some(invocation) = span.extensions_mut().get_mut::<Invocation>() {
                    invocation.failed = true;
                }
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(Invocation { function, began, failed }) = span.extensions_mut().remove() else {
            return;
        };
        if function == BUILD && !failed {
            self.built.record(now(), &[]);
        }
        let attributes = [KeyValue::new("function", function), KeyValue::new("failed", failed)];
        self.invocations.record(began.elapsed().as_secs_f64(), &attributes);
    }
}

/// An invocation under way, in its span.
struct Invocation {
    function: String,
    began: Instant,
    failed: bool,
}

/// What an event or a span says.
#[derive(Default)]
struct Said {
    numbers: HashMap<&'static str, u64>,
    texts: HashMap<&'static str, String>,
}

impl Said {
    fn text(&self, name: &str) -> String {
        self.texts.get(name).cloned().unwrap_or_default()
    }
}

impl Visit for Said {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.numbers.insert(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.texts.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs())
}
