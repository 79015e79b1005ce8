//! Cases: what was absorbed, what is live, and which days were refused.

use lake::State::{Accepted, Failed, Forgotten, Rejected, Unchanged};
use pipeline::Day;

use super::{Inspect, Refused, samples::*};
use crate::{Absorbed, Error, Publish, RefusedDay};

const A: &str = "log_reviews/2021/04/25/a.csv";
const B: &str = "movie_review/größe, \"b\".csv.gz";
const C: &str = "user_purchase/c.csv";

pub async fn receipts_of_each_state_come_back<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    let live = receipt(A, 2, Accepted);
    let receipts = vec![
        receipt(A, 1, Accepted),
        live.clone(),
        receipt(A, 3, Unchanged),
        receipt(A, 4, Rejected),
        receipt(B, 1, Failed),
        receipt(C, 1, Accepted),
        receipt(C, 2, Forgotten),
    ];
    let publish = Publish {
        receipts,
        live: [(A.to_owned(), Some(2)), (C.to_owned(), None)].into(),
        ..next(&mut warehouse).await?
    };
    warehouse.begin(publish).await?.commit(&[]).await?;

    let absorbed = |newest, live| Absorbed { newest, live };
    let expected = [
        (A.to_owned(), absorbed(4, Some(live))),
        (B.to_owned(), absorbed(1, None)),
        (C.to_owned(), absorbed(2, None)),
    ];
    assert_eq!(connect().state().await?.paths, expected.into());
    Ok(())
}

pub async fn receipts_of_any_length_come_back<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    let receipts: Vec<_> = (1..)
        .zip([1, 300, 1_800, 6_000])
        .map(|(number, days)| lake::Receipt {
            days: (0..days).map(|nth| (Day(nth), 1)).collect(),
            ..receipt(&format!("log_reviews/{number}.csv"), number, Accepted)
        })
        .collect();
    let publish = Publish {
        live: receipts.iter().map(|r| (r.path.clone(), Some(r.number))).collect(),
        receipts: receipts.clone(),
        ..next(&mut warehouse).await?
    };
    warehouse.begin(publish).await?.commit(&[]).await?;
    let state = connect().state().await?;
    for receipt in receipts {
        assert_eq!(state.paths[&receipt.path].live.as_ref(), Some(&receipt), "{}", receipt.path);
    }
    Ok(())
}

pub async fn live_versions_change_and_go<W: Inspect>(connect: impl Fn() -> W) -> Result<(), Error> {
    let mut warehouse = connect();
    for (receipts, live, newest) in [
        (vec![receipt(A, 1, Accepted)], Some(1), 1),
        (vec![receipt(A, 2, Accepted)], Some(2), 2),
        (vec![receipt(A, 3, Forgotten)], None, 3),
        (vec![receipt(A, 4, Accepted), receipt(A, 5, Rejected)], Some(4), 5),
        // A version of long ago may come back, and an unchanged one may be named again.
        (vec![], Some(2), 5),
        (vec![], Some(2), 5),
    ] {
        let live_paths = [(A.to_owned(), live)].into();
        let publish = Publish { receipts, live: live_paths, ..next(&mut warehouse).await? };
        warehouse.begin(publish).await?.commit(&[]).await?;
        let state = warehouse.state().await?;
        let found = &state.paths[A];
        assert_eq!((found.newest, found.live.as_ref().map(|r| r.number)), (newest, live));
    }
    // A path that a publish does not name keeps its live version.
    let publish =
        Publish { receipts: vec![receipt(A, 6, Rejected)], ..next(&mut warehouse).await? };
    warehouse.begin(publish).await?.commit(&[]).await?;
    let state = warehouse.state().await?;
    let expected = Absorbed { newest: 6, live: Some(receipt(A, 2, Accepted)) };
    assert_eq!(state.paths[A], expected);
    Ok(())
}

pub async fn a_receipt_is_absorbed_once<W: Inspect>(connect: impl Fn() -> W) -> Result<(), Error> {
    let mut warehouse = connect();
    let publish =
        Publish { receipts: vec![receipt(A, 1, Accepted)], ..next(&mut warehouse).await? };
    warehouse.begin(publish).await?.commit(&[]).await?;
    let again = Publish { receipts: vec![receipt(A, 1, Rejected)], ..next(&mut warehouse).await? };
    let error = refusal(warehouse.begin(again).await);
    assert!(error.starts_with("transient: false") && error.contains(A), "{error}");
    Ok(())
}

pub async fn a_live_version_needs_its_receipt<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    let publish = Publish {
        receipts: vec![receipt(A, 1, Accepted)],
        live: [(A.to_owned(), Some(2))].into(),
        ..next(&mut warehouse).await?
    };
    let error = refusal(warehouse.begin(publish).await);
    assert!(error.starts_with("transient: false") && error.contains(A), "{error}");
    assert!(warehouse.state().await?.paths.is_empty());
    Ok(())
}

pub async fn refused_days_are_listed_until_they_are_built<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 1), row(MONDAY, 2)])).await?;
    let nothing = batch(&[], &[]);
    let shrinks = [refused(TUESDAY, "day_shrinks"), refused(SUNDAY, "day_shrinks")];
    let change = next(&mut warehouse).await?;
    publish_all(&mut warehouse, change, &nothing, &shrinks).await?;
    let listed = |day, publish_id, check| RefusedDay { publish_id, ..refused(day, check) };
    let expected = [listed(SUNDAY, 2, "day_shrinks"), listed(TUESDAY, 2, "day_shrinks")];
    assert_eq!(warehouse.state().await?.refused_days, expected);
    assert_eq!(warehouse.summary().await?.refused_days, expected);
    assert_eq!(warehouse.facts().await?.len(), 2, "the last good rows stay");

    // The newest finding counts.
    let change = next(&mut warehouse).await?;
    publish_all(&mut warehouse, change, &nothing, &[refused(SUNDAY, "score_too_great")]).await?;
    let expected = [listed(SUNDAY, 3, "score_too_great"), listed(TUESDAY, 2, "day_shrinks")];
    assert_eq!(warehouse.state().await?.refused_days, expected);

    // One is built again, even if nothing is left of it; the other stays refused.
    publish(&mut warehouse, &batch(&[SUNDAY], &[])).await?;
    assert_eq!(warehouse.state().await?.refused_days, expected[1..]);
    publish(&mut warehouse, &batch(&[TUESDAY], &[row(TUESDAY, 1)])).await?;
    assert!(warehouse.state().await?.refused_days.is_empty());
    Ok(())
}

pub async fn refusals_are_told_by_file_version_and_reason<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    let receipts = vec![receipt(A, 1, Accepted), receipt(B, 1, Rejected), receipt(C, 1, Failed)];
    let live = [(A.to_owned(), Some(1))].into();
    let publish = Publish { receipts, live, ..next(&mut warehouse).await? };
    warehouse.begin(publish).await?.commit(&[]).await?;
    let publish =
        Publish { receipts: vec![receipt(A, 2, Accepted)], ..next(&mut warehouse).await? };
    warehouse.begin(publish).await?.commit(&[]).await?;

    let row = |number: u32, reason: &str| Refused {
        path: A.to_owned(),
        receipt: number.into(),
        etag: receipt(A, number, Accepted).etag,
        live: number == 1,
        reason: reason.to_owned(),
        rows: Some(1),
        detail: None,
        quarantine: receipt(A, number, Accepted).quarantine,
    };
    let file = receipt(B, 1, Rejected);
    let file = Refused {
        path: B.to_owned(),
        receipt: 1,
        etag: file.etag,
        live: false,
        reason: "missing_column".to_owned(),
        rows: None,
        detail: file.refusal.map(|refusal| refusal.detail),
        quarantine: None,
    };
    let mut found = connect().refusals().await?;
    found.sort();
    let expected =
        [row(1, "bad_date"), row(1, "xml_dtd"), row(2, "bad_date"), row(2, "xml_dtd"), file];
    assert_eq!(found, expected);
    Ok(())
}

fn refused(day: Day, check: &str) -> RefusedDay {
    RefusedDay {
        day,
        publish_id: 0,
        check: check.to_owned(),
        detail: format!("{day} has 1 review in `log_reviews\\\"größe\"` instead of 100"),
    }
}
