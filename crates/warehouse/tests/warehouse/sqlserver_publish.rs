//! What a publish sends to SQL Server and what it does when that breaks, against a stand-in.

use std::time::Instant;

use crate::sqlserver::{facts, insert_one_by_one};
use crate::tds::{Answer, Server, Value, client::start, error};
use lake::{Receipt, Rows, State};
use pipeline::{
    Dataset, Day, IdRanges,
    dimensions::{COUNT, place},
    facts::{DayTotal, Fact, FactBatch, SpendChange},
};
use warehouse::{
    Error, Publish, Published, Warehouse,
    sqlserver::{SqlServer, Timing},
};

#[tokio::test]
async fn a_deadlock_victim_publishes_again() {
    let (server, mut warehouse) = start().await;
    for code in [1205, 40501] {
        server.once("INSERT INTO ops.publish_log", error(code));
    }
    let publish = Publish { reset_spend: true, ..Publish::default() };
    let published = warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    assert_eq!(published.map(|published| published.publish_id), Some(1));
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

/// A server that answers a statement wrongly once, and takes three facts.
async fn failing_once(statement: &'static str, answer: Answer) -> (Server, SqlServer) {
    let (server, warehouse) = start().await;
    server.once(statement, answer);
    server.always("INSERT INTO dw.fact_movie_analytics", Answer::Changed(3));
    (server, warehouse)
}

#[tokio::test]
async fn a_deadlock_in_any_statement_is_answered_by_the_whole_transaction() {
    for statement in STATEMENTS {
        let (server, mut warehouse) = failing_once(statement, error(1205)).await;
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
        let (server, mut warehouse) = failing_once(statement, Answer::Gone).await;
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
    server.once("INSERT INTO ops.absorption_log", Answer::Gone);
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    let error = publication.commit(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted(_)), "{error}");
    assert_eq!(server.ran("INSERT INTO ops.absorption_log"), 1);
    let publication = warehouse.begin(Publish::default()).await.unwrap();
    publication.commit(&[]).await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_publish_that_is_not_permitted_is_not_tried_again() {
    for statement in STATEMENTS {
        let (server, mut warehouse) = failing_once(statement, error(229)).await;
        let error = publish_facts(&mut warehouse).await.unwrap_err();
        assert!(matches!(error, Error::Permanent(_)), "{statement}: {error}");
        assert!(error.to_string().contains("add the login to the role etl_writer"), "{error}");
        assert_eq!((server.ran(statement), server.ran("ROLLBACK")), (1, 1), "{statement}");
        // Once it is permitted, the connection serves.
        publish_facts(&mut warehouse).await.unwrap();
        assert_eq!(server.logins(), 1, "{statement}");
    }
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
async fn what_is_sent_is_counted() {
    let (_server, mut warehouse) = start().await;
    assert_eq!(warehouse.sent().unwrap().bytes, 0);
    warehouse.state().await.unwrap();
    let sent = warehouse.sent().unwrap();
    assert!(sent.bytes > 1_000 && sent.rows == 0, "{sent:?}");
}

/// A text of every dimension.
const TEXT: &str = "Zürich \"\\\u{1F3AC}";

/// A publish of three facts of one day, and of the spend of two customers.
async fn publish_facts(warehouse: &mut SqlServer) -> Result<Published, Error> {
    let day = Day(18_742);
    let mut batch = FactBatch::default();
    let codes = batch.texts.each_mut().map(|texts| texts.code(TEXT));
    let with_device = |device| {
        let mut codes = codes;
        codes[place("device")] = device;
        codes
    };
    let [phone, fridge] = ["Mobile", "Fridge"].map(|text| batch.texts[place("device")].code(text));
    for (customer, device) in [(-7, fridge), (i64::MAX, phone), (i64::MAX, fridge)] {
        let codes = with_device(device);
        batch.rows.push(Fact { day, customer, codes, score: 1, count: 2 });
    }
    batch.days.push(DayTotal { day, matched: 6, unmatched: 1 });
    let most = 9_999_999_999_999_999;
    let spend = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: -1 };
    let spend = vec![spend(2, -most), spend(1, most), spend(2, -most)];
    let published_at = "2021-04-26T06:15:04Z".to_owned();
    let publish = Publish { spend, published_at, ..Publish::default() };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(&batch).await?;
    Ok(publication.commit(&[]).await?.unwrap())
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
        let facts = [(-7, 1), (most, 2), (most, 1)].map(|(customer, device)| {
            let mut codes = [1; COUNT];
            codes[place("device")] = device;
            let measures = [20_210_425, customer, 1, 2];
            measures.into_iter().chain(codes).map(Value::from).collect::<Vec<_>>()
        });
        assert_eq!(server.loaded("#staged_fact"), facts);
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
        let number = place("location") as i128 + 1;
        let location = [number.into(), 1.into(), TEXT.into(), Value::Null];
        // One of each dimension, but two devices.
        assert!(texts.len() == COUNT + 1 && texts.contains(&location.to_vec()), "{texts:?}");
        // Rows of the bulk load: facts, customers, a day, and texts.
        assert_eq!(warehouse.sent().unwrap().rows as usize, 3 + 2 + 1 + texts.len());
    }
}

/// A receipt of a rejected file.
fn receipt(number: u32, note: &str) -> Receipt {
    Receipt {
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
        bytes_hash: None,
        parquet: None,
        quarantine: None,
        refusal: None,
        rows: Rows::default(),
        min_id: None,
        max_id: Some(i64::MAX),
        id_ranges: IdRanges::default(),
        days: Default::default(),
        extra_columns: vec![note.to_owned()],
    }
}

#[tokio::test]
async fn receipts_are_staged_whole_however_long_they_are() {
    let (server, mut warehouse) = start().await;
    let receipts = vec![receipt(1, "\"short\""), receipt(2, &"x".repeat(40_000))];
    let live = [(receipts[0].path.clone(), Some(1)), ("gone.csv".to_owned(), None)].into();
    let publish = Publish { receipts: receipts.clone(), live, ..Publish::default() };
    warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    let loaded = server.loaded("#staged_receipt");
    assert_eq!(loaded[0][1], receipts[0].path.as_str().into());
    assert_eq!((&loaded[0][13], &loaded[0][14]), (&Value::Null, &i128::from(i64::MAX).into()));
    let body = serde_json::to_string(&receipts[0]).unwrap();
    assert_eq!(loaded[0][16], body.as_str().into());
    assert_eq!(loaded[1][16], "{}".into());
    assert_eq!(server.ran("UPDATE #staged_receipt SET body = @P1"), 1);
    assert_eq!(server.ran(&"x".repeat(40_000)), 1);
    let live = server.loaded("#staged_live");
    assert!(live.contains(&vec!["gone.csv".into(), Value::Null]), "{live:?}");
}

#[tokio::test]
async fn receipts_without_effect_are_absorbed_under_the_lock_and_logged_as_no_publish() {
    let (server, mut warehouse) = start().await;
    let publish = Publish { receipts: vec![receipt(1, "")], ..Publish::default() };
    server.once("INSERT INTO ops.absorption_log", error(1205));
    let done = warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    assert_eq!(done, None);
    assert_eq!((server.ran("sp_getapplock"), server.ran("INSERT INTO ops.load_history")), (2, 2));
    assert_eq!(server.ran("INSERT INTO ops.publish_log"), 0);
}

#[tokio::test]
async fn an_absorption_while_a_publish_builds_its_facts_is_noticed_at_the_commit() {
    let (server, mut warehouse) = start().await;
    let publish = Publish { receipts: vec![receipt(1, "")], ..Publish::default() };
    let publication = warehouse.begin(publish).await.unwrap();
    server.once("FROM ops.absorption_log", Answer::Absorbed(1));
    let error = publication.commit(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Moved), "{error}");
    assert_eq!(server.ran("INSERT INTO ops.load_history"), 0);
    assert_eq!((server.ran("ROLLBACK"), server.logins()), (1, 1));
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

/// How fast the program and its driver put rows on the wire. The stand-in only takes them: what a
/// server makes of them is measured by `rows_are_loaded_by_bulk` of the conformance suite.
#[tokio::test]
#[ignore = "a measurement: run it with --release and -- --ignored --nocapture"]
async fn how_fast_rows_are_sent() {
    const BULK: i64 = 500_000;
    let (server, warehouse) = start().await;
    let mut warehouse = warehouse.with_timing(Timing::default());
    let batch = facts(BULK);
    let mut publication = warehouse.begin(Publish::default()).await.unwrap();
    let began = Instant::now();
    publication.replace_days(&batch).await.unwrap();
    let bulk = BULK as f64 / began.elapsed().as_secs_f64();
    drop(publication);
    assert_eq!(server.loaded("#staged_fact").len() as i64, BULK);
    let bytes = warehouse.sent().unwrap().bytes;

    let single = insert_one_by_one(&mut warehouse.client().await.unwrap()).await;
    println!(
        "to a stand-in: {bulk:.0} rows/s by bulk ({bytes} bytes), {single:.0} rows/s by inserts"
    );
}
