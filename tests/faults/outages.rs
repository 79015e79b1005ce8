//! Dependencies that are away for a while, and work that takes long: every file counts without an
//! operator.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use lake::{
    State,
    failpoint::{Action, arm, disarm, set_clock},
};
use movie_analytics::{deps::Deps, events::acknowledge, ingest::Order, reconcile};
use pipeline::Dataset;
use postgres_cluster::Cluster;
use purchase_db::Timing;

use crate::common::{
    away::Away,
    deliveries::{Held, deliver, delivery, order},
    drop::{logs, purchases, reviews},
    failpoints::alone,
    lab::{Lab, extracted, published, reconciled, settle},
    shop::Shop,
};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start().unwrap());

const REVIEWS: &str = "movie_review/1.csv";
const LOGS: &str = "log_reviews/1.csv";
const PURCHASES: &str = "user_purchase/1.csv";

/// A process that does not wait long for an operational database that is away.
fn impatient(lab: &Lab) -> Deps {
    let unreachable = Duration::from_millis(50);
    lab.deps().with_purchase_db_timing(Timing { unreachable, ..Timing::default() })
}

/// A lab with a file of reviews and its logs, the latter staged.
async fn lab() -> Lab {
    let lab = Lab::new();
    lab.put(LOGS, logs(&[(1, "2021-04-19", "TV")])).await;
    settle(&lab.deps()).await.unwrap();
    lab.put(REVIEWS, reviews(&[(1, "good", 1)])).await;
    lab
}

#[test]
fn slow_work_outlives_a_message_of_the_same_file_that_fails_five_times() {
    alone(async {
        let lab = lab().await;
        let slow = Held::start(lab.deps(), order(REVIEWS), delivery("slow", 1)).await;
        for number in 1..=5 {
            arm("stream:before", 0, Action::Fail);
            let told = deliver(&lab.deps(), order(REVIEWS), delivery("duplicate", number)).await;
            told.expect_err("an error, and no word of a failed version");
        }
        let slow = slow.finish().await;
        assert_eq!((slow.outcome, slow.rows.staged), ("accepted", 1));
        let other = lab.deps();
        assert!(!reconciled(&other).await.unwrap(), "nothing is left to read");
        published(&other).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn a_long_load_is_loaded_once_while_duplicates_reconcile_and_its_redelivery_come() {
    alone(async {
        let shop = Shop::open(&CLUSTER, "long_load");
        let lab = Lab::with(&[("USER_PURCHASE_DB", &shop.url())]);
        lab.put(PURCHASES, purchases(&[("1", 2, "2.5"), ("2", 1, "1")])).await;
        let slow = Held::start(lab.deps(), order(PURCHASES), delivery("slow", 1)).await;
        let other = lab.deps();
        let due = reconcile::run(&other, None).await.unwrap().orders;
        let [(_, due)] = &due[..] else {
            panic!("the file waits, as far as receipts say: {due:?}")
        };
        for (what, due, delivery) in [
            ("a duplicate", order(PURCHASES), delivery("duplicate", 1)),
            ("its last delivery", order(PURCHASES), delivery("duplicate", 5)),
            ("the request of reconcile", due.clone(), delivery("request", 1)),
            ("its own redelivery", order(PURCHASES), delivery("slow", 2)),
        ] {
            let told =
                tokio::time::timeout(Duration::from_secs(20), deliver(&other, due, delivery));
            let told = told.await.unwrap_or_else(|_| panic!("{what} waits")).unwrap();
            assert_eq!(told.outcome, "under_way", "{what}");
        }
        let slow = slow.finish().await;
        assert_eq!((slow.outcome, slow.rows.staged), ("accepted", 2));
        assert_eq!(shop.number("count(*)"), 2);
        assert!(!reconciled(&other).await.unwrap(), "nothing is left to read");
        assert_eq!(extracted(&other).await.unwrap(), "taken");
        published(&other).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn a_message_that_fails_five_times_for_a_passing_reason_strands_no_file() {
    alone(async {
        let lab = lab().await;
        for number in 1..=5 {
            arm("stream:before", 0, Action::Fail);
            deliver(&lab.deps(), order(REVIEWS), delivery("m", number)).await.unwrap_err();
        }
        disarm();
        let deps = lab.deps();
        assert!(reconciled(&deps).await.unwrap(), "reconcile takes the file up");
        published(&deps).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn an_outage_of_the_operational_database_strands_no_file() {
    alone(async {
        let mut cluster = Cluster::start().unwrap();
        let lab = Lab::with(&[("USER_PURCHASE_DB", &cluster.url("postgres"))]);
        let deps = impatient(&lab);
        lab.put(PURCHASES, purchases(&[("1", 2, "2.5")])).await;
        cluster.kill();
        for number in 1..=5 {
            let told = deliver(&impatient(&lab), order(PURCHASES), delivery("m", number)).await;
            let error = told.expect_err("the server is away");
            let error: &lake::Error = error.downcast_ref().unwrap();
            assert!(error.is_transient(), "{error}");
        }
        cluster.restart().unwrap();
        assert!(reconciled(&deps).await.unwrap(), "reconcile takes the file up");
        assert_eq!(extracted(&deps).await.unwrap(), "taken");
        published(&deps).await.unwrap();
        lab.holds(lab.files().await);
    });
}

/// A message in a queue of the host: delivered up to five times, a minute after each failure.
struct Message {
    id: u32,
    order: Order,
    deliveries: u32,
    visible_at: i64,
}

/// The app with its queues and timers, minute by minute.
struct App {
    lab: Lab,
    began: DateTime<Utc>,
    /// Instances. Each delivery of a message comes to another one.
    processes: [Deps; 5],
    queue: Vec<Message>,
    poison: Vec<Order>,
    messages: u32,
}

impl App {
    fn new(lab: Lab) -> Self {
        let processes = std::array::from_fn(|_| impatient(&lab));
        let (queue, poison) = Default::default();
        Self { lab, began: Utc::now(), processes, queue, poison, messages: 0 }
    }

    fn send(&mut self, order: Order, minute: i64) {
        self.messages += 1;
        self.queue.push(Message { id: self.messages, order, deliveries: 0, visible_at: minute });
    }

    async fn drop(&mut self, path: &str, content: String, minute: i64) {
        self.lab.put(path, content).await;
        self.send(order(path), minute);
    }

    /// Whatever fails, fails: the next minute, or the next hour, comes by itself.
    async fn pass(&mut self, minute: i64) {
        set_clock(Some(self.began + TimeDelta::minutes(minute)));
        let (due, later): (Vec<_>, Vec<_>) =
            self.queue.drain(..).partition(|message| message.visible_at <= minute);
        self.queue = later;
        let work = due.iter().map(|message| {
            let deps = &self.processes[(message.id + message.deliveries) as usize % 5];
            let delivery = delivery(&message.id.to_string(), message.deliveries + 1);
            deliver(deps, message.order.clone(), delivery)
        });
        let told = join_all(work).await;
        for (mut message, told) in due.into_iter().zip(told) {
            message.deliveries += 1;
            if told.and_then(|told| acknowledge(&told, message.deliveries)).is_ok() {
                continue;
            }
            match message.deliveries {
                5 => self.poison.push(message.order),
                _ => self.queue.push(Message { visible_at: minute + 1, ..message }),
            }
        }
        let deps = &self.processes[0];
        let is_hour = minute % 60 == 30;
        if is_hour {
            let old = lake::now() - TimeDelta::minutes(10);
            let found = reconcile::run(deps, Some(old)).await.unwrap_or_default();
            found.orders.into_iter().for_each(|(_, order)| self.send(order, minute + 1));
            let _ = extracted(&self.processes[1]).await;
        }
        if minute % 5 == 0 {
            let _ = published(&self.processes[0]).await;
        }
    }
}

/// A file of each kind, in turn; all differ.
fn file(n: i64) -> (String, String) {
    let day = format!("2021-04-{:02}", 1 + n);
    match n % 4 {
        0 => {
            (format!("movie_review/{n}.csv"), reviews(&[(n % 3, "good", n), (n, "dull", 100 + n)]))
        }
        1 => (format!("log_reviews/{n}.csv"), logs(&[(n - 1, &day, "TV"), (n + 99, &day, "TV")])),
        _ => (format!("user_purchase/{n}.csv"), purchases(&[("0", n, "1.25"), ("4", 1, "2")])),
    }
}

#[test]
fn after_outages_of_database_and_storage_all_facts_are_right_without_an_operator() {
    alone(async {
        let mut cluster = Cluster::start().unwrap();
        let url = cluster.url("postgres");
        let mut lab = Lab::with(&[("USER_PURCHASE_DB", &url)]);
        let is_away = Arc::new(AtomicBool::new(false));
        for store in [&mut lab.raw, &mut lab.staging, &mut lab.quarantine] {
            Away::before(store, &is_away);
        }
        let mut app = App::new(lab);
        for minute in 0..=215 {
            match minute {
                5 => cluster.kill(),
                35 => cluster.restart().unwrap(),
                85 => is_away.store(true, Relaxed),
                95 => is_away.store(false, Relaxed),
                _ => {}
            }
            // Most while the database is away, the others a moment before the storage is.
            let files = match minute {
                4 => 0..2,
                6 => 2..8,
                12 => 8..12,
                84 => 12..20,
                _ => 0..0,
            };
            for (path, content) in files.map(file) {
                let due = if minute == 84 { 85 } else { minute };
                app.drop(&path, content, due).await;
            }
            app.pass(minute).await;
        }
        app.lab.holds(app.lab.files().await);
        assert!(app.queue.is_empty(), "all messages have come to an end");
        let receipts = app.processes[0].lake.receipts();
        let mut accepted = Vec::new();
        for dataset in Dataset::ALL {
            for (path, newest) in receipts.list(dataset).await.unwrap().newest {
                let newest = receipts.get(dataset, &path, newest).await.unwrap();
                let is_good = matches!(newest.state, State::Accepted | State::Loaded);
                assert!(is_good && (newest.number == 1 || path == lake::SNAPSHOT), "{newest:?}");
                accepted.push(path);
            }
        }
        assert!(app.poison.len() >= 10, "the outages outlast messages: {:?}", app.poison);
        for Order { path, .. } in &app.poison {
            assert!(accepted.contains(path), "{path} has no receipt, and its message is given up");
        }
    });
}
