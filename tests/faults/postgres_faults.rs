//! The database's server, or our process, dies at any moment: the next run is right, and nothing
//! is doubled.

use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::common::{
    app::command,
    drop::{logs, purchases, reviews},
    failpoints::{alone, meanwhile},
    lab::{Lab, extracted, published, read, reconciled},
    place::Place,
    shop::Shop,
};
use lake::failpoint::{Action, arm};
use movie_analytics::{
    extract_user_purchase,
    ingest::{Input, ingest},
};
use pipeline::Dataset;
use postgres_cluster::Cluster;

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start().unwrap());

const A: &str = "user_purchase/a.csv";

#[test]
fn our_process_dies_at_any_step() {
    for (n, at) in ["table:before", "table:after", "receipt:before", "receipt:after"]
        .into_iter()
        .chain(["snapshot:before", "staged:before"])
        .enumerate()
    {
        let shop = Shop::open(&CLUSTER, &format!("dies_{n}"));
        let place = Place::new();
        place.drop("movie_review/1.csv", reviews(&[(1, "good", 1)]));
        place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV")]));
        // What the step is of may be reviews and logs, too: they are done before.
        place.call_with_database(&shop.url());
        for quantity in [2, 3] {
            place.drop(A, purchases(&[("1", quantity, "2.5"), ("4", 1, "0.001")]) + "x\n");
            let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
            let args = ["run", "--lake", &lake, "--warehouse", &warehouse];
            let url = shop.url();
            let ran = command(place.folder(), &args)
                .env("USER_PURCHASE_DB", &url)
                .env("ABORT_AT", at)
                .output()
                .unwrap();
            assert_eq!(ran.status.code(), None, "{at} was not come to");
            place.call_with_database(&url).ends_with(0);
            assert_eq!(shop.number("count(*)"), 2, "after {at}");
            place.holds(&place.oracle());
            let again = place.call_with_database(&url).ends_with(0).json();
            assert!(again["publish"].is_null(), "after {at}");
        }
    }
}

/// A file that takes long enough to be killed within.
fn large(first: i64) -> String {
    let rows: Vec<(String, i64)> =
        (first..first + 60_000).map(|n| ((n % 500).to_string(), n % 7)).collect();
    let rows: Vec<_> = rows.iter().map(|(c, quantity)| (c.as_str(), *quantity, "1.25")).collect();
    purchases(&rows)
}

#[test]
fn the_server_is_killed_in_the_middle_of_a_load_and_of_an_extract() {
    alone(async {
        let cluster = Arc::new(Mutex::new(Cluster::start().unwrap()));
        let locked = || cluster.lock().unwrap();
        let url = locked().url("postgres");
        let lab = Lab::with(&[("USER_PURCHASE_DB", &url)]);
        lab.put(A, large(0)).await;
        let deps = lab.deps();
        let table = "SELECT count(*) FROM user_purchase_schema.user_purchase";
        // The first version meets no table, the second one has rows to replace.
        for version in [0, 1_000] {
            lab.put(A, large(version)).await;
            let (killed, server) = (Arc::new(AtomicBool::new(false)), cluster.clone());
            let seen = killed.clone();
            let kill = move |progress: lake::Progress| {
                if progress.done > progress.total / 2 && !seen.swap(true, Relaxed) {
                    server.lock().unwrap().kill();
                }
            };
            let input =
                Input { path: A.to_owned(), progress: Some(Arc::new(kill)), ..Input::default() };
            let error = ingest(&deps, Dataset::UserPurchase, input).await.unwrap_err();
            assert!(killed.load(Relaxed), "{error:#}");
            let error: &lake::Error = error.downcast_ref().unwrap();
            assert!(error.is_transient(), "{error}");
            locked().restart().unwrap();
            let rows: u64 = locked().query(table).unwrap_or("0".to_owned()).parse().unwrap();
            assert_eq!(rows, if version == 0 { 0 } else { 60_000 }, "all or nothing");
            assert_eq!(read(&deps, A).await.unwrap().outcome, "accepted");
            assert_eq!(locked().query(table).unwrap(), "60000");

            let server = cluster.clone();
            let once = AtomicBool::new(false);
            let kill = move |rows: u64| {
                if rows > 10_000 && !once.swap(true, Relaxed) {
                    server.lock().unwrap().kill();
                }
            };
            let broken = extract_user_purchase::run(&deps, Some(Arc::new(kill))).await;
            let error = broken.expect_err("the server was killed");
            let error: &purchase_db::Error = error.downcast_ref().unwrap();
            assert!(error.is_transient(), "{error}");
            locked().restart().unwrap();
            assert_eq!(extracted(&deps).await.unwrap(), "taken");
            assert!(published(&deps).await.unwrap());
            lab.holds(lab.files().await);
            assert_eq!(extracted(&deps).await.unwrap(), "unchanged");
        }
    });
}

#[test]
fn one_process_of_the_server_is_killed_while_it_commits() {
    alone(async {
        // Its other processes are ended by the server itself.
        let cluster = Arc::new(Cluster::start().unwrap());
        let shop = Shop::open(&cluster, "backend");
        let lab = Lab::with(&[("USER_PURCHASE_DB", &shop.url())]);
        let deps = lab.deps();
        lab.put(A, purchases(&[("1", 2, "2.5")])).await;
        let server = cluster.clone();
        arm("table:before", 0, Action::Call(Box::new(move || kill_backend(&server))));
        let error = read(&deps, A).await.unwrap_err();
        let error: &lake::Error = error.downcast_ref().unwrap();
        assert!(error.is_transient(), "{error}");
        reconciled(&deps).await.unwrap();
        assert_eq!(shop.number("sum(quantity)"), 2);
        assert_eq!(extracted(&deps).await.unwrap(), "taken");
        published(&deps).await.unwrap();
        lab.holds(lab.files().await);
    });
}

/// The one whose transaction waits for our next word.
fn kill_backend(cluster: &Cluster) {
    let pid = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' \
               OR state = 'idle in transaction'";
    let pid = cluster.query(pid).unwrap();
    cluster.kill_backend(pid.lines().next().unwrap().parse().unwrap());
    // It recovers, and takes connections again.
    while cluster.query("SELECT 1").is_err() {}
}

#[test]
fn a_newer_version_that_another_process_loaded_meanwhile_stays() {
    alone(async {
        let shop = Shop::open(&CLUSTER, "newer");
        let lab = Arc::new(Lab::with(&[("USER_PURCHASE_DB", &shop.url())]));
        let (slow, fast) = (lab.deps(), lab.deps());
        lab.put(A, purchases(&[("1", 1, "1")])).await;
        let other = lab.clone();
        meanwhile("head:after", async move {
            other.put(A, purchases(&[("1", 22, "1")])).await;
            assert_eq!(read(&fast, A).await.unwrap().outcome, "accepted");
        });
        assert_eq!(read(&slow, A).await.unwrap().outcome, "already_done");
        assert_eq!(shop.number("sum(quantity)"), 22);
        assert_eq!(shop.number("count(*)"), 1);
    });
}

#[test]
fn a_receipt_that_a_crash_has_kept_from_the_log_is_made_up_for() {
    alone(async {
        let shop = Shop::open(&CLUSTER, "made_up");
        let lab = Lab::with(&[("USER_PURCHASE_DB", &shop.url())]);
        let deps = lab.deps();
        lab.put(A, purchases(&[("1", 1, "1")]) + "x\n").await;
        arm("table:after", 0, Action::Fail);
        read(&deps, A).await.unwrap_err();
        let xmin = shop.number("xmin");
        // Delivered again: the rows stay as they are.
        let done = read(&deps, A).await.unwrap();
        assert_eq!((done.outcome, done.rows.staged, done.rows.refused), ("already_done", 1, 1));
        assert_eq!(shop.number("xmin"), xmin);
        // Restated before it is delivered again.
        lab.put(A, purchases(&[("1", 2, "1"), ("2", 2, "1")])).await;
        arm("table:after", 0, Action::Fail);
        read(&deps, A).await.unwrap_err();
        lab.put(A, purchases(&[("1", 33, "1")])).await;
        assert_eq!(read(&deps, A).await.unwrap().outcome, "accepted");
        assert_eq!(shop.number("sum(quantity)"), 33);
        assert_eq!(extracted(&deps).await.unwrap(), "taken");
        published(&deps).await.unwrap();
        lab.holds(lab.files().await);
    });
}

#[test]
fn a_path_that_is_forgotten_while_its_next_version_is_loaded_has_that_version() {
    for (n, place) in ["table:before", "table:after"].into_iter().enumerate() {
        alone(async {
            let shop = Shop::open(&CLUSTER, &format!("forgotten_{n}"));
            let lab = Lab::with(&[("USER_PURCHASE_DB", &shop.url())]);
            let (loader, operator) = (lab.deps(), lab.deps());
            lab.put(A, purchases(&[("1", 1, "1")])).await;
            read(&loader, A).await.unwrap();
            lab.put(A, purchases(&[("1", 22, "1")])).await;
            // Before its commit, the operator waits for the load, and the load for nobody.
            let (done, forgotten) = std::sync::mpsc::channel();
            let forget = move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let outcome = runtime.block_on(operator.forget(Dataset::UserPurchase, A));
                done.send(outcome.unwrap().is_some()).unwrap();
            };
            // Its receipt comes before that of the load; only then the table lets it wait.
            let lake = lab.deps().lake;
            let excluded = async move {
                let is_excluded = |receipt: lake::Receipt| receipt.state == lake::State::Forgotten;
                let newest = async || lake.receipts().newest(Dataset::UserPurchase, A).await;
                while !newest().await.unwrap().is_some_and(is_excluded) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            let call = move || {
                let forgetting = std::thread::spawn(forget);
                if place == "table:after" {
                    forgetting.join().unwrap();
                } else {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    std::thread::spawn(move || runtime.block_on(excluded)).join().unwrap();
                }
            };
            arm(place, 0, Action::Call(Box::new(call)));
            read(&loader, A).await.unwrap();
            assert!(forgotten.recv().unwrap());
            // The log and the table say the same.
            reconciled(&loader).await.unwrap();
            assert_eq!(shop.number("sum(quantity)"), 22, "{place}");
            let newest = loader.lake.receipts().newest(Dataset::UserPurchase, A).await.unwrap();
            let attempt = newest.filter(|r| r.state == lake::State::Loaded).unwrap().attempt;
            let kept = "SELECT attempt FROM user_purchase_schema.load_history";
            assert_eq!(shop.sql(kept), attempt, "{place}");
            assert!(loader.forget(Dataset::UserPurchase, A).await.unwrap().is_some());
            assert_eq!((shop.number("count(*)"), shop.sql(kept).as_str()), (0, ""));
        });
    }
}
