//! Cases: what was absorbed, what is live, and which days were refused.

use lake::State::{Accepted, Failed, Forgotten, Rejected, Unchanged};
use pipeline::Day;

use super::{Inspect, Refused, samples::*};
use crate::{Absorbed, Error, Publish, Published, RefusedDay};

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
    let error = warehouse.begin(again).await.err();
    assert!(matches!(&error, Some(Error::Absorbed { path, receipt: 1 }) if path == A), "{error:?}");
    let state = warehouse.state().await?;
    assert_eq!((state.publish_id, state.paths[A].newest), (1, 1));
    Ok(())
}

pub async fn receipts_alone_take_no_publish_id<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let mut warehouse = connect();
    // Before the first publish, too.
    let only =
        |receipt, publish| Publish { receipts: vec![receipt], only_receipts: true, ..publish };
    let rejected = only(receipt(A, 1, Rejected), next(&mut warehouse).await?);
    let done = warehouse.begin(rejected).await?.commit(&[]).await?;
    assert_eq!(done, Published::default());
    assert_eq!(warehouse.edition().await?, None, "nothing is published");

    publish(&mut warehouse, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    let (state, facts) = (warehouse.state().await?, warehouse.facts().await?);
    let summary = warehouse.summary().await?;
    let unchanged = only(receipt(A, 2, Unchanged), next(&mut warehouse).await?);
    let done = warehouse.begin(unchanged).await?.commit(&[]).await?;
    assert_eq!(done, Published { publish_id: 1, ..Published::default() });
    let mut expected = state;
    expected.paths.insert(A.to_owned(), Absorbed { newest: 2, live: None });
    assert_eq!(connect().state().await?, expected);
    assert_eq!((warehouse.summary().await?, warehouse.facts().await?), (summary, facts));
    let refusals = warehouse.refusals().await?;
    assert!(refusals.iter().any(|refusal| (&*refusal.path, refusal.receipt) == (A, 1)));

    let next = publish(&mut warehouse, &batch(&[MONDAY], &[row(MONDAY, 1)])).await?;
    assert_eq!(next.publish_id, 2);
    Ok(())
}

pub async fn receipts_absorbed_in_between_are_noticed<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let (mut slow, mut quick) = (connect(), connect());
    for only_receipts in [true, false] {
        let publish_id = slow.state().await?.publish_id;
        let (rejected, accepted) = (receipt(A, 1, Rejected), receipt(B, 1, Accepted));
        let receipts =
            if only_receipts { vec![rejected] } else { vec![receipt(A, 2, Rejected), accepted] };
        let stale = Publish { receipts: receipts.clone(), only_receipts, ..next(&mut slow).await? };
        let alone =
            Publish { receipts: receipts[..1].to_vec(), only_receipts: true, ..stale.clone() };
        quick.begin(alone).await?.commit(&[]).await?;
        let done = match slow.begin(stale).await {
            Ok(publication) => publication.commit(&[]).await.err(),
            Err(error) => Some(error),
        };
        assert!(matches!(&done, Some(Error::Absorbed { path, .. }) if path == A), "{done:?}");
        assert!(done.is_some_and(|error| error.is_transient()));
        let state = slow.state().await?;
        assert_eq!(state.publish_id, publish_id);
        assert!(!state.paths.contains_key(B), "all of it or nothing");
    }
    // Others do not get into a publish's way.
    let publish = Publish { receipts: vec![receipt(B, 1, Accepted)], ..next(&mut slow).await? };
    let receipts = vec![receipt(C, 1, Rejected)];
    let alone = Publish { receipts, only_receipts: true, ..next(&mut quick).await? };
    quick.begin(alone).await?.commit(&[]).await?;
    assert_eq!(slow.begin(publish).await?.commit(&[]).await?.publish_id, 1);
    Ok(())
}

pub async fn receipts_alone_are_not_absorbed_over_a_publish<W: Inspect>(
    connect: impl Fn() -> W,
) -> Result<(), Error> {
    let (mut slow, mut quick) = (connect(), connect());
    let receipts = vec![receipt(A, 1, Rejected)];
    let stale = Publish { receipts, only_receipts: true, ..next(&mut slow).await? };
    publish(&mut quick, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    let moved = slow.begin(stale).await.err();
    assert!(matches!(moved, Some(Error::Moved { expected: 0, found: 1 })), "{moved:?}");
    assert!(slow.state().await?.paths.is_empty());
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
