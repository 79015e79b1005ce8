//! Cases: a customer whose new total does not fit keeps the last one, and nothing else waits.

use super::{
    Connect, Connected, Done,
    samples::*,
    spend::{MOST_E5, MOST_MILLI, amounts, buyers},
};
use crate::{Error, HeldCustomer, Publish, Published};

/// Who is held, without detail: customer, amount, purchases and publish.
async fn held(warehouse: &mut Connected) -> Result<Vec<(i64, i128, i64, i64)>, Error> {
    let held = warehouse.state().await?.held_customers;
    assert_eq!(warehouse.summary().await?.held_customers, held);
    assert_eq!(warehouse.dashboard(&Default::default()).await?.held_customers, held);
    let of =
        |held: HeldCustomer| (held.customer, held.amount_milli, held.purchases, held.publish_id);
    Ok(held.into_iter().map(of).collect())
}

async fn buy(
    warehouse: &mut Connected,
    bought: Vec<pipeline::facts::SpendChange>,
) -> Result<Published, Error> {
    publish_with_spend(warehouse, bought, &batch(&[], &[])).await
}

pub async fn a_customer_whose_total_does_not_fit_keeps_the_last_one(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let rows = [1, 2, 3].map(|customer| row(SUNDAY, customer));
    let bought = vec![spend(1, MOST_MILLI, 1), spend(2, -MOST_MILLI, 1), spend(3, 1_000, 1)];
    publish_with_spend(&mut warehouse, bought, &batch(&[SUNDAY], &rows)).await?;

    // Two of them go a thousandth too far, the third does not, and a day is built besides.
    let bought = vec![spend(1, 1, 1), spend(2, -1, 2), spend(3, 1, 1)];
    let publish = Publish { spend: bought, ..next(&mut warehouse).await? };
    let mut publication = warehouse.begin(publish).await?;
    let customers: Vec<i64> = publication.held().iter().map(|held| held.customer).collect();
    assert_eq!(customers, [1, 2]);
    publication.held()[1].detail = "from `a.csv`".to_owned();
    publication.replace_days(&batch(&[MONDAY], &[row(MONDAY, 1)])).await?;
    let published = publication.commit(&[]).await?.expect("a publish");
    assert_eq!((published.rows_inserted, published.rows_respent), (1, 1));
    let expected =
        [(SUNDAY, 1, MOST_E5), (SUNDAY, 2, -MOST_E5), (SUNDAY, 3, 100_100), (MONDAY, 1, MOST_E5)];
    assert_eq!(amounts(&mut warehouse).await?, expected);
    assert_eq!(buyers(&mut warehouse).await?, [(1, MOST_E5), (2, -MOST_E5), (3, 100_100)]);
    assert_eq!(held(&mut warehouse).await?, [(1, 1, 1, 2), (2, -1, 2, 2)]);
    let state = warehouse.state().await?;
    assert_eq!(state.held_customers[1].detail, "from `a.csv`");
    assert_eq!(state.held_customers[1].since, PUBLISHED_AT);

    // A publish that was dropped holds nobody.
    let publish = Publish { spend: vec![spend(3, MOST_MILLI, 1)], ..next(&mut warehouse).await? };
    drop(warehouse.begin(publish).await?);
    assert_eq!(held(&mut warehouse).await?.len(), 2);
    Ok(())
}

pub async fn what_was_not_applied_comes_with_the_next_change(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    buy(&mut warehouse, vec![spend(1, 1_000, 1)]).await?;
    buy(&mut warehouse, vec![spend(1, MOST_MILLI, 2), spend(2, MOST_MILLI + 1, 1)]).await?;
    assert_eq!(held(&mut warehouse).await?, [(1, MOST_MILLI, 2, 2), (2, MOST_MILLI + 1, 1, 2)]);

    // A change that does not help adds up, the first publish stays named; others are left alone.
    let publish = Publish {
        spend: vec![spend(1, 5, 1), spend(3, 7, 1)],
        published_at: "2022-01-01T00:00:00Z".to_owned(),
        ..next(&mut warehouse).await?
    };
    publish_all(&mut warehouse, publish, &batch(&[], &[]), &[]).await?;
    let expected = [(1, MOST_MILLI + 5, 3, 2), (2, MOST_MILLI + 1, 1, 2)];
    assert_eq!(held(&mut warehouse).await?, expected);
    assert_eq!(warehouse.state().await?.held_customers[0].since, PUBLISHED_AT);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 100_000), (3, 700)]);

    // The file of the one is corrected, that of the other goes.
    let mended = vec![spend(1, -MOST_MILLI, 0), spend(2, -MOST_MILLI - 1, -1)];
    buy(&mut warehouse, mended).await?;
    assert_eq!(held(&mut warehouse).await?, []);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 100_500), (3, 700)]);

    // All purchases are counted: one less than there are is no error, two less is.
    buy(&mut warehouse, vec![spend(1, -100_500, -4)]).await?;
    assert_eq!(buyers(&mut warehouse).await?, [(3, 700)]);
    let publish = Publish { spend: vec![spend(3, 0, -2)], ..next(&mut warehouse).await? };
    let error = refusal(warehouse.begin(publish).await);
    assert!(error.contains("fewer than no purchases"), "{error}");
    Ok(())
}

pub async fn amounts_of_any_size_are_held_exactly(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let far = i128::from(i64::MAX);
    let bought =
        vec![spend(1, i128::MAX, 1), spend(2, i128::MIN, 1), spend(3, far, 1), spend(4, -far, 1)];
    buy(&mut warehouse, bought.clone()).await?;
    let expected: Vec<_> =
        bought.iter().map(|spend| (spend.customer, spend.amount_milli, 1, 1)).collect();
    assert_eq!(held(&mut warehouse).await?, expected);
    assert_eq!(buyers(&mut warehouse).await?, []);

    // All but a thousandth goes again.
    let back = vec![
        spend(1, 1 - i128::MAX, 0),
        spend(2, -1 - i128::MIN - 1, 0),
        spend(3, 1 - far, 0),
        spend(4, far - 1, 0),
    ];
    buy(&mut warehouse, back).await?;
    assert_eq!(held(&mut warehouse).await?, []);
    let expected = [(1, 100), (2, -200), (3, 100), (4, -100)];
    assert_eq!(buyers(&mut warehouse).await?, expected);

    // What no number can hold is an error, and changes nothing.
    buy(&mut warehouse, vec![spend(1, i128::MAX - 1, 1)]).await?;
    let publish = Publish { spend: vec![spend(1, i128::MAX, 1)], ..next(&mut warehouse).await? };
    let error = refusal(warehouse.begin(publish).await);
    assert!(error.starts_with("transient: false"), "{error}");
    assert_eq!(held(&mut warehouse).await?, [(1, i128::MAX - 1, 1, 3)]);
    Ok(())
}

pub async fn a_reset_releases_all_customers(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let bought = vec![spend(1, MOST_MILLI + 1, 1), spend(2, MOST_MILLI + 1, 1), spend(3, 5, 1)];
    buy(&mut warehouse, bought).await?;
    assert_eq!(held(&mut warehouse).await?.len(), 2);
    // 1 fits now, 2 is counted anew and does not, 3 did and does not any more.
    let publish = Publish {
        reset_spend: true,
        spend: vec![spend(1, 7, 1), spend(2, MOST_MILLI + 2, 2), spend(3, MOST_MILLI + 3, 1)],
        ..next(&mut warehouse).await?
    };
    publish_all(&mut warehouse, publish, &batch(&[], &[]), &[]).await?;
    assert_eq!(held(&mut warehouse).await?, [(2, MOST_MILLI + 2, 2, 2), (3, MOST_MILLI + 3, 1, 2)]);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 700)]);
    let publish = Publish { reset_spend: true, ..next(&mut warehouse).await? };
    publish_all(&mut warehouse, publish, &batch(&[], &[]), &[]).await?;
    assert_eq!((held(&mut warehouse).await?, buyers(&mut warehouse).await?), (vec![], vec![]));
    Ok(())
}

pub async fn purchases_beyond_their_count_are_held(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    buy(&mut warehouse, vec![spend(1, 1, i64::MAX)]).await?;
    buy(&mut warehouse, vec![spend(1, 1, 1)]).await?;
    assert_eq!(held(&mut warehouse).await?, [(1, 1, 1, 2)]);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 100)]);
    buy(&mut warehouse, vec![spend(1, 0, -1)]).await?;
    assert_eq!(held(&mut warehouse).await?, []);
    assert_eq!(buyers(&mut warehouse).await?, [(1, 200)]);
    Ok(())
}
