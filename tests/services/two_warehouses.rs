//! One lake, two warehouses: both hold the same, row by row. The second one is SQLite here, and
//! SQL Server in `cargo xtask test --stage tsql-live`.

use std::{collections::BTreeSet, path::Path};

use movie_analytics::{deps::Deps, sample::Sample, settings::Settings};
use warehouse::{
    Summary,
    conformance::{Connected, Inspect},
    sqlite::Sqlite,
};

use crate::common::{
    lab::{published, settle},
    place::Place,
};

/// A warehouse beside SQLite: what settings call it, and a way to connect.
struct Second<F> {
    setting: String,
    connect: F,
}

fn deps(place: &Place, warehouse: &str) -> Deps {
    let settings = Settings::read(|name| match name {
        "LAKE" => Some(place.lake_option()),
        "WAREHOUSE" => Some(warehouse.to_owned()),
        // A day of another sample may be much smaller.
        "MAX_DAY_SHRINK" => Some("1".to_owned()),
        _ => None,
    });
    Deps::new(settings.unwrap()).unwrap()
}

/// Publishes a sample into both, and then what replaces two of its files.
async fn come_to_the_same<F: Fn() -> Connected>(sample: Sample, second: Second<F>) {
    let place = Place::new();
    let paths = sample.write(&place.raw()).unwrap();
    let first = deps(&place, &place.warehouse_option());
    settle(&first).await.unwrap();
    let other = deps(&place, &second.setting).with_warehouse((second.connect)());
    assert!(published(&other).await.unwrap());
    let facts = assert_same(&place.warehouse(), (second.connect)()).await;
    assert!(facts > 0, "there is something to compare");

    // Logs of one day, and all purchases.
    let changed = tempfile::tempdir().unwrap();
    Sample { seed: 7, ..sample }.write(changed.path()).unwrap();
    let logs = paths.iter().find(|path| path.starts_with("log_reviews/")).unwrap();
    let replaced = [logs.clone(), paths.last().unwrap().clone()];
    place.drop_from(changed.path(), &replaced);
    settle(&first).await.unwrap();
    assert!(published(&other).await.unwrap(), "the day is published there, too");
    assert_same(&place.warehouse(), (second.connect)()).await;
    assert!(!published(&other).await.unwrap(), "nothing is left to publish");
}

/// Everything that both hold, but when and in which publish; returns how many facts there are.
async fn assert_same(file: &Path, mut second: Connected) -> usize {
    let first = everything(&mut Sqlite::new(file)).await;
    let other = everything(&mut *second).await;
    for ((what, expected), (_, found)) in first.iter().zip(&other) {
        let lacks: Vec<_> = expected.difference(found).take(3).collect();
        let has: Vec<_> = found.difference(expected).take(3).collect();
        assert!(lacks.is_empty() && has.is_empty(), "{what} lacks {lacks:#?} and has {has:#?}");
    }
    first[0].1.len()
}

type Rows = BTreeSet<String>;

async fn everything(warehouse: &mut dyn Inspect) -> [(&'static str, Rows); 8] {
    fn rows<T: std::fmt::Debug>(rows: Vec<T>) -> Rows {
        let count = rows.len();
        let rows: Rows = rows.into_iter().map(|row| format!("{row:?}")).collect();
        assert_eq!(rows.len(), count, "no row stands twice");
        rows
    }
    let mut facts = warehouse.facts().await.unwrap();
    facts.iter_mut().for_each(|fact| fact.inserted_at.clear());
    // Each warehouse gives keys of its own.
    let members = warehouse.members().await.unwrap().into_iter();
    let members = members.map(|(dimension, key, text)| (dimension, key == 0, text)).collect();
    let counts = warehouse.day_counts(None).await.unwrap();
    let summary = warehouse.summary().await.unwrap();
    // How long files took depends on when each has published.
    let (publishes, latency) = Default::default();
    let summary = Summary { publish_id: 0, published_at: None, publishes, latency, ..summary };
    [
        ("v_fact_movie_analytics", rows(facts)),
        ("customer_spend", rows(warehouse.spend().await.unwrap())),
        ("agg_daily", rows(warehouse.daily().await.unwrap())),
        ("members of dimensions", rows(members)),
        ("v_quarantine", rows(warehouse.refusals().await.unwrap())),
        ("dim_date and others", rows(warehouse.lines().await.unwrap())),
        ("reviews of days", rows(counts.into_iter().collect())),
        ("the summary", rows(vec![summary])),
    ]
}

/// A file of reviews and one of logs for each day, and the purchases.
fn daily_files() -> Sample {
    Sample { reviews: 4_500, days: 450, purchases: 2_000, ..Sample::default() }
}

fn another_file(folder: &Path) -> Second<impl Fn() -> Connected + use<>> {
    let file = folder.join("second.db");
    let setting = format!("sqlite:{}", file.display());
    Second { setting, connect: move || -> Connected { Box::new(Sqlite::new(&file)) } }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_files_hold_the_same() {
    let folder = tempfile::tempdir().unwrap();
    come_to_the_same(Sample::default(), another_file(folder.path())).await;
}

#[tokio::test]
#[should_panic = "customer_spend lacks"]
async fn a_difference_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let Second { setting, connect } = another_file(folder.path());
    let place = Place::new();
    Sample::default().write(&place.raw()).unwrap();
    settle(&deps(&place, &place.warehouse_option())).await.unwrap();
    published(&deps(&place, &setting)).await.unwrap();
    let other = rusqlite::Connection::open(folder.path().join("second.db")).unwrap();
    let forgets = "UPDATE customer_spend SET amount_spent_e5 = amount_spent_e5 + 1 WHERE rowid IN \
                   (SELECT min(rowid) FROM customer_spend)";
    assert_eq!(other.execute(forgets, []).unwrap(), 1);
    assert_same(&place.warehouse(), connect()).await;
}

mod sqlserver_live {
    use super::*;
    use warehouse::{
        Warehouse,
        sqlserver::{Schemas, Server, SqlServer},
    };

    const URL: &str = "TEST_SQLSERVER_URL";

    /// Schemas of its own, which are dropped when all went well.
    async fn compare(sample: Sample) {
        let url = std::env::var(URL).unwrap_or_else(|_| {
            panic!("{URL} is not set: write the connection string of a SQL Server for tests there")
        });
        let server = Server::parse(&url, None).unwrap();
        let suffix = uuid::Uuid::new_v4().simple().to_string();
        let schemas = Schemas::with_suffix(&suffix).unwrap();
        let connect = {
            let (server, schemas) = (server.clone(), schemas.clone());
            move || SqlServer::new(server.clone()).with_schemas(schemas.clone())
        };
        connect().migrate().await.unwrap();
        let second = Second { setting: url, connect: || -> Connected { Box::new(connect()) } };
        come_to_the_same(sample, second).await;
        SqlServer::new(server).drop_schemas(&schemas).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs a server"]
    async fn the_demo_is_the_same_as_in_a_file() {
        compare(Sample::default()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs a server"]
    async fn nine_hundred_daily_files_are_the_same_as_in_a_file() {
        compare(daily_files()).await;
    }
}
