//! A folder that is overwritten as a whole, where events bring its files in and `reconcile` looks
//! at `raw` once an hour.

use lake::failpoint::set_clock;
use movie_analytics::reconcile;

use crate::common::{
    drop::{logs, reviews},
    failpoints::alone,
    lab::{Lab, settle},
};

fn at(time: &str) {
    set_clock(Some(format!("2021-04-20T{time}Z").parse().unwrap()));
}

async fn look(lab: &Lab) -> usize {
    reconcile::run(&lab.deps(), None).await.unwrap().withdrawn
}

#[test]
fn files_that_came_since_the_last_look_replace_those_that_are_gone_from_their_folder() {
    alone(async {
        for kept in [None, Some("movie_review/d=1/kept.csv")] {
            let lab = Lab::new();
            at("10:00:00");
            lab.put("log_reviews/a.csv", logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-19", "TV")]))
                .await;
            let old = reviews(&[(1, "good", 1), (2, "good", 2)]);
            lab.put("movie_review/d=1/old.csv", old).await;
            if let Some(kept) = kept {
                lab.put(kept, reviews(&[(5, "dull", 9)])).await;
            }
            settle(&lab.deps()).await.unwrap();
            at("11:00:00");
            assert_eq!(look(&lab).await, 0);
            // Spark writes the folder anew, and the events of its files are handled.
            at("11:20:00");
            lab.remove("movie_review/d=1/old.csv").await;
            let new = "movie_review/d=1/part-0-1c22.csv";
            lab.put(new, reviews(&[(1, "dull", 1)])).await;
            lab.reads(&lab.deps(), new, "accepted").await;
            at("12:00:00");
            // A file that stays shows that the folder was not overwritten.
            assert_eq!(look(&lab).await, usize::from(kept.is_some()));
            settle(&lab.deps()).await.unwrap();
            match kept {
                None => lab.holds(lab.files().await),
                Some(_) => assert_eq!(lab.facts().len(), 2),
            }
        }
        set_clock(None);
    });
}
