//! A process that dies at any step of either commit leaves nothing half done; and what another
//! process does in between is noticed.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;

use crate::common::{
    app::command,
    drop::{logs, purchases, reviews},
    failpoints::{STEPS, alone, meanwhile},
    lab::{Lab, published, read, settle},
    place::Place,
};
use lake::failpoint::{Action, arm, now, set_clock};
use pipeline::Dataset;

/// A review without a log, a row to refuse and an id that stands twice; `n` tells versions apart.
fn drop_files(place: &Place, n: i64) {
    let rows = [(1, "good", 9 + n), (2, "dull", 3), (n, "good", 3), (4, "good", 2)];
    place.drop("movie_review/1.csv", reviews(&rows) + "x,good,y\n");
    let day = ["2021-04-19", "2021-04-20"][n as usize];
    place
        .drop("log_reviews/1.csv", logs(&[(9, day, "Mobile"), (3, day, "Tablet"), (2, day, "TV")]));
    place.drop("user_purchase/1.csv", purchases(&[("1", 2 + n, "2.5"), ("4", 1, "0.001")]));
}

#[test]
fn a_process_that_dies_at_any_step_leaves_nothing_half_done() {
    for step in STEPS {
        for side in ["before", "after"] {
            let place = Place::new();
            let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
            let args = ["run", "--lake", &lake, "--warehouse", &warehouse];
            for n in [0, 1] {
                drop_files(&place, n);
                let at = format!("{step}:{side}");
                let ran = command(place.folder(), &args).env("ABORT_AT", &at).output().unwrap();
                assert_eq!(ran.status.code(), None, "{at} was not come to");
                let ran = command(place.folder(), &args)
                    .env("MAX_DAY_SHRINK", "1")
                    .env("MAX_CUSTOMER_CHANGES", "1")
                    .output();
                assert_eq!(ran.unwrap().status.code(), Some(0), "after {at}");
                place.holds(&place.oracle());
            }
        }
    }
}

/// A path, and what makes its content.
type Source = (&'static str, fn() -> String);

const FILES: [Source; 2] = [
    ("movie_review/1.csv", || reviews(&[(1, "good", 1), (2, "good", 2), (3, "", 3)])),
    ("log_reviews/1.csv", || logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-20", "TV")])),
];

const MORE: &str = "log_reviews/2.csv";

/// A lab with files that are published, and one more that only waits to be staged.
async fn lab() -> Arc<Lab> {
    let lab = Lab::with(&[("MAX_DAY_SHRINK", "1"), ("MAX_CUSTOMER_CHANGES", "1")]);
    for (path, content) in FILES {
        lab.put(path, content()).await;
    }
    settle(&lab.deps()).await.unwrap();
    lab.put(MORE, logs(&[(2, "2021-04-19", "TV"), (3, "2021-05-01", "TV")])).await;
    Arc::new(lab)
}

#[test]
fn a_publisher_that_computed_before_another_committed_begins_again() {
    alone(async {
        let lab = lab().await;
        let (slow, fast) = (lab.deps(), lab.deps());
        read(&slow, MORE).await.unwrap();
        let third = "movie_review/2.csv";
        lab.put(third, reviews(&[(7, "good", 2)])).await;
        meanwhile("begin:before", async move {
            read(&fast, third).await.unwrap();
            assert!(published(&fast).await.unwrap());
        });
        assert!(!published(&slow).await.unwrap(), "the other one has published everything");
        lab.holds(lab.files().await);
        assert_eq!(lab.number("SELECT count(*) FROM ops_publish_log"), 2);
    });
}

#[test]
fn a_publisher_whose_listing_is_older_than_what_another_absorbed_lists_again() {
    alone(async {
        let lab = lab().await;
        let (slow, fast) = (lab.deps(), lab.deps());
        lab.put("movie_review/2.csv", reviews(&[(7, "good", 2)])).await;
        read(&slow, "movie_review/2.csv").await.unwrap();
        meanwhile("listing:after", async move {
            read(&fast, MORE).await.unwrap();
            assert!(published(&fast).await.unwrap());
        });
        assert!(!published(&slow).await.unwrap());
        lab.holds(lab.files().await);
    });
}

#[test]
fn an_exclusion_is_of_the_version_that_is_found_unchanged_at_the_same_moment() {
    alone(async {
        let lab = lab().await;
        let (slow, fast) = (lab.deps(), lab.deps());
        let (path, content) = FILES[0];
        lab.put(path, content()).await;
        let reading = Arc::clone(&lab);
        meanwhile("receipt:before", async move {
            reading.reads(&fast, path, "unchanged").await;
        });
        slow.forget(Dataset::ClassifiedMovieReview, path).await.unwrap().expect("it counted");
        lab.reads(&slow, path, "already_done").await;
    });
}

#[test]
fn a_sweep_leaves_what_a_publisher_reads_that_has_listed_before_it_was_replaced() {
    alone(async {
        let lab = lab().await;
        let (slow, fast) = (lab.deps(), lab.deps());
        read(&slow, MORE).await.unwrap();
        set_clock(Some(now() + TimeDelta::days(2)));
        let restating = Arc::clone(&lab);
        meanwhile("listing:after", async move {
            restating.put(MORE, logs(&[(3, "2021-06-01", "Mobile")])).await;
            restating.reads(&fast, MORE, "accepted").await;
            fast.lake.sweep(Dataset::ReviewLogs, Duration::from_hours(24)).await.unwrap();
        });
        assert!(published(&slow).await.unwrap(), "with what it had listed");
        settle(&lab.deps()).await.unwrap();
        lab.holds(lab.files().await);
        set_clock(None);
    });
}

#[test]
fn of_two_ingests_that_read_different_versions_the_later_version_stays() {
    alone(async {
        let lab = lab().await;
        let (slow, fast) = (lab.deps(), lab.deps());
        let restating = Arc::clone(&lab);
        meanwhile("receipt:before", async move {
            restating.put(MORE, logs(&[(3, "2021-06-01", "Mobile")])).await;
            restating.reads(&fast, MORE, "accepted").await;
        });
        lab.reads(&slow, MORE, "already_done").await;
        settle(&slow).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn the_same_purchases_accepted_by_two_processes_count_once_though_one_of_them_dies() {
    alone(async {
        let lab = lab().await;
        let [first, second] = ["user_purchase/1.csv", "user_purchase/2.csv"];
        let bought = purchases(&[("1", 2, "2.5")]);
        for path in [first, second] {
            lab.put(path, bought.clone()).await;
        }
        let (dying, other) = (lab.deps(), lab.deps());
        let reading = Arc::clone(&lab);
        meanwhile("receipt:before", async move {
            reading.reads(&other, first, "accepted").await;
        });
        // The first receipt is the other one's.
        arm("receipt:after", 1, Action::Fail);
        read(&dying, second).await.unwrap_err();
        let deps = lab.deps();
        settle(&deps).await.unwrap();
        let mut files = lab.files().await;
        files.remove(second);
        lab.holds(files);
        // Refused, as if it had come later: it counts when the first one has other content.
        lab.put(first, purchases(&[("1", 3, "2.5")])).await;
        settle(&deps).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn a_marker_that_cannot_be_written_fails_no_publish() {
    alone(async {
        let lab = lab().await;
        let deps = lab.deps();
        read(&deps, MORE).await.unwrap();
        arm("marker:before", 0, Action::Fail);
        assert!(published(&deps).await.unwrap());
        assert!(!published(&deps).await.unwrap());
        lab.holds(lab.files().await);
    });
}

#[test]
fn a_publish_that_failed_before_its_commit_is_not_taken_for_done() {
    alone(async {
        let lab = lab().await;
        let deps = lab.deps();
        read(&deps, MORE).await.unwrap();
        arm("commit:before", 0, Action::Fail);
        published(&deps).await.unwrap_err();
        assert!(published(&deps).await.unwrap(), "the marker says that all is published");
        lab.holds(lab.files().await);
    });
}
