//! A chart for other programs: its numbers as CSV or JSON, or its drawing, by a link.
//!
//! `?chart=state&format=csv`, with the filter of the page beside it.

use serde::Serialize;
use url::form_urlencoded;
use warehouse::dashboard::{Dashboard, Filter, Sums};

use super::{
    page,
    query::{Part, address},
    view::Measure,
};
use crate::csv_text::no_formula;

/// What a link asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    chart: Chart,
    pub format: Format,
}

/// A chart of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chart {
    Days(Measure),
    Members(Part),
}

impl Chart {
    fn all() -> impl Iterator<Item = Self> {
        let days = [Measure::Reviews, Measure::Positive].map(Self::Days);
        days.into_iter().chain(Part::all().map(Self::Members))
    }

    /// In the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Days(Measure::Reviews) => "date",
            Self::Days(Measure::Positive) => "score",
            Self::Members(part) => part.name(),
        }
    }

    /// What heads the first column of its numbers.
    fn column(self) -> &'static str {
        match self {
            Self::Days(_) => "date",
            Self::Members(part) => part.name(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
    Svg,
}

impl Format {
    const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Svg];

    /// In the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Svg => "svg",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Svg => "image/svg+xml",
        }
    }

    /// `None` where an address names none; an error says which there are.
    pub fn parse(query: &str) -> Option<Result<Self, String>> {
        let wanted = value(query, "format")?;
        let known = Self::ALL.into_iter().find(|format| format.name() == wanted);
        Some(known.ok_or_else(|| "format is csv, json or svg\n".to_owned()))
    }
}

/// The first value of a name in a query string.
pub fn value(query: &str, wanted: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

impl Wanted {
    /// `None` where the page itself is asked for; an error says what there is.
    pub fn parse(query: &str) -> Option<Result<Self, String>> {
        let format = match Format::parse(query)? {
            Ok(format) => format,
            Err(problem) => return Some(Err(problem)),
        };
        let name = value(query, "chart").unwrap_or_else(|| "date".to_owned());
        let chart = Chart::all().find(|chart| chart.name() == name);
        Some(chart.map(|chart| Self { chart, format }).ok_or_else(|| {
            let names: Vec<_> = Chart::all().map(Chart::name).collect();
            format!("chart is {}\n", names.join(", "))
        }))
    }

    /// What it shows under the filter that the numbers were read with; rows without reviews are
    /// left out.
    pub fn body(self, numbers: &Dashboard) -> String {
        let rows: Vec<(String, Sums)> = match self.chart {
            Chart::Days(_) => {
                numbers.days.iter().map(|(day, sums)| (day.to_string(), *sums)).collect()
            }
            Chart::Members(part) => {
                let members = part.members(numbers).iter();
                let chosen = members.filter(|member| member.chosen && member.sums.reviews > 0);
                chosen.map(|member| (member.text.clone(), member.sums)).collect()
            }
        };
        match self.format {
            Format::Csv => csv(self.chart.column(), &rows),
            Format::Json => json(self.chart.column(), &rows),
            Format::Svg => page::drawing(self.chart, numbers),
        }
    }
}

fn csv(name: &str, rows: &[(String, Sums)]) -> String {
    let rows = rows.iter().map(|(text, sums)| {
        [no_formula(text).into_owned(), sums.reviews.to_string(), sums.positive.to_string()]
    });
    csv_of([name, "reviews", "positive"], rows)
}

/// CSV with a header.
pub fn csv_of<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut csv = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = csv.write_record(head);
    rows.for_each(|row| drop(csv.write_record(row)));
    String::from_utf8(csv.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn json(name: &str, rows: &[(String, Sums)]) -> String {
    #[derive(Serialize)]
    struct Row<'a> {
        #[serde(flatten)]
        named: std::collections::BTreeMap<&'a str, &'a str>,
        reviews: u64,
        positive: u64,
    }
    let rows = rows.iter().map(|(text, sums)| Row {
        named: [(name, text.as_str())].into(),
        reviews: sums.reviews,
        positive: sums.positive,
    });
    serde_json::to_string(&rows.collect::<Vec<_>>()).unwrap_or_default()
}

/// The link of a chart under a filter.
pub fn link(filter: &Filter, chart: Chart, format: Format) -> String {
    let address = address(filter);
    let more = if address.ends_with('?') { "" } else { "&" };
    format!("{address}{more}chart={}&format={}", chart.name(), format.name())
}
