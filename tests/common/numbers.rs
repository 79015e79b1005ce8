//! The numbers of reports, computed from facts in the plainest way. Their names are those of the
//! measures in `powerbi/` and of `tests/fixtures/golden_dashboard.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    oracle::Oracle,
    warehouse::{Facts, Grain, Measures, Spend},
};

/// What is known of some facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Sum of `review_count`.
    #[serde(rename = "Total Reviews")]
    pub reviews: i64,
    /// Sum of `review_score`.
    #[serde(rename = "Positive Reviews")]
    pub positive: i64,
    /// Sum of `review_score` / sum of `review_count`: the positive share. To six digits.
    #[serde(rename = "Average Review Score")]
    pub score: f64,
    /// Customers of the facts, each counted once.
    #[serde(rename = "Customers")]
    pub customers: i64,
    /// What these customers spent, each counted once: `amount_spent` repeats on each of their rows.
    #[serde(rename = "Total Spend")]
    pub spend: f64,
}

impl Numbers {
    pub fn of<'a>(facts: impl IntoIterator<Item = (&'a Grain, &'a Measures)>) -> Self {
        let (mut reviews, mut positive, mut spend) = (0, 0, BTreeMap::new());
        for (grain, measures) in facts {
            reviews += measures.count;
            positive += measures.score;
            spend.insert(grain.customer, measures.amount_milli);
        }
        Self {
            reviews,
            positive,
            score: (positive as f64 * 1e6 / reviews.max(1) as f64).round() / 1e6,
            customers: spend.len() as i64,
            spend: spend.values().sum::<i128>() as f64 / 1000.0,
        }
    }
}

/// Numbers by a text.
pub type Groups = BTreeMap<String, Numbers>;

/// All that page and Power BI model are held against.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    pub about: String,
    pub total: Numbers,
    /// Everybody who bought something, with reviews or without: no filter reaches them.
    pub all_buyers: AllBuyers,
    pub by_os: Groups,
    pub by_device: Groups,
    pub by_date: Groups,
    pub by_location: Groups,
    pub by_season: Groups,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllBuyers {
    /// Rows of `customer_spend`.
    #[serde(rename = "Buyers")]
    pub buyers: i64,
    /// Sum of its `amount_spent`.
    #[serde(rename = "Spend of All Buyers")]
    pub spend: f64,
}

impl AllBuyers {
    fn of(spend: &Spend) -> Self {
        let total: i128 = spend.values().sum();
        Self { buyers: spend.len() as i64, spend: total as f64 / 1000.0 }
    }
}

impl Golden {
    pub fn of(about: &str, oracle: &Oracle) -> Self {
        let groups = |key: fn(&Grain) -> &str| {
            let mut groups: BTreeMap<&str, Facts> = BTreeMap::new();
            for (grain, measures) in &oracle.facts {
                groups.entry(key(grain)).or_default().insert(grain.clone(), *measures);
            }
            groups.into_iter().map(|(text, of)| (text.to_owned(), Numbers::of(&of))).collect()
        };
        Self {
            about: about.to_owned(),
            total: Numbers::of(&oracle.facts),
            all_buyers: AllBuyers::of(&oracle.spend),
            by_os: groups(|grain| grain.text("os")),
            by_device: groups(|grain| grain.text("device")),
            by_date: groups(|grain| &grain.day),
            by_location: groups(|grain| grain.text("location")),
            by_season: groups(|grain| season(&grain.day)),
        }
    }
}

/// Of a date, `2021-04-25`.
fn season(date: &str) -> &'static str {
    match &date[5..7] {
        "12" | "01" | "02" => "Winter",
        "03" | "04" | "05" => "Spring",
        "06" | "07" | "08" => "Summer",
        _ => "Fall",
    }
}
