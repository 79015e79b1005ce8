//! The SQL Server warehouse on the server of TEST_SQLSERVER_URL, a connection string with rights to
//! make schemas and logins: `cargo xtask test --stage tsql-live`. The tests that need it are ignored
//! otherwise; what they are made of is tested without it as far as that goes.

mod cuts;
mod logins;
mod suite;

use std::{
    env,
    io::Write,
    time::{Duration, Instant},
};

use pipeline::{
    Day,
    facts::{DayTotal, Fact, FactBatch},
};
use tokio::runtime::Runtime;
use uuid::Uuid;
use warehouse::{
    Error, Publish, Warehouse,
    sqlserver::{Schemas, Server, SqlServer, Timing},
};

const URL: &str = "TEST_SQLSERVER_URL";

/// Drops the schemas of one case.
struct Guard {
    server: Server,
    schemas: Schemas,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (server, schemas) = (self.server.clone(), self.schemas.clone());
        // Within a test's own runtime nothing may block: a thread of its own may.
        let dropped = std::thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(SqlServer::new(server).drop_schemas(&schemas))
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("the schemas {} and {} were left", self.schemas.dw(), self.schemas.ops());
        }
    }
}

/// New schemas, which are dropped with the guard, and a way to connect to them.
async fn fresh() -> (Guard, impl Fn() -> SqlServer) {
    let (guard, connect) = unmigrated();
    connect().migrate().await.unwrap();
    // Again: there is nothing left to do.
    assert!(connect().migrate().await.unwrap().is_empty());
    (guard, connect)
}

/// As [`fresh`], but the schemas are still to be made.
fn unmigrated() -> (Guard, impl Fn() -> SqlServer) {
    let server = server("");
    let schemas = Schemas::with_suffix(&Uuid::new_v4().simple().to_string()).unwrap();
    let guard = Guard { server: server.clone(), schemas: schemas.clone() };
    (guard, move || SqlServer::new(server.clone()).with_schemas(schemas.clone()))
}

/// The server of the tests, with other values in its connection string: the last one counts.
fn server(more: &str) -> Server {
    let url = env::var(URL).unwrap_or_else(|_| {
        panic!("{URL} is not set: write the connection string of a SQL Server for tests there")
    });
    Server::parse(&format!("{url};{more}"), None).unwrap()
}

/// A line of the results, past the test harness, which swallows those of tests that pass.
fn say(line: &str) {
    std::io::stderr().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

/// Facts of a day: as many customers as there are facts.
pub(crate) fn facts(facts: i64) -> FactBatch {
    let mut batch = FactBatch::default();
    let codes = batch.texts.each_mut().map(|texts| texts.code("Mobile"));
    let fact = |customer| Fact { day: DAY, customer, codes, score: 1, count: 1 };
    batch.rows = (0..facts).map(fact).collect();
    batch.days.push(DayTotal { day: DAY, matched: facts as u64, unmatched: 0, other_customers: 0 });
    batch
}

/// Inserts rows with a statement each; returns rows per second.
pub(crate) async fn insert_one_by_one<S>(client: &mut tiberius::Client<S>) -> f64
where
    S: futures_util::AsyncRead + futures_util::AsyncWrite + Unpin + Send,
{
    const ROWS: i64 = 2_000;
    let began = Instant::now();
    for row in 0..ROWS {
        let insert = "INSERT INTO #single VALUES (@P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8)";
        let one = 1_i32;
        client.execute(insert, &[&row, &one, &one, &one, &one, &one, &one, &one]).await.unwrap();
    }
    ROWS as f64 / began.elapsed().as_secs_f64()
}

async fn publish(warehouse: &mut SqlServer, batch: &FactBatch) -> Result<(), Error> {
    let expected = warehouse.state().await?.head;
    let publish = Publish { expected, published_at: NOW.to_owned(), ..Publish::default() };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(batch).await?;
    publication.commit(&[]).await.map(drop)
}

const NOW: &str = "2021-04-26T06:15:04Z";
const DAY: Day = Day(18_742);

#[tokio::test]
#[ignore = "needs a server"]
async fn an_interrupted_migration_goes_on() -> Result<(), Error> {
    let (guard, connect) = fresh().await;
    publish(&mut connect(), &facts(10)).await?;
    let forget = format!("DELETE FROM {}.schema_version WHERE version > 1", guard.schemas.ops());
    let mut client = connect().client().await?;
    client.simple_query(forget).await.unwrap().into_results().await.unwrap();
    let error = connect().state().await.unwrap_err().to_string();
    assert!(error.contains("has schema version 1"), "{error}");
    // Each of its statements finds its work done.
    let done = connect().migrate().await?;
    assert_eq!(done.first().map(String::as_str), Some("002_facts"));
    assert_eq!(connect().summary().await?.facts, 10);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a server"]
async fn migrations_at_once_make_one_schema() -> Result<(), Error> {
    let (_guard, connect) = unmigrated();
    let (mut first, mut second, mut third) = (connect(), connect(), connect());
    let done = tokio::join!(first.migrate(), second.migrate(), third.migrate());
    let steps = done.0?.len() + done.1?.len() + done.2?.len();
    assert_eq!(steps as i32, crate::tds::newest_version(), "each step by one of them");
    publish(&mut connect(), &facts(10)).await?;
    assert_eq!(connect().summary().await?.facts, 10);
    Ok(())
}

/// As a person runs it, batch by batch, up to the first error. A client that goes on after one is
/// what `SET NOEXEC` is for, which not every server has.
#[tokio::test]
#[ignore = "needs a server"]
async fn a_printed_migration_makes_the_schema_and_may_run_again() -> Result<(), Error> {
    let (guard, connect) = unmigrated();
    let script = guard.schemas.script();
    let mut client = connect().client().await?;
    for _ in 0..2 {
        let batches = script.split("\nGO\n").map(str::trim);
        for batch in batches.filter(|batch| !batch.is_empty() && !batch.contains("SET NOEXEC")) {
            let ran = match client.simple_query(batch).await {
                Ok(answer) => answer.into_results().await.map(drop),
                Err(error) => Err(error),
            };
            assert!(ran.is_ok(), "{ran:?}: {batch}");
        }
    }
    publish(&mut connect(), &facts(10)).await?;
    assert_eq!(connect().summary().await?.facts, 10);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a server"]
async fn what_is_wrong_is_said() {
    let nowhere = Schemas::with_suffix(&Uuid::new_v4().simple().to_string()).unwrap();
    let error = SqlServer::new(server("")).with_schemas(nowhere.clone()).state().await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("start `movie-analytics warehouse migrate`"), "{error}");

    let soon = Timing { deadline: Duration::from_secs(1), ..Timing::default() };
    let refused = SqlServer::new(server("Password=wrong")).with_schemas(nowhere);
    let error = refused.with_timing(soon).state().await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    // A server for tests may be made to take any password.
    let said = ["user and password", "warehouse migrate"];
    assert!(said.iter().any(|said| error.to_string().contains(said)), "{error}");

    let missing = server("Database=movie_analytics_is_not_here");
    let error = SqlServer::new(missing).with_timing(soon).state().await.unwrap_err();
    assert!(error.to_string().contains("check"), "{error}");
}

/// Says how fast rows get there, and how fast they would one by one.
#[tokio::test]
#[ignore = "needs a server"]
async fn rows_are_loaded_by_bulk() -> Result<(), Error> {
    let (_guard, connect) = fresh().await;
    let mut warehouse = connect();
    for rows in [100_000, 500_000] {
        let before = warehouse.sent().unwrap().rows;
        let expected = warehouse.state().await?.head;
        let publish = Publish { expected, published_at: NOW.to_owned(), ..Publish::default() };
        let batch = facts(rows);
        let mut publication = warehouse.begin(publish).await?;
        let began = Instant::now();
        publication.replace_days(&batch).await?;
        let staged = began.elapsed().as_secs_f64();
        publication.commit(&[]).await?;
        let published = began.elapsed().as_secs_f64();
        let sent = warehouse.sent().unwrap().rows - before;
        assert_eq!(sent, rows as u64 + 1 + 4, "facts, a day and its texts");
        say(&format!(
            "{rows} facts: {:.0} rows/s by bulk, {:.0} rows/s until committed",
            rows as f64 / staged,
            rows as f64 / published
        ));
    }
    let mut client = connect().client().await?;
    // As wide as what bulk load sends of a fact.
    let table = "CREATE TABLE #single (a bigint, b int, c int, d int, e int, f int, g int, h int)";
    client.simple_query(table).await.unwrap().into_results().await.unwrap();
    say(&format!("parameterised inserts: {:.0} rows/s", insert_one_by_one(&mut client).await));
    Ok(())
}
