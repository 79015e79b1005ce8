//! Purchases by way of the operational database: what the application and the files do to its
//! table is what counts, once.

use std::sync::LazyLock;

use crate::common::{
    app::{Ran, command},
    drop::{logs, purchases, reviews},
    lab::{Lab, extracted, published, read, reconciled},
    oracle::Oracle,
    place::Place,
    shop::Shop,
};
use lake::SNAPSHOT;
use movie_analytics::{sample::Sample, status};
use object_store::{ObjectStoreExt, path::Path};
use pipeline::Dataset;
use postgres_cluster::Cluster;

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start().unwrap());

const A: &str = "user_purchase/a.csv";
const B: &str = "user_purchase/b.csv";

/// Two customers with reviews.
async fn lab_with_reviews(settings: &[(&str, &str)]) -> Lab {
    let lab = Lab::with(settings);
    lab.put("movie_review/1.csv", reviews(&[(1, "good", 1), (2, "dull", 2)])).await;
    lab.put("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-19", "TV")])).await;
    lab
}

#[test]
fn the_way_through_the_database_comes_to_the_same_as_the_direct_way() {
    let shop = Shop::open(&CLUSTER, "both_ways");
    let (direct, through) = (Place::new(), Place::new());
    let sample = Sample { purchases: 20_000, reviews: 500, dirty: false, ..Sample::default() };
    sample.write(&direct.raw()).unwrap();
    sample.write(&through.raw()).unwrap();
    direct.run();
    let report = through.call_with_database(&shop.url()).ends_with(0).json();
    assert_eq!(report["extract"]["outcome"], "taken");
    let rows = shop.number("count(*)");
    assert_eq!(report["extract"]["rows"], rows);
    assert!(rows >= 20_000);
    assert_eq!(through.facts(), direct.facts());
    assert_eq!(through.spend(), direct.spend());
    through.holds(&direct.oracle());
    // Nothing has changed: nothing is read, staged or published.
    let again = through.call_with_database(&shop.url()).ends_with(0).json();
    assert_eq!(again["extract"]["outcome"], "unchanged");
    assert!(again["publish"].is_null() && again["files"].as_array().unwrap().is_empty());
}

#[test]
fn an_empty_database_stops_no_reviews_and_logs_and_the_first_purchases_file_makes_its_table() {
    let shop = Shop::open(&CLUSTER, "empty");
    let place = Place::new();
    place.drop("movie_review/1.csv", reviews(&[(1, "good", 1)]));
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV")]));
    let (url, table) = (shop.url(), "SELECT to_regclass('user_purchase_schema.user_purchase')");
    // Again, as the next timer.
    for _ in 0..2 {
        let ran = place.call_with(&["run", "--user-purchase-db", &url]).ends_with(0);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("user_purchase is not there yet"), "{said}");
        place.holds(&place.oracle());
        assert_eq!(shop.sql(table), "", "nobody asked for a table");
    }
    place.drop(A, purchases(&[("1", 2, "2.5")]));
    let report = place.call_with_database(&url).ends_with(0).json();
    assert_eq!(report["extract"]["outcome"], "taken");
    place.holds(&place.oracle());
}

#[tokio::test]
async fn what_the_application_changes_changes_the_spend_of_those_customers() {
    let shop = Shop::open(&CLUSTER, "application");
    let lab = lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url())]).await;
    let deps = lab.deps();
    let rows: Vec<(String, i64, &str)> =
        (1..=50).map(|customer| (customer.to_string(), customer, "2.5")).collect();
    let rows: Vec<_> =
        rows.iter().map(|(c, number, price)| (c.as_str(), *number, *price)).collect();
    lab.put(A, purchases(&rows)).await;
    reconciled(&deps).await.unwrap();
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    assert!(published(&deps).await.unwrap());
    lab.holds(lab.files().await);

    let before = lab.spend();
    shop.sql(
        "INSERT INTO user_purchase_schema.user_purchase (quantity, unit_price, customer_id) \
         VALUES (3, 1.005, 99), (NULL, 7, 3), (7, NULL, 3); \
         UPDATE user_purchase_schema.user_purchase SET quantity = -1 WHERE customer_id = 2; \
         DELETE FROM user_purchase_schema.user_purchase WHERE customer_id = 7",
    );
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    assert!(published(&deps).await.unwrap());
    let mut expected = before.clone();
    expected.insert(99, 3_015);
    expected.insert(2, -2_500);
    expected.remove(&7);
    assert_eq!(lab.spend(), expected);
    assert_eq!(lab.spend(), shop.spend());
    let fact = lab.facts().into_iter().find(|(grain, _)| grain.customer == 2).unwrap();
    assert_eq!(fact.1.amount_milli, -2_500, "the facts say the same");
    assert_eq!(extracted(&deps).await.unwrap(), "unchanged");
    assert!(!published(&deps).await.unwrap());
}

#[tokio::test]
async fn the_version_of_a_snapshot_fits_a_column_on_a_busy_server() {
    let shop = Shop::open(&CLUSTER, "busy");
    let lab = lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url())]).await;
    let deps = lab.deps();
    lab.put(A, purchases(&[("1", 2, "2.5")])).await;
    reconciled(&deps).await.unwrap();
    let mut under_way = Vec::new();
    for _ in 0..40 {
        let (client, driver) = connect(&shop).await;
        shop_sql(&client, "BEGIN").await;
        shop_sql(&client, "SELECT txid_current()").await;
        under_way.push((client, driver));
    }
    // One that ends later: the others are under way below the newest that has ended.
    shop.sql("SELECT txid_current()");
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    let newest = deps.lake.receipts().newest(Dataset::UserPurchase, SNAPSHOT).await.unwrap();
    let version = newest.unwrap().etag;
    assert!(version.len() <= 200, "{version}");
    assert_eq!(extracted(&deps).await.unwrap(), "unchanged");
    drop(under_way);
    assert_eq!(extracted(&deps).await.unwrap(), "unchanged");
}

/// Every way in which a table can change, and some in which it does not.
#[tokio::test]
async fn no_change_is_overlooked_and_an_unchanged_table_is_not_read_out() {
    // A transaction of somebody else, under way at the wrong moment, costs a copy too many.
    let alone = Cluster::start().unwrap();
    alone.query("ALTER SYSTEM SET autovacuum = off").unwrap();
    alone.query("SELECT pg_reload_conf()").unwrap();
    let shop = Shop::open(&alone, "changes");
    let lab = lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url())]).await;
    let deps = lab.deps();
    lab.put(A, purchases(&[("1", 2, "2.5"), ("2", 1, "0.001"), ("3", 1, "1")])).await;
    reconciled(&deps).await.unwrap();
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    let table = "user_purchase_schema.user_purchase";
    let (open, _driver) = connect(&shop).await;
    for (statement, outcome) in [
        ("SELECT 1".to_owned(), "unchanged"),
        ("CREATE TABLE other (n int); INSERT INTO other VALUES (1)".to_owned(), "unchanged"),
        (format!("BEGIN; DELETE FROM {table}; ROLLBACK"), "unchanged"),
        (format!("SELECT * FROM {table} FOR UPDATE"), "unchanged"),
        (format!("VACUUM FREEZE {table}"), "unchanged"),
        (format!("DELETE FROM {table} WHERE customer_id = 3"), "taken"),
        // As many rows as before, by one transaction and by two.
        (format!("UPDATE {table} SET quantity = 5 WHERE customer_id = 1"), "taken"),
        (format!("DELETE FROM {table} WHERE customer_id = 2"), "taken"),
        (format!("INSERT INTO {table} (customer_id) VALUES (2)"), "taken"),
        (
            format!("BEGIN; SAVEPOINT a; UPDATE {table} SET quantity = 6; RELEASE a; COMMIT"),
            "taken",
        ),
        (format!("VACUUM FULL {table}"), "unchanged"),
        (format!("TRUNCATE {table}"), "taken"),
        (format!("INSERT INTO {table} (customer_id, quantity) VALUES (1, 1)"), "taken"),
    ] {
        for part in statement.split("; ") {
            shop_sql(&open, part).await;
        }
        assert_eq!(extracted(&deps).await.unwrap(), outcome, "{statement}");
        let written = deps.lake.work().parquet_files_written;
        assert_eq!(extracted(&deps).await.unwrap(), "unchanged", "after {statement}");
        assert_eq!(deps.lake.work().parquet_files_written, written, "after {statement}");
    }
    // What was under way when the snapshot was taken, within a savepoint, is not part of it.
    for part in ["BEGIN", "SAVEPOINT a", &format!("UPDATE {table} SET quantity = 8"), "RELEASE a"] {
        shop_sql(&open, part).await;
    }
    shop.sql(&format!("INSERT INTO {table} (customer_id) VALUES (3)"));
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    shop_sql(&open, "COMMIT").await;
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    assert_eq!(extracted(&deps).await.unwrap(), "unchanged");
    // A marker that is lost costs a look, and no more.
    let marker = Path::from("_published/user_purchase-snapshot.json");
    lab.staging.delete(&marker).await.unwrap();
    assert_eq!(extracted(&lab.deps()).await.unwrap(), "unchanged");
}

async fn connect(shop: &Shop<'_>) -> (tokio_postgres::Client, tokio::task::JoinHandle<()>) {
    let (client, connection) =
        tokio_postgres::connect(&shop.url(), tokio_postgres::NoTls).await.unwrap();
    (client, tokio::spawn(async move { drop(connection.await) }))
}

/// On one connection that stays, unlike what psql does.
async fn shop_sql(client: &tokio_postgres::Client, statement: &str) {
    client.batch_execute(statement).await.unwrap();
}

#[tokio::test]
async fn switched_on_later_it_counts_nothing_twice_and_loses_nothing() {
    let shop = Shop::open(&CLUSTER, "later");
    let lab = lab_with_reviews(&[]).await;
    let direct = lab.deps();
    lab.put(A, purchases(&[("1", 2, "2.5")])).await;
    lab.put(B, purchases(&[("2", 4, "0.5"), ("1", 1, "1")])).await;
    reconciled(&direct).await.unwrap();
    published(&direct).await.unwrap();
    lab.holds(lab.files().await);
    let totals = (lab.facts(), lab.spend());

    let url = shop.url();
    let with = [("USER_PURCHASE_DB", url.as_str())];
    let deps = lab.deps_with(&with);
    // Before each file is in the database, its snapshot would lose some.
    assert_eq!(extracted(&deps).await.unwrap(), "held_back");
    assert_eq!(read(&deps, A).await.unwrap().outcome, "accepted");
    assert_eq!(extracted(&deps).await.unwrap(), "held_back");
    published(&deps).await.unwrap();
    assert_eq!((lab.facts(), lab.spend()), totals, "half way");
    assert!(reconciled(&deps).await.unwrap());
    published(&deps).await.unwrap();
    assert_eq!((lab.facts(), lab.spend()), totals, "loaded, and no snapshot yet");
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    published(&deps).await.unwrap();
    assert_eq!((lab.facts(), lab.spend()), totals, "with the snapshot");
    lab.holds(lab.files().await);
    let live = "SELECT count(*) FROM ops_load_history WHERE live = 1 AND dataset = 'user_purchase'";
    assert_eq!(lab.number(live), 1);
    assert!(!reconciled(&deps).await.unwrap(), "nothing waits");
    let status = status::run(&deps).await;
    let survey =
        status.inventory.datasets.iter().find(|d| d.dataset == Dataset::UserPurchase).unwrap();
    assert!(survey.snapshot_at.is_some() && survey.vanished.is_empty());
    assert_eq!((survey.covered(), survey.waiting.len(), survey.refused.len()), (2, 0, 0));

    // A process that was not told of the database changes nothing that counts.
    lab.put("user_purchase/c.csv", purchases(&[("1", 100, "1")])).await;
    assert_eq!(read(&direct, "user_purchase/c.csv").await.unwrap().outcome, "accepted");
    published(&direct).await.unwrap();
    assert_eq!(lab.spend(), totals.1);
    reconciled(&deps).await.unwrap();
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    published(&deps).await.unwrap();
    lab.holds(lab.files().await);

    // Switched off again: the snapshot is taken out, and files count as they did.
    direct.forget(Dataset::UserPurchase, SNAPSHOT).await.unwrap().unwrap();
    published(&direct).await.unwrap();
    lab.holds(lab.files().await);
    reconciled(&direct).await.unwrap();
    published(&direct).await.unwrap();
    lab.holds(lab.files().await);
}

#[tokio::test]
async fn a_restated_file_replaces_its_rows_but_for_those_that_the_application_changed() {
    let shop = Shop::open(&CLUSTER, "restated");
    let lab = lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url())]).await;
    let deps = lab.deps();
    lab.put(A, purchases(&[("1", 1, "1"), ("2", 2, "1"), ("3", 3, "1")])).await;
    lab.put(B, purchases(&[("4", 4, "1")])).await;
    reconciled(&deps).await.unwrap();
    let sources = "SELECT customer_id, quantity, source_file \
        FROM user_purchase_schema.user_purchase ORDER BY 1, 2";
    let of_a = |rows: &[&str]| rows.join("\n").replace('A', A) + &format!("\n4|4|{B}");
    assert_eq!(shop.sql(sources), of_a(&["1|1|A", "2|2|A", "3|3|A"]));
    // One row is changed, and one is touched only.
    shop.sql(
        "UPDATE user_purchase_schema.user_purchase SET quantity = 20 WHERE customer_id = 2; \
         UPDATE user_purchase_schema.user_purchase SET quantity = 3 WHERE customer_id = 3",
    );
    assert_eq!(shop.sql(sources), of_a(&["1|1|A", "2|20|", "3|3|A"]));
    lab.put(A, purchases(&[("1", 11, "1"), ("2", 22, "1")])).await;
    lab.reads(&deps, A, "accepted").await;
    assert_eq!(shop.sql(sources), of_a(&["1|11|A", "2|20|", "2|22|A"]));
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    published(&deps).await.unwrap();
    assert_eq!(lab.spend(), shop.spend());
    // Taken out, its rows go and the application's stays.
    assert!(deps.forget(Dataset::UserPurchase, A).await.unwrap().is_some());
    assert_eq!(shop.sql(sources), format!("2|20|\n4|4|{B}"));
    assert_eq!(shop.sql("SELECT path FROM user_purchase_schema.load_history"), B);
    lab.reads(&deps, A, "already_done").await;
}

#[tokio::test]
async fn rows_that_do_not_fit_the_columns_are_set_aside() {
    let shop = Shop::open(&CLUSTER, "narrow");
    let lab =
        lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url()), ("MAX_REFUSED_SHARE", "1")]).await;
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
    let long = |n: usize| "\u{e9}".repeat(n);
    let row = |invoice: &str, code: &str, detail: &str, price: &str, customer: &str, land: &str| {
        format!("{invoice},{code},{detail},1,12/1/2010 8:26,{price},{customer},{land}\n")
    };
    let good = row(&long(10), &long(20), &long(1000), "-99999.999", "-2147483648", &long(20));
    let file = [
        format!("{header}\n"),
        good.clone(),
        row(&long(11), "c", "d", "1", "1", "l"),
        row("i", &long(21), "d", "1", "1", "l"),
        row("i", "c", &long(1001), "1", "1", "l"),
        row("i", "c", "d", "1", "1", &long(21)),
        row("i", "c", "d", "100000", "1", "l"),
        row("i", "c", "d", "1", "2147483648", "l"),
    ];
    lab.put(A, file.concat()).await;
    let deps = lab.deps();
    let loaded = lab.reads(&deps, A, "accepted").await;
    let reasons: Vec<(&str, u64)> =
        loaded.rows.refused_by_reason.iter().map(|(reason, rows)| (reason.name(), *rows)).collect();
    assert_eq!(reasons, [("too_long", 4), ("out_of_range", 2)]);
    assert!(loaded.quarantine.is_some());
    let found = shop.sql(
        "SELECT length(invoice_number), length(stock_code), length(detail), length(country), \
         unit_price, customer_id, invoice_date, quantity \
         FROM user_purchase_schema.user_purchase",
    );
    assert_eq!(found, "10|20|1000|20|-99999.999|-2147483648|2010-12-01 08:26:00|1");
    // The direct way is as wide as the data contract.
    let direct = Lab::new();
    direct.put(A, file.concat()).await;
    assert_eq!(direct.reads(&direct.deps(), A, "accepted").await.rows.staged, 7);
}

#[tokio::test]
async fn the_same_content_is_in_the_table_once() {
    let shop = Shop::open(&CLUSTER, "twins");
    let lab = lab_with_reviews(&[("USER_PURCHASE_DB", &shop.url())]).await;
    let (deps, other) = (lab.deps(), lab.deps());
    for path in [A, B] {
        lab.put(path, purchases(&[("1", 2, "2.5")])).await;
    }
    // Two processes at the same moment.
    let (a, b) = tokio::join!(read(&deps, A), read(&other, B));
    let mut outcomes = [a.unwrap(), b.unwrap()].map(|file| (file.outcome, file.reason));
    outcomes.sort_by_key(|(outcome, _)| *outcome);
    assert_eq!(outcomes[0], ("accepted", None));
    assert_eq!(outcomes[1], ("rejected", Some(pipeline::FileReason::SameContent)));
    assert_eq!(shop.number("count(*)"), 1);
    // Once the one that counts is another, the other is found.
    let loaded = shop.sql("SELECT path FROM user_purchase_schema.load_history WHERE etag > ''");
    lab.put(&loaded, purchases(&[("1", 3, "2.5")])).await;
    reconciled(&deps).await.unwrap();
    reconciled(&deps).await.unwrap();
    assert_eq!(shop.number("sum(quantity)"), 5);
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    published(&deps).await.unwrap();
    lab.holds(lab.files().await);
}

#[test]
fn a_database_that_does_not_let_us_in_is_a_matter_of_settings() {
    let place = Place::new();
    place.drop(A, purchases(&[("1", 2, "2.5")]));
    CLUSTER.query("CREATE ROLE stranger LOGIN PASSWORD 'right'").unwrap();
    let of =
        |password: &str| format!("postgres://stranger:{password}@{}/postgres", CLUSTER.address());
    let ran = place.call_with_database(&of("secret")).ends_with(2);
    ran.says("the database postgres on 127.0.0.1");
    ran.says("refused the login (28P01): check user and password");
    assert_eq!(ran.stderr.matches("28P01").count(), 1, "told once: {ran:?}");
    assert!(!ran.stderr.contains("secret"));
    place.call_with_database(&of("right")).ends_with(2).says("this login may not create it");
    place
        .call_with_database("postgres://u@h")
        .ends_with(2)
        .says("USER_PURCHASE_DB: the URL names no user or no");
    assert!(!place.has_facts());
}

#[tokio::test]
async fn another_database_gets_the_files_before_its_table_counts() {
    let (old, new) = (Shop::open(&CLUSTER, "old_shop"), Shop::open(&CLUSTER, "new_shop"));
    let lab = lab_with_reviews(&[]).await;
    lab.put(A, purchases(&[("1", 2, "2.5")])).await;
    for shop in [&old, &new] {
        let deps = lab.deps_with(&[("USER_PURCHASE_DB", &shop.url())]);
        if shop.sql("SELECT current_database()") == "new_shop" {
            assert_eq!(extracted(&deps).await.unwrap(), "held_back");
        }
        reconciled(&deps).await.unwrap();
        assert_eq!(extracted(&deps).await.unwrap(), "taken");
        published(&deps).await.unwrap();
        lab.holds(lab.files().await);
    }
    // The lake is made anew, the table is not: nothing is loaded again.
    let anew = lab_with_reviews(&[("USER_PURCHASE_DB", &new.url())]).await;
    for (path, content) in lab.files().await {
        anew.put(&path, content).await;
    }
    let xmin = new.number("xmin");
    let deps = anew.deps();
    reconciled(&deps).await.unwrap();
    assert_eq!(extracted(&deps).await.unwrap(), "taken");
    published(&deps).await.unwrap();
    assert_eq!(anew.spend(), Oracle::of_contents(anew.files().await).spend);
    assert_eq!((new.number("xmin"), new.number("count(*)")), (xmin, 1));
}

#[test]
fn an_erased_customer_leaves_the_table_and_the_snapshot_and_the_application_brings_nobody_back() {
    let shop = Shop::open(&CLUSTER, "erased");
    let place = Place::new();
    place.drop("movie_review/1.csv", reviews(&[(1, "good", 1), (2, "good", 2)]));
    place.drop("log_reviews/1.csv", logs(&[(1, "2021-04-19", "TV"), (2, "2021-04-19", "TV")]));
    place.drop(A, purchases(&[("1", 2, "2.5"), ("2", 1, "0.5")]));
    let key = ("PII_KEY", "5e".repeat(32));
    let (lake, warehouse, url) = (place.lake_option(), place.warehouse_option(), shop.url());
    let call = |words: &[&str]| {
        let places = ["--lake", &lake, "--warehouse", &warehouse, "--json"];
        let mut command = command(place.folder(), &[words, &places].concat());
        let ran = command.envs([(key.0, &*key.1), ("USER_PURCHASE_DB", &*url)]).output().unwrap();
        Ran::from(ran).ends_with(0).json()
    };
    call(&["run"]);
    let own = "INSERT INTO user_purchase_schema.user_purchase
        SELECT invoice_number, stock_code, detail, 5, invoice_date, unit_price, customer_id, country
        FROM user_purchase_schema.user_purchase";
    shop.sql(own);
    let report = call(&["erase", "--customer", "1"]);
    assert_eq!(
        (&report["erased"]["table_rows"], &report["extract"]["outcome"]),
        (&2.into(), &"taken".into())
    );
    assert_eq!(shop.number("count(*)"), 2);
    assert_eq!(place.spend(), shop.spend());
    assert!(place.facts().keys().all(|grain| grain.customer == 2));
    // The application writes them again, and a vendor, too.
    shop.sql(&format!(
        "{own}; UPDATE user_purchase_schema.user_purchase SET customer_id = 1 WHERE quantity = 5"
    ));
    place.drop(B, purchases(&[("1", 3, "2.5"), ("2", 3, "0.5")]));
    call(&["run"]);
    assert!(place.spend().keys().eq([&2]), "{:?}", place.spend());
    assert_eq!(call(&["run"])["extract"]["outcome"], "unchanged");
}
