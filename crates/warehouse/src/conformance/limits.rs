//! Cases: every column takes its limit, see [`pipeline::limits`].

use lake::{Receipt, Refusal, State::*};
use pipeline::{
    FileReason, RowReason,
    dimensions::COUNT,
    limits::{self, AMOUNT_E5, DETAIL, PARQUET, PATH, ROWS, VERSION},
};

use super::{
    Connect, Connected, Done,
    samples::*,
    spend::{MOST_E5, MOST_MILLI, buyers},
};
use crate::{Publish, RefusedDay};

/// The last second that a time can name.
const LAST: &str = "9999-12-31T23:59:59Z";

/// As long as it may be, of characters that take two units.
fn longest(units: usize) -> String {
    "🎬".repeat(units / 2)
}

/// The longest name of a closed list.
fn longest_name(names: impl Iterator<Item = &'static str>) -> &'static str {
    names.max_by_key(|name| name.len()).expect("a name")
}

/// Receipts whose columns are as long and as great as they may be: of a live version, and of a
/// refused file.
fn receipts() -> [Receipt; 2] {
    let folder = "log_reviews/";
    let path = format!("{folder}{}", longest(PATH - folder.len()));
    let reason = *RowReason::ALL.iter().max_by_key(|reason| reason.name().len()).expect("one");
    let mut live = receipt(&path, u32::MAX, Accepted);
    let rows = &mut live.rows;
    (rows.read, rows.staged, rows.duplicate) = (ROWS as u64, ROWS as u64, ROWS as u64);
    rows.refused = ROWS as u64;
    rows.refused_by_reason = [(reason, ROWS as u64), (RowReason::XmlDtd, 1)].into();
    live.parquet = Some(longest(PARQUET));
    live.quarantine = Some(longest(PARQUET));
    let mut refused = receipt("log_reviews/refused.csv", 1, Rejected);
    let reason = *FileReason::ALL.iter().max_by_key(|reason| reason.name().len()).expect("one");
    refused.refusal = Some(Refusal { reason, detail: longest(DETAIL - 1) + "x" });
    for receipt in [&mut live, &mut refused] {
        receipt.etag = longest(VERSION);
        receipt.recipe = longest(VERSION);
        receipt.written_at = LAST.to_owned();
        receipt.source_at = Some(LAST.to_owned());
    }
    [live, refused]
}

/// Publishes what reaches every limit.
async fn fill(warehouse: &mut Connected) -> Done {
    let days = limits::days();
    let text = longest(2 * limits::TEXT_CHARS);
    let facts = [(days[0], i64::MIN, 0, 1), (days[1], i64::MAX, i32::MAX, i32::MAX)];
    let rows = facts.map(|(day, customer, score, count)| Row {
        day,
        customer,
        texts: [Some(text.as_str()); COUNT],
        score,
        count,
    });
    let mut facts = batch(&days, &rows);
    (facts.days[0].matched, facts.days[0].unmatched) = (0, ROWS as u64);
    (facts.days[1].matched, facts.days[1].unmatched) = (ROWS as u64, 0);
    let [live, refused] = receipts();
    let publish = Publish {
        published_at: LAST.to_owned(),
        fact_recipe: longest(VERSION),
        live: [(live.path.clone(), Some(live.number))].into(),
        receipts: vec![live, refused],
        spend: vec![spend(i64::MIN, -MOST_MILLI, 1), spend(i64::MAX, MOST_MILLI, i64::MAX)],
        ..next(warehouse).await?
    };
    publish_all(warehouse, publish, &facts, &[]).await?;

    // Days and customers that are held, with one unit too much to say: it is cut.
    let publish = Publish {
        published_at: LAST.to_owned(),
        fact_recipe: longest(VERSION),
        spend: vec![spend(i64::MIN, i128::MIN, 0), spend(i64::MAX, i128::MAX, i64::MAX)],
        ..next(warehouse).await?
    };
    let mut publication = warehouse.begin(publish).await?;
    publication.held().iter_mut().for_each(|held| held.detail = "x".repeat(DETAIL + 1));
    let check = longest_name(pipeline::facts::Check::ALL.iter().map(|check| check.name()));
    let refused = days.map(|day| RefusedDay::new(day, check, &"x".repeat(DETAIL + 1)));
    publication.commit(&refused).await?.expect("a publish");

    // A commit without effect, of a file whose only id is the greatest, and one with the least.
    let mut unchanged = receipt("log_reviews/other.csv", 1, Unchanged);
    (unchanged.min_id, unchanged.max_id) = (Some(i64::MAX), Some(i64::MIN));
    let nothing = Publish {
        published_at: LAST.to_owned(),
        receipts: vec![unchanged],
        ..next(warehouse).await?
    };
    assert_eq!(warehouse.begin(nothing).await?.commit(&[]).await?, None);
    Ok(())
}

pub async fn every_column_takes_its_limit(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    fill(&mut warehouse).await?;
    let days = limits::days();

    let text = longest(2 * limits::TEXT_CHARS);
    let mut facts = warehouse.facts().await?;
    facts.sort_by_key(|fact| fact.day);
    let found: Vec<_> =
        facts.iter().map(|fact| (fact.day, fact.customer, fact.score, fact.count)).collect();
    let most = i64::from(i32::MAX);
    assert_eq!(found, [(days[0], i64::MIN, 0, 1), (days[1], i64::MAX, most, most)]);
    for fact in &facts {
        assert!(fact.texts.iter().all(|found| *found == text));
        assert_eq!(fact.inserted_at, LAST);
    }
    assert_eq!(AMOUNT_E5, MOST_E5);
    assert_eq!(buyers(&mut warehouse).await?, [(i64::MIN, -AMOUNT_E5), (i64::MAX, AMOUNT_E5)]);

    let state = warehouse.state().await?;
    assert_eq!(state.fact_recipe, Some(longest(VERSION)));
    let [live, refused] = receipts();
    assert_eq!(state.paths[&live.path].live.as_ref(), Some(&live));
    let cut = |detail: &str| detail.len() == DETAIL - 1 + '…'.len_utf8() && detail.ends_with('…');
    for day in &state.refused_days {
        assert!(cut(&day.detail), "{}", day.detail.len());
    }
    assert_eq!(state.refused_days.iter().map(|day| day.day).collect::<Vec<_>>(), days);
    let held: Vec<_> =
        state.held_customers.iter().map(|held| (held.amount_milli, held.purchases)).collect();
    assert_eq!(held, [(i128::MIN, 0), (i128::MAX, i64::MAX)]);
    assert!(state.held_customers.iter().all(|held| held.since == LAST && cut(&held.detail)));

    let mut refusals = warehouse.refusals().await?;
    refusals.sort_by_key(|refusal| refusal.receipt);
    assert_eq!(refusals[0].detail, refused.refusal.map(|refusal| refusal.detail));
    let [_, row, other] = &refusals[..] else { panic!("{refusals:?}") };
    let row = if row.rows == Some(ROWS) { row } else { other };
    assert_eq!((&row.path, row.rows, &row.etag), (&live.path, Some(ROWS), &live.etag));
    assert_eq!(row.quarantine, live.quarantine);

    let lines = warehouse.lines().await?;
    for (number, what) in [
        (ROWS, "rows of a file, logs of a day"),
        (i64::MIN, "an id"),
        (i64::MAX, "an id, purchases"),
        (u32::MAX.into(), "a receipt"),
    ] {
        assert!(lines.iter().any(|line| line.contains(&number.to_string())), "{what}: {lines:#?}");
    }
    Ok(())
}

pub async fn what_a_receipt_has_beyond_a_limit_is_cut(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let [mut receipt, mut refused] = receipts();
    receipt.etag.push('x');
    receipt.recipe.push('x');
    if let Some(refusal) = &mut refused.refusal {
        refusal.detail.push('x');
    }
    let publish = Publish {
        live: [(receipt.path.clone(), Some(receipt.number))].into(),
        receipts: vec![receipt.clone(), refused],
        ..next(&mut warehouse).await?
    };
    assert_eq!(warehouse.begin(publish).await?.commit(&[]).await?, None);
    // Whole in the receipt, as a hash beside it.
    assert_eq!(warehouse.state().await?.paths[&receipt.path].live.as_ref(), Some(&receipt));
    let refusals = warehouse.refusals().await?;
    let etag = |receipt: i64| refusals.iter().find(|row| row.receipt == receipt);
    assert!(etag(u32::MAX.into()).is_some_and(|row| row.etag.starts_with("xxh3-128 ")));
    let detail = etag(1).and_then(|row| row.detail.as_deref()).unwrap_or_default();
    assert!(limits::units(detail) <= DETAIL && detail.ends_with('…'), "{}", detail.len());
    Ok(())
}
