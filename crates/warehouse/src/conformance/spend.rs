//! Cases: money is exact, and each fact shows the newest spend of its customer.

use super::{Connect, Connected, Done, samples::*};
use crate::{Error, Publish};

/// 9,999,999,999,999.999: the greatest number of thousandths within decimal(18,5).
pub(super) const MOST_MILLI: i128 = 9_999_999_999_999_999;
pub(super) const MOST_E5: i64 = 999_999_999_999_999_900;

pub async fn spend_reaches_all_days_of_its_customer_and_no_other(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let tablet = row(SUNDAY, 1).with("device", "Tablet");
    let rows = [row(SUNDAY, 1), tablet, row(SUNDAY, 2), row(MONDAY, 1), row(MONDAY, 3)];
    let bought = vec![spend(1, 1_000, 1), spend(2, 2_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY, MONDAY], &rows)).await?;
    let expected =
        [(SUNDAY, 1, 100_000), (SUNDAY, 2, 200_000), (MONDAY, 1, 100_000), (MONDAY, 3, 0)];
    assert_eq!(amounts(&mut warehouse).await?, expected);

    // No day is built again; customer 4 has no facts.
    let bought = vec![spend(1, 500, 1), spend(3, 7, 2), spend(4, 4_000, 1)];
    let published = publish_with_spend(&mut warehouse, bought, &batch(&[], &[])).await?;
    assert_eq!((published.rows_respent, published.rows_deleted), (4, 0));
    let expected =
        [(SUNDAY, 1, 150_000), (SUNDAY, 2, 200_000), (MONDAY, 1, 150_000), (MONDAY, 3, 700)];
    assert_eq!(amounts(&mut warehouse).await?, expected);
    let expected = [(1, 150_000), (2, 200_000), (3, 700), (4, 400_000)];
    assert_eq!(buyers(&mut warehouse).await?, expected);
    Ok(())
}

pub async fn only_facts_outside_the_replaced_days_count_as_respent(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let days = [SUNDAY, MONDAY, TUESDAY];
    let rows = days.map(|day| row(day, 1));
    let first = publish(&mut warehouse, &batch(&days, &rows)).await?;
    assert_eq!(first.rows_respent, 0);
    let bought = vec![spend(1, 1, 1)];
    let published =
        publish_with_spend(&mut warehouse, bought, &batch(&[MONDAY], &[row(MONDAY, 1)])).await?;
    assert_eq!(
        (published.rows_respent, published.rows_deleted, published.rows_inserted),
        (2, 1, 1)
    );
    assert_eq!(amounts(&mut warehouse).await?, days.map(|day| (day, 1, 100)));
    Ok(())
}

pub async fn unchanged_totals_change_no_facts(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let bought = vec![spend(1, 5_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    // A purchase is split in two, another is free of charge.
    let split = vec![spend(1, -5_000, -1), spend(1, 2_000, 1), spend(1, 3_000, 2)];
    let published = publish_with_spend(&mut warehouse, split, &batch(&[], &[])).await?;
    assert_eq!(published.rows_respent, 0);
    assert_eq!(amounts(&mut warehouse).await?, [(SUNDAY, 1, 500_000)]);
    // One of now three purchases goes; the customer stays a buyer.
    publish_with_spend(&mut warehouse, vec![spend(1, 0, -1)], &batch(&[], &[])).await?;
    assert_eq!(buyers(&mut warehouse).await?, [(1, 500_000)]);
    Ok(())
}

pub async fn the_last_purchase_takes_its_buyer_away(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [row(SUNDAY, 1), row(MONDAY, 1)];
    let bought = vec![spend(1, 5_000, 2), spend(2, 1_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY, MONDAY], &rows)).await?;
    let gone = vec![spend(1, -5_000, -2)];
    let published = publish_with_spend(&mut warehouse, gone, &batch(&[], &[])).await?;
    assert_eq!(published.rows_respent, 2);
    assert_eq!(buyers(&mut warehouse).await?, [(2, 100_000)]);
    assert_eq!(amounts(&mut warehouse).await?, [(SUNDAY, 1, 0), (MONDAY, 1, 0)]);
    Ok(())
}

pub async fn a_reset_forgets_all_spend(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [1, 2, 3].map(|customer| row(SUNDAY, customer));
    let bought = vec![spend(1, 1_000, 1), spend(2, 2_000, 1), spend(3, 3_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY], &rows)).await?;
    // 1 spent the same as before, 2 spent less, 3 spent nothing, 4 is new.
    let publish = Publish {
        reset_spend: true,
        spend: vec![spend(1, 1_000, 1), spend(2, 1_500, 1), spend(4, 4_000, 1)],
        ..next(&mut warehouse).await?
    };
    let published = publish_all(&mut warehouse, publish, &batch(&[], &[]), &[]).await?;
    assert_eq!(published.rows_respent, 2);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 100_000), (2, 150_000), (4, 400_000)]);
    let expected = [(SUNDAY, 1, 100_000), (SUNDAY, 2, 150_000), (SUNDAY, 3, 0)];
    assert_eq!(amounts(&mut warehouse).await?, expected);
    Ok(())
}

pub async fn amounts_are_exact_to_the_limits(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [1, 2, 3].map(|customer| row(SUNDAY, customer));
    let bought = vec![spend(1, MOST_MILLI, 1), spend(2, -MOST_MILLI, 1), spend(3, 1, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY], &rows)).await?;
    let expected = [(SUNDAY, 1, MOST_E5), (SUNDAY, 2, -MOST_E5), (SUNDAY, 3, 100)];
    assert_eq!(amounts(&mut warehouse).await?, expected);

    // A step of a thousandth at the far end is not lost.
    let step = vec![spend(1, -1, 1), spend(2, 1, 1), spend(3, -1, 1)];
    publish_with_spend(&mut warehouse, step, &batch(&[], &[])).await?;
    let expected = [(SUNDAY, 1, MOST_E5 - 100), (SUNDAY, 2, 100 - MOST_E5), (SUNDAY, 3, 0)];
    assert_eq!(amounts(&mut warehouse).await?, expected);
    assert_eq!(buyers(&mut warehouse).await?, expected.map(|(_, customer, e5)| (customer, e5)));

    // Only the sum has to fit, not each step on the way.
    let there_and_back =
        vec![spend(3, i128::from(i64::MAX), 1), spend(3, -i128::from(i64::MAX), 1)];
    publish_with_spend(&mut warehouse, there_and_back, &batch(&[], &[])).await?;
    assert_eq!(amounts(&mut warehouse).await?[2], (SUNDAY, 3, 0));
    Ok(())
}

pub async fn many_thousandths_add_up_exactly(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[SUNDAY], &[row(SUNDAY, 1)])).await?;
    for _ in 0..3 {
        let thousandths = vec![spend(1, 1, 1); 1_111];
        publish_with_spend(&mut warehouse, thousandths, &batch(&[], &[])).await?;
    }
    assert_eq!(amounts(&mut warehouse).await?, [(SUNDAY, 1, 333_300)]);
    let shown: Vec<_> = warehouse.facts().await?.iter().map(|fact| fact.amount_spent).collect();
    assert_eq!(shown, [3.333]);
    Ok(())
}

pub async fn fewer_than_no_purchases_are_an_error(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let bought = vec![spend(1, 1_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[], &[])).await?;
    let publish = Publish { spend: vec![spend(1, -2_000, -2)], ..next(&mut warehouse).await? };
    let error = refusal(warehouse.begin(publish).await);
    assert!(error.starts_with("transient: false"), "{error}");
    assert_eq!(buyers(&mut warehouse).await?, [(1, 100_000)]);
    Ok(())
}

pub async fn amounts_may_be_negative(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let returned = vec![spend(-5, -12_345, 3)];
    publish_with_spend(&mut warehouse, returned, &batch(&[SUNDAY], &[row(SUNDAY, -5)])).await?;
    assert_eq!(amounts(&mut warehouse).await?, [(SUNDAY, -5, -1_234_500)]);
    let shown: Vec<_> = warehouse.facts().await?.iter().map(|fact| fact.amount_spent).collect();
    assert_eq!(shown, [-12.345]);
    assert_eq!(warehouse.summary().await?.buyers, 1);
    Ok(())
}

pub(super) async fn amounts(
    warehouse: &mut Connected,
) -> Result<Vec<(pipeline::Day, i64, i64)>, Error> {
    let mut amounts = warehouse.amounts().await?;
    amounts.sort();
    Ok(amounts)
}

pub(super) async fn buyers(warehouse: &mut Connected) -> Result<Vec<(i64, i64)>, Error> {
    let mut buyers = warehouse.spend().await?;
    buyers.sort();
    Ok(buyers)
}
