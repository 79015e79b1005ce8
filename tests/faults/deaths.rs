//! A version that kills the process: who tries it again, when, and how often.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use chrono::{DateTime, TimeDelta, Utc};
use lake::failpoint::set_clock;
use movie_analytics::{ingest::Order, reconcile, replay, status, survey::Failure};

use crate::common::{
    away::Away,
    deliveries::{Held, deliver, delivery, order},
    drop::{logs, reviews},
    failpoints::alone,
    lab::{Lab, published, read, settle},
};

const REVIEWS: &str = "movie_review/1.csv";

/// The lab of a file that kills, and its time.
struct Killer {
    lab: Lab,
    now: DateTime<Utc>,
}

impl Killer {
    async fn new() -> Self {
        let lab = Lab::new();
        lab.put("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV")])).await;
        settle(&lab.deps()).await.unwrap();
        lab.put(REVIEWS, reviews(&[(1, "good", 1)])).await;
        let killer = Self { lab, now: "2031-05-01T10:00:00Z".parse().unwrap() };
        set_clock(Some(killer.now));
        killer
    }

    fn wait(&mut self, pause: TimeDelta) {
        self.now += pause;
        set_clock(Some(self.now));
    }

    /// A message whose deliveries die until the version is given up.
    async fn kill(&self, message: &str, order: &Order) {
        for number in 1..=4 {
            let delivery = delivery(message, number);
            Held::start(self.lab.deps(), order.clone(), delivery).await.die();
        }
        let told = deliver(&self.lab.deps(), order.clone(), delivery(message, 5)).await.unwrap();
        assert_eq!(told.outcome, "failed");
    }

    /// What reconcile tries now.
    async fn due(&self) -> Option<Order> {
        let found = reconcile::run(&self.lab.deps(), None).await.unwrap();
        let mut orders = found.orders.into_iter().map(|(_, order)| order);
        let due = orders.next();
        assert_eq!(orders.next(), None);
        due
    }

    /// The failure that status names.
    async fn failure(&self) -> Option<Failure> {
        let status = status::run(&self.lab.deps()).await;
        let mut refused = status.inventory.datasets.into_iter().flat_map(|files| files.refused);
        refused.find(|file| file.path == REVIEWS)?.failure
    }
}

const PAUSES: [TimeDelta; 3] = [TimeDelta::hours(1), TimeDelta::hours(6), TimeDelta::hours(24)];

#[test]
fn reconcile_tries_a_version_that_kills_after_1_6_and_24_hours_and_leaves_it_to_replay_then() {
    alone(async {
        let mut killer = Killer::new().await;
        killer.kill("event", &order(REVIEWS)).await;
        for (round, pause) in (1..).zip(PAUSES) {
            let failure = killer.failure().await.unwrap();
            let at = (killer.now + pause).format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!((failure.times, failure.retry_at.as_ref()), (round, Some(&at)));
            let text = failure.to_string();
            assert!(text.ends_with(&format!("; reconcile tries it again after {at}")), "{text}");
            killer.wait(pause - TimeDelta::seconds(1));
            assert_eq!(killer.due().await, None, "too early");
            killer.wait(TimeDelta::seconds(1));
            let due = killer.due().await.expect("the version is due");
            assert_eq!(due.path, REVIEWS);
            killer.kill(&format!("round {round}"), &due).await;
        }
        killer.wait(TimeDelta::days(365));
        assert_eq!(killer.due().await, None, "a fourth time");
        let failure = killer.failure().await.unwrap();
        assert_eq!((failure.times, &failure.retry_at), (4, &None));
        let text = "reading it killed the process, in 4 messages; fix the cause, then run `replay \
                    --failed`";
        assert_eq!(failure.to_string(), text);
        // The operator does, and this time all is well.
        let deps = killer.lab.deps();
        let failed = replay::Request { failed: true, ..Default::default() };
        let orders = replay::run(&deps, failed).await.unwrap().orders;
        for (_, again) in orders {
            let told = deliver(&deps, again, delivery("replay", 1)).await.unwrap();
            assert_eq!(told.outcome, "accepted");
        }
        assert!(killer.failure().await.is_none());
        published(&deps).await.unwrap();
        killer.lab.holds(killer.lab.files().await);
    });
}

#[test]
fn a_success_in_any_round_ends_the_failure() {
    alone(async {
        for (rounds, last) in PAUSES.into_iter().enumerate() {
            let mut killer = Killer::new().await;
            killer.kill("event", &order(REVIEWS)).await;
            for (round, pause) in PAUSES.iter().take(rounds).enumerate() {
                killer.wait(*pause);
                let due = killer.due().await.expect("the version is due");
                killer.kill(&format!("round {round}"), &due).await;
            }
            killer.wait(last);
            let (deps, due) = (killer.lab.deps(), killer.due().await.expect("the version is due"));
            let told = deliver(&deps, due, delivery("good", 1)).await.unwrap();
            assert_eq!(told.outcome, "accepted");
            assert!(killer.failure().await.is_none());
            killer.wait(TimeDelta::days(365));
            assert_eq!(killer.due().await, None);
            published(&deps).await.unwrap();
            killer.lab.holds(killer.lab.files().await);
        }
    });
}

#[test]
fn finished_work_counts_though_its_version_was_given_up_meanwhile() {
    alone(async {
        let mut killer = Killer::new().await;
        let slow = Held::start(killer.lab.deps(), order(REVIEWS), delivery("slow", 1)).await;
        killer.kill("event", &order(REVIEWS)).await;
        assert_eq!(slow.finish().await.outcome, "accepted");
        assert!(killer.failure().await.is_none());
        killer.wait(TimeDelta::days(365));
        assert_eq!(killer.due().await, None);
        published(&killer.lab.deps()).await.unwrap();
        killer.lab.holds(killer.lab.files().await);
    });
}

#[test]
fn a_start_marker_costs_three_requests_and_a_first_delivery_none() {
    alone(async {
        let mut lab = Lab::new();
        let requests = Away::before(&mut lab.staging, &Arc::default());
        let deps = lab.deps();
        let mut costs = Vec::new();
        // The first file pays for what a process looks at once; two come without any message.
        for (file, number) in [(0, None), (1, None), (2, Some(1)), (3, Some(2)), (4, Some(5))] {
            let path = format!("movie_review/{file}.csv");
            lab.put(&path, reviews(&[(1, "good", file)])).await;
            requests.store(0, Relaxed);
            let told = match number {
                Some(number) => deliver(&deps, order(&path), delivery(&path, number)).await,
                None => read(&deps, &path).await,
            };
            assert_eq!(told.unwrap().outcome, "accepted");
            costs.push(requests.load(Relaxed));
        }
        let [_, plain, ref deliveries @ ..] = costs[..] else { panic!("{costs:?}") };
        assert_eq!(deliveries, [plain, plain + 3, plain + 3], "{costs:?}");
    });
}
