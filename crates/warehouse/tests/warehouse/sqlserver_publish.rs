//! What a publish sends to SQL Server and what it does when that breaks, against a stand-in.

use std::{collections::BTreeMap, time::Instant};

use crate::sqlserver_live::{facts, insert_one_by_one};
use crate::tds::{Answer, Server, Value, client::start, error};
use lake::{Receipt, Rows, State};
use pipeline::{
    Dataset, Day, IdRanges,
    dimensions::{COUNT, place},
    facts::{DayTotal, Fact, FactBatch, SpendChange},
};
use warehouse::{
    Error, HeldCustomer, Publish, Published, RefusedDay, Warehouse,
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

/// One text of each round trip within the transaction of a publish.
const TRANSACTION: [&str; 4] =
    ["BEGIN TRANSACTION", "sp_getapplock", "INSERT INTO ops.publish_log", "COMMIT TRANSACTION"];

/// A server that answers a statement wrongly once, and takes three facts.
async fn failing_once(statement: &'static str, answer: Answer) -> (Server, SqlServer) {
    let (server, warehouse) = start().await;
    server.once(statement, answer);
    server.always("AS rows_inserted", Answer::Counted([0, 3, 0]));
    (server, warehouse)
}

#[tokio::test]
async fn a_publish_of_a_day_takes_at_most_twelve_round_trips() {
    for spend_changes in [true, false] {
        let (server, mut warehouse) = failing_once("in no statement", Answer::Gone).await;
        // Connected, as whoever has read the state is.
        warehouse.state().await.unwrap();
        let before = server.round_trips();
        let publish = Publish {
            receipts: vec![receipt(1, ""), receipt(2, "")],
            live: [(receipt(1, "").path, Some(1)), ("gone.csv".to_owned(), None)].into(),
            ..publish_of(spend_changes)
        };
        let refused = [RefusedDay {
            day: Day(18_743),
            publish_id: 0,
            since: String::new(),
            check: "day_shrinks".to_owned(),
            detail: "has 1 review instead of 100".to_owned(),
        }];
        let mut publication = warehouse.begin(publish).await.unwrap();
        publication.replace_days(&three_facts()).await.unwrap();
        publication.commit(&refused).await.unwrap().unwrap();
        let round_trips = server.round_trips() - before;
        assert_eq!(round_trips, if spend_changes { 12 } else { 11 });
    }
}

#[tokio::test]
async fn a_rehearsal_runs_all_statements_and_rolls_them_back() {
    let (server, mut warehouse) = failing_once("in no statement", Answer::Gone).await;
    let mut publication = warehouse.begin(publish_of(true)).await.unwrap();
    publication.replace_days(&three_facts()).await.unwrap();
    let rehearsed = publication.rehearse(&[]).await.unwrap().unwrap();
    assert_eq!((rehearsed.publish_id, rehearsed.rows_inserted), (1, 3));
    assert_eq!((server.ran("ROLLBACK"), server.ran("COMMIT")), (1, 0));
    // The same connection publishes.
    assert_eq!(publish_facts(&mut warehouse).await.unwrap(), rehearsed);
    assert_eq!((server.ran("ROLLBACK"), server.ran("COMMIT"), server.logins()), (1, 1, 1));
}

#[tokio::test]
async fn a_deadlock_in_any_statement_is_answered_by_the_whole_transaction() {
    for statement in TRANSACTION {
        let (server, mut warehouse) = failing_once(statement, error(1205)).await;
        let published = publish_facts(&mut warehouse).await.unwrap();
        assert_eq!((published.publish_id, published.rows_inserted), (1, 3), "{statement}");
        assert_eq!((server.ran("ROLLBACK"), server.logins()), (1, 1), "{statement}");
        assert_eq!(server.ran("BEGIN TRANSACTION"), 2, "{statement}");
        assert_eq!(server.loaded("#staged_fact").len(), 3, "{statement}: staged once");
    }
}

#[tokio::test]
async fn a_connection_lost_anywhere_in_a_publish_leaves_nothing_for_the_next() {
    let before = ["CREATE TABLE #staged_fact", "OPENJSON(@P2)"];
    let loads = ["INSERT BULK #staged_fact", "INSERT BULK #staged_row"];
    for statement in TRANSACTION.into_iter().chain(before).chain(loads) {
        let (server, mut warehouse) = failing_once(statement, Answer::Gone).await;
        match publish_facts(&mut warehouse).await {
            Err(Error::Interrupted(_)) => {
                let published = publish_facts(&mut warehouse).await.unwrap();
                assert_eq!(published.rows_inserted, 3, "{statement}");
            }
            // Before facts are staged, another connection does as well.
            Ok(_) => assert!(before.contains(&statement), "{statement}"),
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
    for statement in TRANSACTION {
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

/// Three facts of one day.
pub(crate) fn three_facts() -> FactBatch {
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
    batch.days.push(DayTotal { day, matched: 6, unmatched: 1, other_customers: 0 });
    batch
}

/// With the spend of two customers, or none.
pub(crate) fn publish_of(spend_changes: bool) -> Publish {
    let most = 9_999_999_999_999_999;
    let spend = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: -1 };
    let spend = vec![spend(2, -most), spend(1, most), spend(2, -most)];
    let spend = if spend_changes { spend } else { Vec::new() };
    Publish { spend, published_at: "2021-04-26T06:15:04Z".to_owned(), ..Publish::default() }
}

/// A publish of three facts of one day, and of the spend of two customers.
async fn publish_facts(warehouse: &mut SqlServer) -> Result<Published, Error> {
    let mut publication = warehouse.begin(publish_of(true)).await?;
    publication.replace_days(&three_facts()).await?;
    Ok(publication.commit(&[]).await?.unwrap())
}

#[tokio::test]
async fn everything_is_staged_by_bulk() {
    for loose in [false, true] {
        let (server, mut warehouse) = start().await;
        if loose {
            server.is_loose();
        }
        server.once("AS rows_inserted", Answer::Counted([5, 3, 9]));
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
        // In 1/100,000.
        for spend in [
            r#"{"customerid":1,"amount_e5":999999999999999900,"purchases":-1}"#,
            r#"{"customerid":2,"amount_e5":-1999999999999999800,"purchases":-2}"#,
        ] {
            assert_eq!(server.ran(spend), 1, "{spend}");
        }
        let day: [(&str, Value); 9] = [
            ("kind", "day".into()),
            ("id_dim_date", 20_210_425.into()),
            ("log_date", "2021-04-25".into()),
            ("day", 25.into()),
            ("month", 4.into()),
            ("year", 2_021.into()),
            ("season", "Spring".into()),
            ("matched", 6.into()),
            ("unmatched", 1.into()),
        ];
        assert_eq!(server.staged("day"), [day.into()]);
        let texts = server.staged("text");
        let number = place("location") as i128 + 1;
        let location: [(&str, Value); 4] = [
            ("kind", "text".into()),
            ("dimension", number.into()),
            ("code", 1.into()),
            ("text", TEXT.into()),
        ];
        // One of each dimension, but two devices.
        assert!(texts.len() == COUNT + 1 && texts.contains(&location.into()), "{texts:?}");
        // Rows that were sent: facts, customers, a day, and texts.
        assert_eq!(warehouse.sent().unwrap().rows as usize, 3 + 2 + 1 + texts.len());
    }
}

#[tokio::test]
async fn customers_whose_total_does_not_fit_are_loaded_and_recorded() {
    let (server, mut warehouse) = start().await;
    server.once("AS is_contradicted", Answer::Unfit(1));
    let change = |customer, amount_milli| SpendChange { customer, amount_milli, purchases: 1 };
    let before = HeldCustomer {
        customer: 2,
        amount_milli: i128::MIN,
        publish_id: 9,
        since: "2021-04-25T06:15:04Z".to_owned(),
        ..HeldCustomer::default()
    };
    let publish = Publish {
        published_at: "2021-04-26T06:15:04Z".to_owned(),
        spend: vec![change(1, 7), change(2, 1), change(3, 5)],
        held: vec![before],
        ..Publish::default()
    };
    let mut publication = warehouse.begin(publish).await.unwrap();
    publication.held().iter_mut().for_each(|held| held.detail = TEXT.to_owned());
    publication.commit(&[]).await.unwrap();
    let row = |customer: i128, amount: i128, publish_id: i128, since: &str| -> Vec<Value> {
        let (amount, detail) = (amount.to_string(), TEXT);
        vec![
            customer.into(),
            (&*amount).into(),
            1.into(),
            publish_id.into(),
            since.into(),
            detail.into(),
        ]
    };
    let held =
        [row(1, 7, 1, "2021-04-26T06:15:04"), row(2, i128::MIN + 1, 9, "2021-04-25T06:15:04")];
    assert_eq!(server.loaded("#staged_held"), held);
    for statement in
        ["DELETE FROM #staged_spend\nWHERE", "DELETE FROM ops.held", "INSERT INTO ops.held"]
    {
        assert_eq!(server.ran(statement), 1, "{statement}");
    }
    // A publish without such customers sends none of these statements.
    let publish = Publish { spend: vec![change(3, 5)], ..Publish::default() };
    warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    assert_eq!(server.ran("INSERT INTO ops.held"), 1);
}

#[tokio::test]
async fn spend_of_many_customers_is_staged_by_bulk() {
    let (server, mut warehouse) = start().await;
    let spend = |customer| SpendChange { customer, amount_milli: 15_300, purchases: 1 };
    let publish = Publish { spend: (0..1_001).map(spend).collect(), ..Publish::default() };
    warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    let staged = server.loaded("#staged_spend");
    let last: [Value; 3] = [1_000.into(), 1_530_000.into(), 1.into()];
    assert_eq!((staged.len(), staged.last()), (1_001, Some(&last.to_vec())));
    assert_eq!(warehouse.sent().unwrap().rows, 1_001);
}

/// A receipt of a rejected file.
pub(crate) fn receipt(number: u32, note: &str) -> Receipt {
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
        source_at: None,
        duration_ms: 1,
        content_hash: None,
        bytes_hash: None,
        parquet: None,
        quarantine: None,
        erasures: 0,
        restaged: false,
        refusal: None,
        rows: Rows::default(),
        min_id: None,
        max_id: Some(i64::MAX),
        id_ranges: IdRanges::default(),
        days: Default::default(),
        extra_columns: vec![note.to_owned()],
        first_refused: Vec::new(),
        date_orders: Default::default(),
        read_on: None,
    }
}

#[tokio::test]
async fn receipts_are_staged_whole_however_long_they_are() {
    let (server, mut warehouse) = start().await;
    let receipts = vec![receipt(1, "\"short\""), receipt(2, &"x".repeat(40_000))];
    let live = [(receipts[0].path.clone(), Some(1)), ("gone.csv".to_owned(), None)].into();
    let publish = Publish { receipts: receipts.clone(), live, ..Publish::default() };
    warehouse.begin(publish).await.unwrap().commit(&[]).await.unwrap();
    let staged = server.staged("receipt");
    assert_eq!(staged[0]["path"], receipts[0].path.as_str().into());
    assert_eq!(staged[0].get("min_id"), None);
    assert_eq!(staged[0]["max_id"], i128::from(i64::MAX).into());
    let body = serde_json::to_string(&receipts[0]).unwrap();
    assert_eq!(staged[0]["detail"], body.as_str().into());
    assert_eq!(staged[1]["detail"], "{}".into());
    assert_eq!(server.ran("UPDATE #staged_row SET detail = @P1"), 1);
    assert_eq!(server.ran(&"x".repeat(40_000)), 1);
    let live = server.staged("live");
    let gone: [(&str, Value); 2] = [("kind", "live".into()), ("path", "gone.csv".into())];
    assert!(live.contains(&gone.into()), "{live:?}");
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
    server.once("sp_getapplock", Answer::Absorbed(1));
    let error = publication.commit(&[]).await.unwrap_err();
    assert!(matches!(error, Error::Moved), "{error}");
    assert_eq!(server.ran("INSERT INTO ops.load_history"), 0);
    assert_eq!((server.ran("ROLLBACK"), server.logins()), (1, 1));
}

#[tokio::test]
async fn a_fact_that_is_lost_on_the_way_is_noticed() {
    let (server, mut warehouse) = start().await;
    server.once("AS rows_inserted", Answer::Counted([0, 2, 0]));
    let error = publish_facts(&mut warehouse).await.unwrap_err();
    assert!(matches!(error, Error::Permanent(_)), "{error}");
    assert!(error.to_string().contains("took 2 of 3 facts"), "{error}");
    assert_eq!(server.ran("COMMIT TRANSACTION"), 0);
}

#[tokio::test]
async fn facts_of_a_day_in_parts_are_added_up_by_the_server() {
    let (server, mut warehouse) = start().await;
    server.always("AS rows_inserted", Answer::Counted([0, 4, 0]));
    let mut publication = warehouse.begin(publish_of(false)).await.unwrap();
    for _ in 0..2 {
        publication.replace_days(&three_facts()).await.unwrap();
    }
    // Six were sent; some of them had the same grain.
    assert_eq!(publication.commit(&[]).await.unwrap().unwrap().rows_inserted, 4);
    assert_eq!(server.loaded("#staged_fact").len(), 6);
    let [day] = &server.staged("day")[..] else { panic!("the day once") };
    assert_eq!((&day["matched"], &day["unmatched"]), (&12.into(), &2.into()));
    assert_eq!(server.ran("CAST(SUM(keyed.review_count) AS int)"), 1);
}

/// A part of a day: facts with texts of 600 bytes of their own in each dimension.
fn part_with_texts(texts: std::ops::Range<usize>) -> FactBatch {
    let day = Day(18_742);
    let mut batch = FactBatch::default();
    for nth in texts {
        let own = format!("{nth:06}{}", "\u{3042}".repeat(194));
        let codes = batch.texts.each_mut().map(|texts| texts.code(&own));
        batch.rows.push(Fact { day, customer: nth as i64, codes, score: 0, count: 1 });
    }
    let matched = batch.rows.len() as u64;
    batch.days.push(DayTotal { day, matched, unmatched: 0, other_customers: 0 });
    batch
}

#[tokio::test]
async fn texts_that_are_held_stay_few_however_many_a_publish_has() {
    // 21 MB of texts, some of them twice.
    let parts = [0..2_500, 2_500..5_000, 0..2_500];
    let (server, warehouse) = start().await;
    let mut warehouse = warehouse.with_timing(Timing::default());
    server.always("AS rows_inserted", Answer::Counted([0, 1, 0]));
    let mut publication = warehouse.begin(publish_of(false)).await.unwrap();
    let (mut given, mut most_held) = (0, 0);
    for part in parts {
        given += part.len() * COUNT;
        publication.replace_days(&part_with_texts(part)).await.unwrap();
        most_held = most_held.max(given - server.staged("text").len());
    }
    // What is not on the server is held. A text takes about 700 bytes.
    assert!(most_held * 700 < 9 << 20, "{most_held}");
    publication.commit(&[]).await.unwrap();

    // Each code of a fact has one text.
    let staged = server.staged("text");
    let texts: BTreeMap<(i128, i128), &Value> = staged
        .iter()
        .map(|row| ((row["dimension"].number(), row["code"].number()), &row["text"]))
        .collect();
    assert_eq!(texts.len(), staged.len(), "no code twice");
    let facts = server.loaded("#staged_fact");
    assert_eq!(facts.len(), 7_500);
    for fact in facts {
        for place in 0..COUNT {
            let text = texts[&(place as i128 + 1, fact[4 + place].number())];
            let Value::Text(text) = text else { panic!("{text:?}") };
            assert_eq!(text[..6].parse(), Ok(fact[1].number()), "the text of this fact");
        }
    }
}

/// How fast the program and its driver put rows on the wire. The stand-in only takes them: what a
/// server makes of them is measured by `rows_are_loaded_by_bulk` of the stage `tsql-live`.
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
