//! Rows do not depend on the day on which a version is staged.

use lake::failpoint::set_clock;

use crate::common::{drop::logs, failpoints::alone, lab::Lab};

const LOGS: &str = "log_reviews/1.csv";

fn on(day: &str) {
    set_clock(Some(format!("{day}T10:00:00Z").parse().unwrap()));
}

#[test]
fn a_version_is_staged_again_by_the_days_that_were_plausible_when_it_was_read_first() {
    alone(async {
        let lab = Lab::new();
        on("2021-04-19");
        let text =
            logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-21", "TV"), (3, "2021-04-22", "TV")]);
        lab.put(LOGS, text.clone()).await;
        let first = lab.reads(&lab.deps(), LOGS, "accepted").await;
        assert_eq!(
            (first.rows.staged, first.rows.refused),
            (2, 1),
            "the last one is three days ahead"
        );
        // Ten years later other rules stage all files again.
        on("2031-04-19");
        let changed = lab.deps_with(&[("PII_MODE", "keep")]);
        let again = lab.reads(&changed, LOGS, "accepted").await;
        assert_eq!(again.rows, first.rows);
        // The same bytes sent again are what is staged already, and keep their day.
        lab.put(LOGS, text.clone()).await;
        lab.reads(&changed, LOGS, "unchanged").await;
        let again = lab.reads(&lab.deps(), LOGS, "accepted").await;
        assert_eq!(again.rows, first.rows);
        // Other bytes are another version, read on another day.
        lab.put(LOGS, text + "\n").await;
        let restated = lab.reads(&lab.deps(), LOGS, "accepted").await;
        assert_eq!((restated.rows.staged, restated.rows.refused), (3, 0));
        set_clock(None);
    });
}
