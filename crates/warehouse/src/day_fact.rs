//! A fact as people and files get it.

use pipeline::dimensions::COUNT;

/// A row of `fact_movie_analytics` with texts for keys; whoever asked knows its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFact {
    /// `customerid`.
    pub customer: i64,
    /// By [`DIMENSIONS`](pipeline::dimensions::DIMENSIONS).
    pub texts: [String; COUNT],
    /// `amount_spent` in 1/100,000, repeated on every row of the customer.
    pub amount_e5: i64,
    /// `review_score`.
    pub score: i32,
    /// `review_count`.
    pub count: i32,
    /// `insert_date`, UTC, `2021-04-25T06:15:04Z`.
    pub inserted_at: String,
}
