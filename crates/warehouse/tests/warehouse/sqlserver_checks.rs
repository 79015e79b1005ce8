//! Checks of one's own on their way to SQL Server, against a stand-in. The conformance suite runs
//! them on a server.

use crate::{
    sqlserver_publish::{publish_of, three_facts},
    tds::{Answer, Server, client::start, error},
};
use warehouse::{Error, OwnCheck, Publish, Published, Warehouse, sqlserver::SqlServer};

const COLUMNS: &str = "SELECT TOP (0) * FROM found";
const ROWS: &str = "GROUP BY log_date";

fn checks() -> Vec<OwnCheck> {
    vec![OwnCheck::new("high.sql", "SELECT log_date FROM candidate -- too high\n;").unwrap()]
}

/// A server that takes three facts, and the columns of the check.
async fn server() -> (Server, SqlServer) {
    let (server, warehouse) = start().await;
    server.always("AS rows_inserted", Answer::Counted([0, 3, 0]));
    (server, warehouse)
}

async fn publish(warehouse: &mut SqlServer) -> Result<Option<Published>, Error> {
    let publish = Publish { checks: checks(), ..publish_of(false) };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(&three_facts()).await?;
    publication.commit(&[]).await
}

#[tokio::test]
async fn a_check_that_finds_rows_fails_its_day_before_the_commit() {
    let (server, mut warehouse) = server().await;
    server.always(COLUMNS, Answer::Found("", 0));
    server.once(ROWS, Answer::Found("2021-04-25", 3));
    let Err(Error::FailedChecks(days)) = publish(&mut warehouse).await else { panic!("it passed") };
    let found: Vec<_> =
        days.iter().map(|d| (d.day.to_string(), &*d.check, d.detail.clone())).collect();
    let detail = "the check returns 3 rows".to_owned();
    assert_eq!(found, [("2021-04-25".to_owned(), "high.sql", detail)]);
    assert_eq!((server.ran("ROLLBACK"), server.ran("COMMIT"), server.logins()), (1, 0, 1));
    let statement = "found AS (\nSELECT log_date FROM candidate -- too high\n\n)\n";
    assert_eq!(server.ran(statement), 2);
    assert_eq!(server.ran("[{\"id\":20210425}]"), 2, "the replaced day is judged");
    // It finds nothing any more; a day that is not replaced is none of its business.
    server.once(ROWS, Answer::Found("2021-04-26", 3));
    publish(&mut warehouse).await.unwrap().unwrap();
    assert_eq!(server.ran("COMMIT"), 1);
}

#[tokio::test]
async fn a_check_that_the_server_refuses_is_broken_and_says_nothing_of_rows() {
    for (code, shown) in [(207, true), (8134, false)] {
        let (server, mut warehouse) = server().await;
        server.once(COLUMNS, error(code));
        let Err(Error::BrokenCheck(why)) = publish(&mut warehouse).await else { panic!("{code}") };
        assert!(why.contains("`high.sql`") && why.contains(&code.to_string()), "{why}");
        assert_eq!(why.contains("said by the server"), shown, "{why}");
        assert_eq!(server.ran("COMMIT"), 0);
        publish(&mut warehouse).await.unwrap().unwrap();

        server.once(COLUMNS, error(code));
        let tried = warehouse.try_checks(&checks()).await;
        assert!(matches!(tried, Err(Error::BrokenCheck(_))), "{tried:?}");
        warehouse.try_checks(&checks()).await.unwrap();
    }
}

#[tokio::test]
async fn a_deadlock_in_a_check_is_answered_by_the_whole_transaction() {
    let (server, mut warehouse) = server().await;
    server.once(COLUMNS, error(1205));
    publish(&mut warehouse).await.unwrap().unwrap();
    assert_eq!((server.ran("ROLLBACK"), server.ran("COMMIT"), server.logins()), (1, 1, 1));
}
