//! The numbers of one chart, for other programs: CSV or JSON by a link.
//!
//! `?chart=state&format=csv`, with the filter of the page beside it.

use serde::Serialize;
use url::form_urlencoded;
use warehouse::dashboard::{Dashboard, Sums};

use super::query::{Part, address};

/// The chart over time.
pub const DAYS: &str = "date";

/// What a link asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    chart: Chart,
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chart {
    Days,
    Members(Part),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

impl Wanted {
    /// `None` where the page itself is asked for; an error says what there is.
    pub fn parse(query: &str) -> Option<Result<Self, String>> {
        let value = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let format = value("format")?;
        let format = match &*format {
            "csv" => Format::Csv,
            "json" => Format::Json,
            _ => return Some(Err("format is csv or json\n".to_owned())),
        };
        let chart = value("chart").unwrap_or_else(|| DAYS.to_owned());
        let part = Part::all().find(|part| part.name() == chart);
        Some(match part {
            Some(part) => Ok(Self { chart: Chart::Members(part), format }),
            None if chart == DAYS => Ok(Self { chart: Chart::Days, format }),
            None => {
                let parts: Vec<_> = Part::all().map(Part::name).collect();
                Err(format!("chart is {DAYS}, {}\n", parts.join(", ")))
            }
        })
    }

    /// The rows under the filter that the numbers were read with; those without reviews are left
    /// out.
    pub fn body(self, numbers: &Dashboard) -> String {
        let (name, rows): (_, Vec<(String, Sums)>) = match self.chart {
            Chart::Days => {
                (DAYS, numbers.days.iter().map(|(day, sums)| (day.to_string(), *sums)).collect())
            }
            Chart::Members(part) => {
                let members = part.members(numbers).iter();
                let chosen = members.filter(|member| member.chosen && member.sums.reviews > 0);
                (part.name(), chosen.map(|member| (member.text.clone(), member.sums)).collect())
            }
        };
        match self.format {
            Format::Csv => csv(name, &rows),
            Format::Json => json(name, &rows),
        }
    }
}

fn csv(name: &str, rows: &[(String, Sums)]) -> String {
    let mut csv = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = csv.write_record([name, "reviews", "positive"]);
    for (text, sums) in rows {
        let numbers = [sums.reviews, sums.positive].map(|number| number.to_string());
        let _ = csv.write_record([text, &numbers[0], &numbers[1]]);
    }
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

/// The link of a chart's numbers under a filter.
pub fn link(filter: &warehouse::dashboard::Filter, chart: &str, format: &str) -> String {
    let address = address(filter);
    let more = if address.ends_with('?') { "" } else { "&" };
    format!("{address}{more}chart={chart}&format={format}")
}
