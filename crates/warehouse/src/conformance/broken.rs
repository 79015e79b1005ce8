//! Cases: interrupted publishers, and publishers side by side.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll::{Pending, Ready},
};

use futures_util::future::join_all;
use pipeline::{Day, dimensions};

use super::{Connect, Connected, Done, samples::*};
use crate::{Error, Head, Publish, Published};

/// What is read back: all of it follows from the number of the newest publish.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    publish_id: i64,
    /// Day, customer, location, 1/100,000 and reviews of each fact.
    facts: Vec<(Day, i64, String, i64, i64)>,
    spend: Vec<(i64, i64)>,
    reviews_of_days: u64,
}

pub async fn a_publish_interrupted_anywhere_is_there_whole_or_not_at_all(
    connect: Connect<'_>,
) -> Done {
    change(&mut connect(), 0).await?;
    let mut polls = 0;
    loop {
        let before = seen(&mut connect()).await?;
        assert_eq!(before, expected(before.publish_id));
        let mut warehouse = connect();
        let done = for_polls(change(&mut warehouse, before.publish_id), polls).await;
        // With it go its connection and whatever it holds.
        drop(warehouse);
        let after = seen(&mut connect()).await?;
        assert_eq!(after, expected(after.publish_id), "interrupted after {polls} polls");
        match done {
            None => assert!((0..=1).contains(&(after.publish_id - before.publish_id))),
            Some(Ok(published)) => {
                assert_eq!(after.publish_id, published.publish_id);
                return Ok(());
            }
            // The one before was committed after all, when this one had begun.
            Some(Err(Error::Moved)) => continue,
            Some(Err(error)) => return Err(error),
        }
        polls += 1 + polls / 6;
    }
}

pub async fn of_publishers_side_by_side_one_comes_first(connect: Connect<'_>) -> Done {
    let works = (0..4).map(|nth| {
        let mut warehouse = connect();
        async move {
            let rows: Vec<_> = (0..500).map(|customer| row(day(nth), customer)).collect();
            let change = Publish { published_at: PUBLISHED_AT.to_owned(), ..Publish::default() };
            publish_all(&mut warehouse, change, &batch(&[day(nth)], &rows), &[]).await
        }
    });
    let (mut first, mut moved) = (0, 0);
    for outcome in join_all(works).await {
        match outcome {
            Ok(published) => first += published.publish_id,
            Err(Error::Moved) => moved += 1,
            Err(error) => return Err(error),
        }
    }
    assert_eq!((first, moved), (1, 3));
    assert_eq!(connect().summary().await?.facts, 500);
    Ok(())
}

pub async fn publishers_that_begin_again_all_get_there(connect: Connect<'_>) -> Done {
    let works = (0..3).map(|nth| {
        let mut warehouse = connect();
        async move {
            let own = format!("Place {nth}");
            let rows = [row(day(nth), 1), row(day(nth), 2).with("location", &own)];
            loop {
                let bought = vec![spend(1, 1_000, 1)];
                let facts = batch(&[day(nth)], &rows);
                match publish_with_spend(&mut warehouse, bought, &facts).await {
                    Err(Error::Moved) => {}
                    outcome => return outcome,
                }
            }
        }
    });
    for outcome in join_all(works).await {
        outcome?;
    }
    let mut warehouse = connect();
    let summary = warehouse.summary().await?;
    assert_eq!(
        (summary.publish_id, summary.facts, summary.members[dimensions::place("location")]),
        (3, 6, 4)
    );
    // All three bought for customer 1, and each of his facts shows it.
    let amounts = warehouse.amounts().await?;
    let newest = amounts.iter().filter(|(_, customer, e5)| (*customer, *e5) == (1, 300_000));
    assert_eq!(newest.count(), 3, "{amounts:?}");
    Ok(())
}

fn day(nth: i32) -> Day {
    Day(SUNDAY.0 + nth)
}

/// Replaces two days, one of which shrinks and grows, and adds to what customer 1 has spent.
async fn change(warehouse: &mut Connected, newest: i64) -> Result<Published, Error> {
    let place = place(newest + 1);
    let row = |day, customer| row(day, customer).with("location", &place);
    let mut rows: Vec<_> =
        (0..customers(newest + 1)).map(|customer| row(SUNDAY, customer)).collect();
    rows.push(row(MONDAY, 1));
    let facts = batch(&[SUNDAY, MONDAY], &rows);
    let expected = Head { publish_id: newest, absorption_id: 0 };
    let change = Publish { expected, spend: vec![spend(1, 1_000, 1)], ..next(warehouse).await? };
    publish_all(warehouse, change, &facts, &[]).await
}

fn place(publish_id: i64) -> String {
    format!("Place {publish_id}")
}

fn customers(publish_id: i64) -> i64 {
    1 + publish_id % 5
}

fn expected(publish_id: i64) -> Seen {
    let spent = publish_id * 100_000;
    let fact = |day, customer| {
        let amount = if customer == 1 { spent } else { 0 };
        (day, customer, place(publish_id), amount, 1)
    };
    let mut facts: Vec<_> = (0..customers(publish_id)).map(|n| fact(SUNDAY, n)).collect();
    facts.push(fact(MONDAY, 1));
    let reviews_of_days = facts.len() as u64;
    Seen { publish_id, facts, spend: vec![(1, spent)], reviews_of_days }
}

/// Read again where a publish came in between.
async fn seen(warehouse: &mut Connected) -> Result<Seen, Error> {
    loop {
        let publish_id = warehouse.state().await?.head.publish_id;
        let mut facts: Vec<_> = warehouse
            .facts()
            .await?
            .into_iter()
            .map(|f| {
                (
                    f.day,
                    f.customer,
                    f.text("location").to_owned(),
                    (f.amount_spent * 1e5).round() as i64,
                    f.count,
                )
            })
            .collect();
        facts.sort();
        let spend = warehouse.spend().await?;
        let counts = warehouse.day_counts(None).await?;
        let reviews_of_days = counts.values().map(|count| count.reviews).sum();
        if warehouse.state().await?.head.publish_id == publish_id {
            return Ok(Seen { publish_id, facts, spend, reviews_of_days });
        }
    }
}

/// Polls so often at most; none where the work has not ended then.
async fn for_polls<T>(work: impl Future<Output = T>, polls: u32) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(|context| {
        if left == 0 {
            return Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Ready(done) => Ready(Some(done)),
            Pending => Pending,
        }
    })
    .await
}
