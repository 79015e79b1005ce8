//! What every warehouse must do, as test cases that any backend runs:
//!
//! ```
//! use tempfile::TempDir;
//! use warehouse::sqlite::Sqlite;
//!
//! async fn fresh() -> Option<(TempDir, impl Fn() -> Sqlite)> {
//!     let folder = tempfile::tempdir().expect("a new folder");
//!     let file = folder.path().join("warehouse.db");
//!     Some((folder, move || Sqlite::new(&file)))
//! }
//!
//! warehouse::conformance_suite!(fresh);
//! # fn main() {}
//! ```
//!
//! `fresh` makes an empty warehouse for one case. It returns a guard, dropped after the case, and
//! a closure; each call of the closure connects to that same warehouse as another process would.
//! Where it returns `None`, nothing is tested.

#![expect(missing_docs, reason = "the name of a case says what must hold")]

use std::pin::Pin;

mod broken;
mod checks;
mod dashboard;
mod dimensions;
mod held;
mod history;
#[warn(missing_docs)]
mod inspect;
mod limits;
mod publishing;
mod samples;
mod spend;
mod volume;

pub use broken::*;
pub use checks::*;
pub use dashboard::*;
pub use dimensions::*;
pub use held::*;
pub use history::*;
pub use inspect::{Daily, FactRow, Inspect, Refused};
pub use limits::*;
pub use publishing::*;
pub use spend::*;
pub use volume::*;

/// A warehouse as a case sees it.
pub type Connected = Box<dyn Inspect>;

/// Connects to the warehouse of a case.
pub type Connect<'a> = &'a dyn Fn() -> Connected;

/// How a case ends.
pub type Done = Result<(), crate::Error>;

/// A case of the suite.
pub type Case = for<'a> fn(Connect<'a>) -> Pin<Box<dyn Future<Output = Done> + 'a>>;

/// Makes one `#[tokio::test]` of each case. Takes the name of an async function, see the
/// [module](self).
#[macro_export]
macro_rules! conformance_suite {
    ($fresh:ident) => {
        $crate::conformance_cases! { @tests $fresh }
    };
}

/// All cases with their names, for whoever runs them otherwise: an array of `(&str, Case)`.
#[macro_export]
macro_rules! conformance_cases {
    () => {
        $crate::conformance_cases! { @names all }
    };
    (@$what:ident $fresh:ident) => {
        $crate::conformance_cases! { @$what $fresh
            an_empty_warehouse_has_no_state,
            what_was_published_is_read_back,
            a_restated_day_is_replaced_and_other_days_stay,
            a_day_may_become_empty,
            a_publish_in_batches_is_one_publish,
            a_day_in_parts_adds_up,
            a_publish_in_between_is_noticed,
            a_dropped_publication_changes_nothing,
            a_rehearsal_tells_what_the_publish_does_and_changes_nothing,
            a_failed_batch_cannot_be_committed,
            the_summary_counts_everything,
            daily_sums_equal_the_facts,
            facts_of_a_day_are_those_of_the_reports,

            spend_reaches_all_days_of_its_customer_and_no_other,
            only_facts_outside_the_replaced_days_count_as_respent,
            unchanged_totals_change_no_facts,
            the_last_purchase_takes_its_buyer_away,
            a_reset_forgets_all_spend,
            amounts_are_exact_to_the_limits,
            many_thousandths_add_up_exactly,
            a_customer_whose_total_does_not_fit_keeps_the_last_one,
            what_was_not_applied_comes_with_the_next_change,
            amounts_of_any_size_are_held_exactly,
            a_reset_releases_all_customers,
            purchases_beyond_their_count_are_held,
            fewer_than_no_purchases_are_an_error,
            amounts_may_be_negative,

            texts_are_compared_byte_for_byte,
            keys_are_stable,
            texts_that_no_fact_has_go_when_told_to_and_their_keys_stay_taken,
            an_absent_browser_is_unknown,
            texts_without_facts_are_no_members,

            receipts_of_each_state_come_back,
            live_versions_change_and_go,
            a_receipt_is_absorbed_once,
            receipts_without_effect_take_no_publish_id,
            an_absorption_in_between_is_noticed,
            nothing_is_absorbed_over_a_publish,
            a_live_version_needs_its_receipt,
            receipts_of_any_length_come_back,
            latency_is_counted_from_the_last_write_of_a_file,
            refused_days_are_listed_until_they_are_built,
            refusals_are_listed_by_file_version_and_reason,

            a_check_of_ones_own_names_the_days_of_its_rows_and_nothing_is_committed,
            a_check_judges_the_replaced_days_that_nobody_has_accepted,
            a_broken_check_is_told_and_changes_nothing,
            texts_and_unknown_reviews_are_those_of_the_facts,

            a_publish_interrupted_anywhere_is_there_whole_or_not_at_all,
            of_publishers_side_by_side_one_comes_first,
            publishers_that_begin_again_all_get_there,

            every_column_takes_its_limit,
            what_a_receipt_has_beyond_a_limit_is_cut,

            an_empty_warehouse_has_a_dashboard,
            a_dashboard_adds_up_what_its_filter_chooses,
            texts_of_a_filter_are_compared_byte_for_byte,
            a_dashboard_shows_the_newest_publish,
            spend_of_a_dashboard_is_exact,

            texts_of_any_number_are_told_apart,
            half_a_million_facts_are_published_at_once,
        }
    };
    (@tests $fresh:ident $($case:ident,)*) => {
        $(
            #[tokio::test]
            async fn $case() -> $crate::conformance::Done {
                let Some((_guard, connect)) = $fresh().await else { return Ok(()) };
                $crate::conformance::$case(&|| Box::new(connect())).await
            }
        )*
    };
    (@names $all:ident $($case:ident,)*) => {
        [$((
            stringify!($case),
            (|connect| Box::pin($crate::conformance::$case(connect))) as $crate::conformance::Case,
        )),*]
    };
}
