//! Cases: what was absorbed, what is live, and which days were refused.

use chrono::TimeDelta;
use lake::{
    Receipt,
    State::{Accepted, Failed, Forgotten, Loaded, Rejected, Unchanged},
};
use pipeline::Day;

use super::{Connect, Connected, Done, Refused, samples::*};
use crate::{Absorbed, Error, Head, Publish, Published, RefusedDay, dashboard::Filter};

const A: &str = "log_reviews/2021/04/25/a.csv";
const B: &str = "movie_review/größe, \"b\".csv.gz";
const C: &str = "user_purchase/c.csv";

pub async fn receipts_of_each_state_come_back(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let live = receipt(A, 2, Accepted);
    let receipts = [
        receipt(A, 1, Accepted),
        live.clone(),
        receipt(A, 3, Unchanged),
        receipt(A, 4, Rejected),
        receipt(B, 1, Failed),
        receipt(C, 1, Accepted),
        receipt(C, 2, Forgotten),
    ];
    absorb(&mut warehouse, receipts, &[(A, Some(2)), (C, None)]).await?;

    let absorbed = |newest, live| Absorbed { newest, written_at: PUBLISHED_AT.to_owned(), live };
    let expected = [
        (A.to_owned(), absorbed(4, Some(live))),
        (B.to_owned(), absorbed(1, None)),
        (C.to_owned(), absorbed(2, None)),
    ];
    assert_eq!(connect().state().await?.paths, expected.into());
    Ok(())
}

pub async fn receipts_of_any_length_come_back(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let receipts: Vec<_> = (1..)
        .zip([1, 300, 1_800, 6_000])
        .map(|(number, days)| Receipt {
            days: (0..days).map(|nth| (Day(nth), 1)).collect(),
            ..receipt(&format!("log_reviews/{number}.csv"), number, Accepted)
        })
        .collect();
    let live: Vec<_> = receipts.iter().map(|r| (&*r.path, Some(r.number))).collect();
    absorb(&mut warehouse, receipts.clone(), &live).await?;
    let state = connect().state().await?;
    for receipt in receipts {
        assert_eq!(state.paths[&receipt.path].live.as_ref(), Some(&receipt), "{}", receipt.path);
    }
    Ok(())
}

pub async fn latency_is_counted_from_the_last_write_of_a_file(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let at = |ago| (lake::now() - TimeDelta::seconds(ago)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let took = |path, number, state, staged: i64| Receipt {
        source_at: Some(at(1_000)),
        written_at: at(1_000 - staged),
        ..receipt(path, number, state)
    };
    // Neither a version that counted before nor one that counts nowhere took any time.
    let receipts = [
        took(A, 1, Accepted, 4),
        took(A, 2, Accepted, 9),
        receipt(A, 3, Accepted),
        took(A, 4, Rejected, 700),
        took(B, 1, Accepted, -5),
        took(C, 1, Loaded, 1),
    ];
    absorb(&mut warehouse, receipts, &[]).await?;
    let latency = connect().summary().await?.latency;
    assert_eq!(connect().dashboard(&Filter::default()).await?.latency, latency);
    let staged: Vec<_> = latency
        .iter()
        .map(|of| (of.dataset.name(), of.files, [of.staged.p50, of.staged.p95, of.staged.p99]))
        .collect();
    let expected = [
        ("classified_movie_review", 1, [0; 3]),
        ("review_logs", 2, [4, 9, 9]),
        ("user_purchase", 1, [1; 3]),
    ];
    assert_eq!(staged, expected);
    let published: Vec<_> = latency.iter().map(|of| of.published.map(|of| of.p95)).collect();
    let just_now = |seconds: &Option<u64>| seconds.is_some_and(|of| (998..1_500).contains(&of));
    assert!(published[..2].iter().all(just_now) && published[2].is_none(), "{published:?}");
    Ok(())
}

pub async fn live_versions_change_and_go(connect: Connect<'_>) -> Done {
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
        absorb(&mut warehouse, receipts, &[(A, live)]).await?;
        let state = warehouse.state().await?;
        let found = &state.paths[A];
        assert_eq!((found.newest, found.live.as_ref().map(|r| r.number)), (newest, live));
    }
    // A path that a publish does not name keeps its live version.
    absorb(&mut warehouse, [receipt(A, 6, Rejected)], &[]).await?;
    let state = warehouse.state().await?;
    let expected = Absorbed {
        newest: 6,
        written_at: PUBLISHED_AT.to_owned(),
        live: Some(receipt(A, 2, Accepted)),
    };
    assert_eq!(state.paths[A], expected);
    Ok(())
}

pub async fn a_receipt_is_absorbed_once(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    absorb(&mut warehouse, [receipt(A, 1, Accepted)], &[]).await?;
    let before = warehouse.state().await?;
    let again = change(&mut warehouse, [receipt(A, 1, Rejected)], &[]).await?;
    let error = commit(&mut warehouse, again).await.err();
    assert!(matches!(error, Some(Error::Permanent(_) | Error::Transient(_))), "{error:?}");
    assert_eq!(warehouse.state().await?, before);
    Ok(())
}

pub async fn receipts_without_effect_take_no_publish_id(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    // Before the first publish, too: a rejected file, and reviews whose logs are not there yet.
    absorb(&mut warehouse, [receipt(A, 1, Rejected)], &[]).await?;
    absorb(&mut warehouse, [receipt(B, 1, Accepted)], &[(B, Some(1))]).await?;
    assert_eq!(warehouse.latest_publish().await?, None, "nothing is published");
    let state = connect().state().await?;
    assert_eq!(state.head, Head { publish_id: 0, absorption_id: 2 });
    assert_eq!(state.paths[B].live, Some(receipt(B, 1, Accepted)));
    let freshness = warehouse.dashboard(&Filter::default()).await?.freshness;
    let live = freshness.iter().find(|f| f.dataset == "classified_movie_review");
    assert_eq!(live.map(|f| f.live), Some(1), "what is absorbed is shown");

    publish(&mut warehouse, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    let (latest, facts) = (warehouse.latest_publish().await?, warehouse.facts().await?);
    let summary = warehouse.summary().await?;
    absorb(&mut warehouse, [receipt(A, 2, Unchanged)], &[]).await?;
    assert_eq!(connect().state().await?.head, Head { publish_id: 1, absorption_id: 3 });
    assert_ne!(warehouse.latest_publish().await?, latest, "pages show how new files are");
    assert_eq!((warehouse.summary().await?, warehouse.facts().await?), (summary, facts));

    let next = publish(&mut warehouse, &batch(&[MONDAY], &[row(MONDAY, 1)])).await?;
    assert_eq!(next.publish_id, 2);
    Ok(())
}

pub async fn an_absorption_in_between_is_noticed(connect: Connect<'_>) -> Done {
    let (mut slow, mut quick) = (connect(), connect());
    for (number, state) in [(1, Rejected), (2, Accepted)] {
        // Computed before the other one absorbs a receipt of another path, committed after it.
        let stale = change(&mut slow, [receipt(B, 1, Accepted)], &[]).await?;
        let stale = Publish { spend: vec![spend(1, 1_000, 1)], ..stale };
        let live = (state == Accepted).then_some(number);
        absorb(&mut quick, [receipt(A, number, state)], &[(A, live)]).await?;
        let error = commit(&mut slow, stale).await.err();
        assert!(matches!(error, Some(Error::Moved)), "{state:?}: {error:?}");
        assert!(slow.spend().await?.is_empty(), "all of it or nothing");
        assert!(!slow.state().await?.paths.contains_key(B), "all of it or nothing");
    }
    Ok(())
}

pub async fn nothing_is_absorbed_over_a_publish(connect: Connect<'_>) -> Done {
    let (mut slow, mut quick) = (connect(), connect());
    let stale = change(&mut slow, [receipt(A, 1, Rejected)], &[]).await?;
    publish(&mut quick, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    let moved = commit(&mut slow, stale).await.err();
    assert!(matches!(moved, Some(Error::Moved)), "{moved:?}");
    assert!(slow.state().await?.paths.is_empty());
    Ok(())
}

pub async fn a_live_version_needs_its_receipt(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let stray = change(&mut warehouse, [receipt(A, 1, Accepted)], &[(A, Some(2))]).await?;
    let error = commit(&mut warehouse, stray).await.err();
    let names = |text: &str| text.contains(A);
    assert!(matches!(&error, Some(Error::Permanent(text)) if names(text)), "{error:?}");
    assert!(warehouse.state().await?.paths.is_empty());
    Ok(())
}

pub async fn refused_days_are_listed_until_they_are_built(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 1), row(MONDAY, 2)])).await?;
    let nothing = batch(&[], &[]);
    let shrinks = [refused(TUESDAY, "day_shrinks"), refused(SUNDAY, "day_shrinks")];
    let change = next(&mut warehouse).await?;
    publish_all(&mut warehouse, change, &nothing, &shrinks).await?;
    let since = || PUBLISHED_AT.to_owned();
    let listed =
        |day, publish_id, check| RefusedDay { publish_id, since: since(), ..refused(day, check) };
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

pub async fn refusals_are_listed_by_file_version_and_reason(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let receipts = [receipt(A, 1, Accepted), receipt(B, 1, Rejected), receipt(C, 1, Failed)];
    absorb(&mut warehouse, receipts, &[(A, Some(1))]).await?;
    absorb(&mut warehouse, [receipt(A, 2, Accepted)], &[]).await?;

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

/// A publish of these receipts, with the live receipt of each path.
async fn change(
    warehouse: &mut Connected,
    receipts: impl Into<Vec<Receipt>>,
    live: &[(&str, Option<u32>)],
) -> Result<Publish, Error> {
    let live = live.iter().map(|(path, number)| ((*path).to_owned(), *number)).collect();
    Ok(Publish { receipts: receipts.into(), live, ..next(warehouse).await? })
}

/// Some warehouses refuse a publish when it begins, others when it is committed.
async fn commit(warehouse: &mut Connected, publish: Publish) -> Result<Option<Published>, Error> {
    warehouse.begin(publish).await?.commit(&[]).await
}

/// As [`change`], committed, which has no effect.
async fn absorb(
    warehouse: &mut Connected,
    receipts: impl Into<Vec<Receipt>>,
    live: &[(&str, Option<u32>)],
) -> Done {
    let publish = change(warehouse, receipts, live).await?;
    assert_eq!(commit(warehouse, publish).await?, None);
    Ok(())
}

fn refused(day: Day, check: &str) -> RefusedDay {
    RefusedDay {
        day,
        publish_id: 0,
        since: String::new(),
        check: check.to_owned(),
        detail: format!("{day} has 1 review in `log_reviews\\\"größe\"` instead of 100"),
    }
}
