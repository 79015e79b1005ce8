//! What every engine must do, as test cases that any of them runs. A case takes worlds: lakes with
//! nothing in them, each with the engine under test.

pub mod change;
pub mod facts;
pub mod model;
pub mod random;
pub mod spend;
pub mod world;

/// Makes one `#[tokio::test]` of each case. Takes the name of an async function that gives
/// `world::Worlds`.
macro_rules! conformance_suite {
    ($worlds:ident) => {
        conformance_suite! { @cases $worlds
            facts: facts_equal_the_plain_rules_in_one_batch_and_in_many,
            facts: the_greater_path_wins_through_many_files,
            facts: texts_are_compared_byte_for_byte_and_an_absent_browser_is_unknown,
            facts: ids_and_customers_may_be_any_integer,
            facts: days_without_any_row_are_there_and_empty,
            facts: logs_wait_where_there_is_no_review_at_all,
            facts: what_no_receipt_names_does_not_count,
            facts: a_live_file_that_is_gone_is_an_error,
            change: every_day_whose_facts_change_is_dirty,
            change: an_id_that_moves_between_files_dirties_all_its_days,
            change: a_version_that_was_cleared_away_is_taken_by_its_range,
            change: days_that_share_ids_are_linked_through_others,
            spend: spend_changes_by_exact_thousandths,
            spend: spend_needs_the_old_version,
            facts: files_are_found_whatever_their_names,
        }
    };
    (@cases $worlds:ident $($part:ident: $case:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let worlds = $worlds().await;
                conformance::$part::$case(&worlds).await;
            }
        )*
    };
}
