//! The SQL Server warehouse: the conformance suite on the server of TEST_SQLSERVER_URL, a
//! connection string with rights to make schemas. Without it nothing is tested, which is said.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

use std::{
    env,
    io::Write,
    time::{Duration, Instant},
};

use pipeline::{
    Day,
    facts::{DayTotal, Fact, FactBatch},
};
use tiberius::{Client, Config};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt};
use uuid::Uuid;
use warehouse::{
    Error, Publish, Warehouse,
    sqlserver::{Schemas, Server, SqlServer},
};

const URL: &str = "TEST_SQLSERVER_URL";

/// Drops the schemas of one case.
struct Guard {
    url: String,
    schemas: Schemas,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (url, schemas) = (self.url.clone(), self.schemas.clone());
        // Within a test's own runtime nothing may block: a thread of its own may.
        let dropped = std::thread::spawn(move || {
            Runtime::new().unwrap().block_on(async move {
                let mut client = connect(&url).await;
                // After a migration that was broken off, some are not there.
                for statement in drops(&schemas) {
                    if let Ok(dropping) = client.simple_query(statement).await {
                        let _ = dropping.into_results().await;
                    }
                }
            });
        });
        if dropped.join().is_err() {
            eprintln!("the schemas {} and {} were left", self.schemas.dw(), self.schemas.ops());
        }
    }
}

impl Guard {
    async fn client(&self) -> Connection {
        connect(&self.url).await
    }
}

type Connection = Client<Compat<TcpStream>>;

/// By the driver alone, for what a warehouse has no words for.
async fn connect(url: &str) -> Connection {
    let mut config = Config::from_ado_string(url).unwrap();
    config.command_timeout(None);
    let stream = TcpStream::connect(config.get_addr()).await.unwrap();
    Client::connect(config, stream.compat_write()).await.unwrap()
}

fn drops(schemas: &Schemas) -> Vec<String> {
    let (dw, ops) = (schemas.dw(), schemas.ops());
    let views = [
        format!("{ops}.v_quarantine"),
        format!("{ops}.v_unmatched"),
        format!("{ops}.v_freshness"),
        format!("{ops}.v_load_history"),
        format!("{dw}.v_customer_spend"),
        format!("{dw}.v_fact_movie_analytics"),
    ];
    let tables = [
        format!("{ops}.refusal"),
        format!("{ops}.refused_day"),
        format!("{ops}.day_total"),
        format!("{ops}.publish_log"),
        format!("{ops}.load_history"),
        format!("{ops}.schema_version"),
        format!("{dw}.agg_daily"),
        format!("{dw}.fact_movie_analytics"),
        format!("{dw}.customer_spend"),
        format!("{dw}.dim_browser"),
        format!("{dw}.dim_os"),
        format!("{dw}.dim_location"),
        format!("{dw}.dim_devices"),
        format!("{dw}.dim_date"),
    ];
    let views = views.into_iter().map(|view| format!("DROP VIEW {view}"));
    let tables = tables.into_iter().map(|table| format!("DROP TABLE {table}"));
    let schemas = [dw, ops].map(|schema| format!("DROP SCHEMA {schema}"));
    views.chain(tables).chain(schemas).collect()
}

/// Schemas of its own for each case, if there is a server.
async fn fresh() -> Option<(Guard, impl Fn() -> SqlServer)> {
    let url = env::var(URL).ok()?;
    let server = Server::parse(&url, None).unwrap();
    let schemas = Schemas::with_suffix(&Uuid::new_v4().simple().to_string()).unwrap();
    let guard = Guard { url, schemas: schemas.clone() };
    let connect = move || SqlServer::new(server.clone()).with_schemas(schemas.clone());
    connect().migrate().await.unwrap();
    // Again: there is nothing left to do.
    assert!(connect().migrate().await.unwrap().is_empty());
    Some((guard, connect))
}

warehouse::conformance_suite!(optional fresh);

/// Facts of a day: as many customers as there are facts.
fn facts(day: Day, facts: i64) -> FactBatch {
    let mut batch = FactBatch::default();
    let texts = &mut batch.dimensions;
    let (device, location) = (texts.device.code("Mobile"), texts.location.code("Kansas"));
    let os = texts.os.code("Apple iOS");
    let (score, count, browser) = (1, 1, 0);
    let fact = |customer| Fact { day, customer, device, location, os, browser, score, count };
    batch.rows = (0..facts).map(fact).collect();
    batch.days.push(DayTotal { day, matched: facts as u64, unmatched: 0 });
    batch
}

async fn publish(warehouse: &mut SqlServer, batch: &FactBatch) -> Result<i64, Error> {
    let expected_id = warehouse.state().await?.publish_id;
    let publish = Publish { expected_id, published_at: NOW.to_owned(), ..Publish::default() };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(batch).await?;
    Ok(publication.commit(&[]).await?.publish_id)
}

const NOW: &str = "2021-04-26T06:15:04Z";
const DAY: Day = Day(18_742);

#[tokio::test]
async fn of_publishers_at_the_same_time_one_comes_first() -> Result<(), Error> {
    let Some((_guard, connect)) = fresh().await else { return Ok(()) };
    let tasks: Vec<_> = (0..4)
        .map(|nth| {
            let mut warehouse = connect();
            tokio::spawn(async move {
                let published_at = NOW.to_owned();
                let publish = Publish { published_at, ..Publish::default() };
                let mut publication = warehouse.begin(publish).await?;
                publication.replace_days(&facts(Day(DAY.0 + nth), 500)).await?;
                publication.commit(&[]).await
            })
        })
        .collect();
    let (mut first, mut moved) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(published) => first += published.publish_id,
            Err(Error::Moved { expected: 0, found: 1 }) => moved += 1,
            Err(error) => return Err(error),
        }
    }
    assert_eq!((first, moved), (1, 3));
    assert_eq!(connect().summary().await?.facts, 500);
    Ok(())
}

#[tokio::test]
async fn a_publish_that_is_broken_off_is_there_whole_or_not_at_all() -> Result<(), Error> {
    let Some((_guard, connect)) = fresh().await else { return Ok(()) };
    publish(&mut connect(), &facts(DAY, 1_000)).await?;
    for after in [0, 1, 3, 10, 30, 60, 100, 200, 400] {
        let before = connect().state().await?.publish_id;
        let mut warehouse = connect();
        let restated = facts(DAY, 2_000 + after as i64);
        let work = publish(&mut warehouse, &restated);
        // Dropped in the middle of whatever it does.
        let _ = tokio::time::timeout(Duration::from_millis(after), work).await;
        drop(warehouse);
        let summary = connect().summary().await?;
        let count = connect().day_counts(None).await?[&DAY];
        assert_eq!(summary.facts, count, "after {after} ms");
        if summary.publish_id > before {
            assert_eq!(summary.facts, 2_000 + after, "after {after} ms");
        }
    }
    publish(&mut connect(), &facts(DAY, 10)).await?;
    assert_eq!(connect().summary().await?.facts, 10);
    Ok(())
}

/// Says how fast rows get there, and how fast they would one by one.
#[tokio::test]
async fn rows_are_loaded_by_bulk() -> Result<(), Error> {
    const BULK: i64 = 200_000;
    const SINGLE: i64 = 2_000;
    let Some((guard, connect)) = fresh().await else { return Ok(()) };
    let mut warehouse = connect();
    let batch = facts(DAY, BULK);
    let publish = Publish { published_at: NOW.to_owned(), ..Publish::default() };
    let mut publication = warehouse.begin(publish).await?;
    let began = Instant::now();
    publication.replace_days(&batch).await?;
    let staged = began.elapsed().as_secs_f64();
    publication.commit(&[]).await?;
    let published = began.elapsed().as_secs_f64();
    let sent = warehouse.sent();
    assert_eq!(sent.rows, BULK as u64 + 1 + 4, "facts, a day and its texts");

    let mut client = guard.client().await;
    let table = "CREATE TABLE #single (customerid bigint NOT NULL, score int NOT NULL)";
    client.simple_query(table).await.unwrap().into_results().await.unwrap();
    let began = Instant::now();
    for row in 0..SINGLE {
        let insert = "INSERT INTO #single (customerid, score) VALUES (@P1, @P2)";
        client.execute(insert, &[&row, &1_i32]).await.unwrap();
    }
    let single = SINGLE as f64 / began.elapsed().as_secs_f64();
    let bulk = BULK as f64 / staged;
    let line = format!(
        "\n{BULK} facts: {bulk:.0} rows/s by bulk ({} bytes), {:.0} rows/s until committed; \
         parameterised inserts: {single:.0} rows/s\n",
        sent.bytes,
        BULK as f64 / published
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    Ok(())
}

#[test]
fn says_where_it_did_not_run() {
    if env::var(URL).is_err() {
        // Not by a macro: the test harness would swallow the line.
        let line =
            "\nthe conformance suite did not run on SQL Server: TEST_SQLSERVER_URL is not set\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
