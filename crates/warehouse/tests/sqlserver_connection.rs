//! How the SQL Server warehouse connects, waits and gives up, against a scripted server.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod tds;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use async_trait::async_trait;
use lake::{Receipt, Rows, State};
use pipeline::{
    Dataset, Day,
    facts::{DayTotal, Fact, FactBatch, SpendChange},
};
use tds::{Answer, Server, Value, error, newest_version};
use warehouse::{
    Error, Publish, Published, Warehouse,
    sqlserver::{self, NoToken, SqlServer, Timing, Tokens},
};

const MS: Duration = Duration::from_millis(1);

fn timing() -> Timing {
    Timing {
        attempt: 500 * MS,
        deadline: 2_000 * MS,
        unreachable: 100 * MS,
        command: 300 * MS,
        lock: 100 * MS,
        pause: 5 * MS,
        idle: 10_000 * MS,
    }
}

fn at(port: u16) -> SqlServer {
    let server = format!(
        "Server=tcp:127.0.0.1,{port};Database=films;User ID=etl;Password=secret;\
         Encrypt=False"
    );
    let server = sqlserver::Server::parse(&server, None).unwrap();
    SqlServer::new(server).with_timing(timing())
}

async fn start() -> (Server, SqlServer) {
    let server = Server::start().await;
    let warehouse = at(server.port);
    (server, warehouse)
}

/// What reading the state ends in.
async fn refusal(warehouse: &mut SqlServer) -> (bool, String) {
    let error = warehouse.state().await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("the database films on 127.0.0.1:"), "{text}");
    (error.is_transient(), text)
}

/// Gives another token each time.
#[derive(Default)]
struct Numbered(AtomicU32);

#[async_trait]
impl Tokens for Numbered {
    async fn token(&self) -> Result<String, NoToken> {
        Ok(format!("token-{}", self.0.fetch_add(1, Relaxed)))
    }
}

#[tokio::test]
async fn each_connection_signs_in_with_a_token_of_its_own() {
    let server = Server::start().await;
    let text = format!(
        "Server=127.0.0.1,{};Database=films;Authentication=Active Directory Managed Identity;\
         Encrypt=False",
        server.port
    );
    let setting = sqlserver::Server::parse(&text, None).unwrap();
    let tokens = Arc::new(Numbered::default());
    let mut warehouse = SqlServer::new(setting).with_timing(timing()).with_tokens(tokens);
    // Its token has expired, say: the connection is lost, and the next one has a new token.
    server.once("publish_log", Answer::Gone);
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
    assert!(server.was_told("token-0") && server.was_told("token-1"));
}

#[tokio::test]
async fn a_gateway_sends_us_on_to_a_node() {
    let (gateway, mut warehouse) = start().await;
    let node = Server::start().await;
    gateway.at_login(Answer::Route { port: node.port });
    warehouse.state().await.unwrap();
    assert_eq!((gateway.logins(), node.logins()), (1, 1));
    assert!(node.was_told("localhost"), "the node's own name");
    assert_eq!(gateway.ran("publish_log"), 0);
}

#[tokio::test]
async fn gateways_that_point_at_each_other_are_refused() {
    let (gateway, mut warehouse) = start().await;
    for _ in 0..3 {
        gateway.at_login(Answer::Route { port: gateway.port });
    }
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(!transient && text.contains("sends connections on and on"), "{text}");
}

#[tokio::test]
async fn a_database_that_wakes_up_is_waited_for() {
    let (server, mut warehouse) = start().await;
    for code in [40613, 40501, 49918] {
        server.at_login(error(code));
    }
    server.at_login(Answer::Gone);
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 5);
    assert_eq!(warehouse.sent().unwrap().connections, 1);
}

#[tokio::test]
async fn waiting_ends_with_the_deadline() {
    let server = Server::start().await;
    for _ in 0..100 {
        server.at_login(error(40613));
    }
    let mut warehouse = at(server.port).with_timing(Timing { deadline: 150 * MS, ..timing() });
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(transient && text.contains("is paused or not available yet (40613)"), "{text}");
    assert!((3..20).contains(&server.logins()), "{}", server.logins());
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_may_only_be_moving() {
    let (server, mut warehouse) = start().await;
    server.at_login(error(4060));
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);

    let server = Server::start().await;
    for _ in 0..100 {
        server.at_login(error(4060));
    }
    let mut warehouse = at(server.port).with_timing(Timing { deadline: 50 * MS, ..timing() });
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(transient && text.contains("cannot be opened (4060): check its name"), "{text}");
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    for (answer, expected) in [
        (error(18456), "refused the login (18456): check user and password"),
        (
            Answer::Error {
                code: 40615,
                class: 14,
                text: "Client with IP address '203.0.113.7' is not allowed to access the server.",
            },
            "the firewall in front of the database films",
        ),
        (error(911), "cannot be opened (911): check its name"),
        (error(916), "does not permit this (916"),
        // Servers that are compatible with SQL Server have numbers of their own.
        (error(33_557_097), "refused the connection (33557097): check server, database, user"),
    ] {
        let (server, mut warehouse) = start().await;
        server.at_login(answer);
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(expected), "{text}");
        assert_eq!(server.logins(), 1);
    }
}

#[tokio::test]
async fn where_nothing_listens_one_is_told_soon() {
    let (server, _) = start().await;
    let port = server.port;
    drop(server);
    tokio::time::sleep(10 * MS).await;
    let (transient, text) = refusal(&mut at(port)).await;
    assert!(transient && text.contains("nothing listens at"), "{text}");

    let unknown = "Server=films.invalid;Database=films;User ID=etl;Password=secret";
    let unknown = sqlserver::Server::parse(unknown, None).unwrap();
    let error = SqlServer::new(unknown).with_timing(timing()).state().await.unwrap_err();
    assert!(error.to_string().contains("nobody knows the server of"), "{error}");
}

#[tokio::test]
async fn a_server_without_encryption_is_refused() {
    let server = Server::start().await;
    let text =
        format!("Server=127.0.0.1,{};Database=films;User ID=etl;Password=secret", server.port);
    let setting = sqlserver::Server::parse(&text, None).unwrap();
    let error = SqlServer::new(setting).with_timing(timing()).state().await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("offers no encryption"), "{error}");
    assert!(!server.was_told("etl"), "nothing is said in the clear");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let timing = Timing { attempt: 50 * MS, deadline: 150 * MS, ..timing() };
    let mut warehouse = at(port).with_timing(timing);
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(transient && text.contains("did not answer in time"), "{text}");
}

#[tokio::test]
async fn a_schema_that_does_not_fit_is_said() {
    let (newest, older) = (newest_version(), newest_version() - 1);
    for (version, expected) in [
        (0, "has no table ops.schema_version that this login may see".to_owned()),
        (older, format!("has schema version {older}, this program needs {newest}")),
        (99, format!("has schema version 99, this program knows {newest}")),
    ] {
        let (server, mut warehouse) = start().await;
        server.always("schema_version", Answer::Number { column: "version", value: version });
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn missing_permissions_and_tables_are_said() {
    let said = "The SELECT permission was denied on the object 'publish_log'.";
    for (code, text, expected) in [
        (229, said, "add the login to the role etl_writer"),
        (
            208,
            "Invalid object name 'ops.publish_log'.",
            "start `movie-analytics warehouse migrate`",
        ),
        (
            245,
            "Conversion failed for the value 'secret'.",
            "refused a statement (error 245, line 7)",
        ),
    ] {
        let (server, mut warehouse) = start().await;
        server.once("publish_log", Answer::Error { code, class: 14, text });
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(expected), "{text}");
        // The connection is still good.
        warehouse.state().await.unwrap();
        assert_eq!(server.logins(), 1);
    }
}

#[tokio::test]
async fn reads_go_on_over_a_new_connection() {
    for answer in [Answer::Gone, Answer::Nonsense, Answer::Late(1_000 * MS), error(40197)] {
        let (server, mut warehouse) = start().await;
        server.once("load_history", answer.clone());
        warehouse.state().await.unwrap();
        assert_eq!(server.logins(), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn a_reader_that_is_cancelled_costs_a_connection() {
    let (server, mut warehouse) = start().await;
    server.once("load_history", Answer::Late(200 * MS));
    tokio::time::timeout(50 * MS, warehouse.state()).await.unwrap_err();
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_deadlock_victim_publishes_again() {
    let (server, mut warehouse) = start().await;
    for code in [1205, 40501] {
        server.once("INSERT INTO ops.publish_log", error(code));
    }
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    let published = publication.commit(&[]).await.unwrap();
    assert_eq!(published.publish_id, 1);
    assert_eq!((server.ran("INSERT INTO ops.publish_log"), server.ran("ROLLBACK")), (3, 2));
    assert_eq!(server.logins(), 1, "what is staged is gone with its connection");
}

/// Statements of each step of a publish with facts and spend.
const STATEMENTS: [&str; 12] = [
    "sp_getapplock",
    "INSERT INTO dw.dim_location",
    "JOIN dw.dim_os AS known",
    "INSERT INTO dw.customer_spend",
    "DELETE FROM dw.fact_movie_analytics",
    "INSERT INTO dw.dim_date",
    "INSERT INTO dw.fact_movie_analytics",
    "INSERT INTO dw.agg_daily",
    "UPDATE fact",
    "INSERT INTO ops.load_history",
    "SET live = 0",
    "INSERT INTO ops.publish_log",
];

#[tokio::test]
async fn a_deadlock_in_any_statement_is_answered_by_the_whole_transaction() {
    for statement in STATEMENTS {
        let (server, mut warehouse) = start().await;
        server.once(statement, error(1205));
        server.always("INSERT INTO dw.fact_movie_analytics", Answer::Changed(3));
        let published = publish_facts(&mut warehouse).await.unwrap();
        assert_eq!((published.publish_id, published.rows_inserted), (1, 3), "{statement}");
        assert_eq!((server.ran("ROLLBACK"), server.logins()), (1, 1), "{statement}");
        assert_eq!(server.loaded("#staged_fact").len(), 3, "{statement}: staged once");
    }
}

#[tokio::test]
async fn a_connection_lost_anywhere_in_a_publish_leaves_nothing_for_the_next() {
    let more =
        ["CREATE TABLE #staged_fact", "INSERT BULK #staged_fact", "INSERT BULK #staged_text"];
    for statement in STATEMENTS.into_iter().chain(more) {
        let (server, mut warehouse) = start().await;
        server.once(statement, Answer::Gone);
        server.always("INSERT INTO dw.fact_movie_analytics", Answer::Changed(3));
        match publish_facts(&mut warehouse).await {
            Err(Error::Interrupted(_)) => {
                let published = publish_facts(&mut warehouse).await.unwrap();
                assert_eq!(published.rows_inserted, 3, "{statement}");
            }
            // Before anything is staged, another connection does as well.
            Ok(_) => assert_eq!(statement, "CREATE TABLE #staged_fact"),
            Err(error) => panic!("{statement}: {error}"),
        }
        assert_eq!(server.logins(), 2, "{statement}");
    }
}

#[tokio::test]
async fn a_publish_whose_connection_breaks_begins_again_from_the_lake() {
    let (server, mut warehouse) = start().await;
    server.once("INSERT INTO ops.publish_log", Answer::Gone);
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    let error = publication.commit(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted(_)), "{error}");
    assert_eq!(server.ran("INSERT INTO ops.publish_log"), 1);
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    publication.commit(&[]).await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_lock_that_is_not_granted_is_worth_another_try() {
    let (server, mut warehouse) = start().await;
    server.once("sp_getapplock", Answer::Number { column: "granted", value: -1 });
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    let error = publication.commit(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Transient(_)), "{error}");
    assert!(error.to_string().contains("is being published to by another program"), "{error}");
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let server = Server::start().await;
    let mut warehouse = at(server.port).with_timing(Timing { idle: 20 * MS, ..timing() });
    warehouse.state().await.unwrap();
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 1);
    tokio::time::sleep(100 * MS).await;
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn what_is_sent_is_counted() {
    let (_server, mut warehouse) = start().await;
    assert_eq!(warehouse.sent().unwrap().bytes, 0);
    warehouse.state().await.unwrap();
    let sent = warehouse.sent().unwrap();
    assert!(sent.bytes > 1_000 && sent.rows == 0, "{sent:?}");
}

/// A publish of three facts of one day, and of the spend of two customers.
async fn publish_facts(warehouse: &mut SqlServer) -> Result<Published, Error> {
    let day = Day(18_742);
    let mut batch = FactBatch::default();
    let texts = &mut batch.dimensions;
    let [phone, fridge] = ["Mobile", "Fridge"].map(|text| texts.device.code(text));
    let (location, os) = (texts.location.code("Zürich \"\\\u{1F3AC}"), texts.os.code("Apple iOS"));
    for (customer, device) in [(-7, fridge), (i64::MAX, phone), (i64::MAX, fridge)] {
        let (browser, score, count) = (0, 1, 2);
        batch.rows.push(Fact { day, customer, device, location, os, browser, score, count });
    }
    batch.days.push(DayTotal { day, matched: 6, unmatched: 1 });
    let most = 9_999_999_999_999_999;
    let spend = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: -1 };
    let spend = vec![spend(2, -most), spend(1, most), spend(2, -most)];
    let published_at = "2021-04-26T06:15:04Z".to_owned();
    let publish = Publish { spend, published_at, ..Publish::default() };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(&batch).await?;
    publication.commit(&[]).await
}

#[tokio::test]
async fn everything_is_staged_by_bulk() {
    for loose in [false, true] {
        let (server, mut warehouse) = start().await;
        if loose {
            server.is_loose();
        }
        server.once("INSERT INTO dw.fact_movie_analytics", Answer::Changed(3));
        server.once("DELETE FROM dw.fact_movie_analytics", Answer::Changed(5));
        server.once("UPDATE fact", Answer::Changed(9));
        let published = publish_facts(&mut warehouse).await.unwrap();
        let expected = Published {
            publish_id: 1,
            days_replaced: 1,
            rows_deleted: 5,
            rows_inserted: 3,
            rows_respent: 9,
        };
        assert_eq!(published, expected);
        let most = i128::from(i64::MAX);
        // Codes are those of the publish, by their first use.
        let facts: [[i128; 8]; 3] = [
            [20_210_425, -7, 1, 1, 1, 0, 1, 2],
            [20_210_425, most, 2, 1, 1, 0, 1, 2],
            [20_210_425, most, 1, 1, 1, 0, 1, 2],
        ];
        assert_eq!(server.loaded("#staged_fact"), facts.map(|row| row.map(Value::from).to_vec()));
        // Scale 5.
        let spend: [[i128; 3]; 2] =
            [[1, 999_999_999_999_999_900, -1], [2, -1_999_999_999_999_999_800, -2]];
        assert_eq!(server.loaded("#staged_spend"), spend.map(|row| row.map(Value::from).to_vec()));
        let days: [Value; 8] = [
            20_210_425.into(),
            737_904.into(),
            25.into(),
            4.into(),
            2_021.into(),
            "Spring".into(),
            6.into(),
            1.into(),
        ];
        assert_eq!(server.loaded("#staged_day"), [days.to_vec()]);
        let texts = server.loaded("#staged_text");
        let location = [2.into(), 1.into(), "Zürich \"\\\u{1F3AC}".into(), Value::Null];
        assert!(texts.len() == 5 && texts.contains(&location.to_vec()), "{texts:?}");
        // Rows of the bulk load: facts, customers, a day, and five texts.
        assert_eq!(warehouse.sent().unwrap().rows, 3 + 2 + 1 + 5);
    }
}

#[tokio::test]
async fn receipts_are_staged_whole_however_long_they_are() {
    let (server, mut warehouse) = start().await;
    let receipt = |number: u32, note: &str| Receipt {
        path: format!("log_reviews/\"größe\"/{number}.csv"),
        dataset: Dataset::ReviewLogs,
        number,
        state: State::Rejected,
        etag: "\"0x8D\"".to_owned(),
        size: 1,
        recipe: "logs-1".to_owned(),
        attempt: "a".to_owned(),
        written_at: "2021-04-26T06:15:04Z".to_owned(),
        duration_ms: 1,
        content_hash: None,
        parquet: None,
        quarantine: None,
        refusal: None,
        rows: Rows::default(),
        min_id: None,
        max_id: Some(i64::MAX),
        days: Default::default(),
        extra_columns: vec![note.to_owned()],
    };
    let receipts = vec![receipt(1, "\"short\""), receipt(2, &"x".repeat(40_000))];
    let live = [(receipts[0].path.clone(), Some(1)), ("gone.csv".to_owned(), None)].into();
    let publish = Publish { receipts: receipts.clone(), live, ..Publish::default() };
    warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    let loaded = server.loaded("#staged_receipt");
    assert_eq!(loaded[0][1], receipts[0].path.as_str().into());
    assert_eq!((&loaded[0][13], &loaded[0][14]), (&Value::Null, &i128::from(i64::MAX).into()));
    let body = serde_json::to_string(&receipts[0]).unwrap();
    assert_eq!(loaded[0][16], body.as_str().into());
    assert_eq!(loaded[1][16], "".into());
    assert_eq!(server.ran("UPDATE #staged_receipt SET body = @P1"), 1);
    assert_eq!(server.ran(&"x".repeat(40_000)), 1);
    let live = server.loaded("#staged_live");
    assert!(live.contains(&vec!["gone.csv".into(), Value::Null]), "{live:?}");
}

#[tokio::test]
async fn a_fact_that_is_lost_on_the_way_is_noticed() {
    let (server, mut warehouse) = start().await;
    server.once("INSERT INTO dw.fact_movie_analytics", Answer::Changed(2));
    let error = publish_facts(&mut warehouse).await.unwrap_err();
    assert!(matches!(error, Error::Permanent(_)), "{error}");
    assert!(error.to_string().contains("took 2 of 3 facts"), "{error}");
    assert_eq!(server.ran("INSERT INTO ops.publish_log"), 0);
}

#[tokio::test]
async fn migrations_run_once_each_under_a_lock() {
    let (server, mut warehouse) = start().await;
    server.once("MAX(version)", Answer::Number { column: "version", value: 2 });
    let done = warehouse.migrate().await.unwrap();
    assert_eq!(done.len() as i32, newest_version() - 2);
    assert_eq!(done[..2], ["003_operations", "004_views"]);
    assert_eq!(server.ran("sp_getapplock"), 1);
    assert_eq!(server.ran("CREATE VIEW dw.v_fact_movie_analytics"), 1);
    assert_eq!(server.ran("CREATE TABLE dw.fact_movie_analytics"), 0);
}
