//! Spend of customers.

use std::collections::BTreeMap;

use engine::{Change, Live};
use pipeline::facts::SpendChange;

use super::{
    random::Random,
    world::{Worlds, change, changes},
};

/// Customer, quantity, thousandths of the unit price.
type Purchase = (Option<i64>, i32, i64);

fn csv(purchases: &[Purchase]) -> String {
    let row = |(customer, quantity, milli): &Purchase| {
        let customer = customer.map_or_else(String::new, |customer| customer.to_string());
        let (sign, milli) = (if *milli < 0 { "-" } else { "" }, milli.abs());
        let price = format!("{sign}{}.{:03}", milli / 1000, milli % 1000);
        format!("536365,85123A,LAMP,{quantity},12/1/2010 8:26,{price},{customer},France\n")
    };
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
    format!("{header}\n{}", purchases.iter().map(row).collect::<String>())
}

fn sums(files: &[Vec<Purchase>]) -> BTreeMap<i64, (i128, i64)> {
    let mut sums: BTreeMap<i64, (i128, i64)> = BTreeMap::new();
    for (customer, quantity, milli) in files.iter().flatten() {
        if let Some(customer) = customer {
            let sum = sums.entry(*customer).or_default();
            sum.0 += i128::from(*quantity) * i128::from(*milli);
            sum.1 += 1;
        }
    }
    sums
}

pub async fn spend_changes_by_exact_thousandths(worlds: &Worlds) {
    let mut dice = Random(7);
    let limits = [
        (Some(i64::MAX), i32::MAX, 4_656_612),
        (Some(i64::MAX), i32::MAX, 4_656_611),
        (Some(i64::MIN), i32::MIN, 4_656_612),
        (Some(1), 1, 1),
        (None, 5, 5),
    ];
    for round in 0..worlds.rounds.min(8) {
        let mut file = |rows: u64| -> Vec<Purchase> {
            let mut purchase = |_| {
                let customer = [None, Some(1), Some(2), Some(17_850)][dice.below(4) as usize];
                (customer, dice.below(9) as i32 - 4, dice.below(100_000) as i64 - 20_000)
            };
            (0..rows).map(&mut purchase).collect()
        };
        let (kept, mut old, new) = (file(6), file(6), file(6));
        if round == 0 {
            old = limits.to_vec();
        }
        let world = worlds.new_world();
        let names = ["user_purchase/a.csv", "user_purchase/b.csv"];
        let before = world.live(&[(names[0], csv(&kept)), (names[1], csv(&old))]).await;
        let restated = world.put(names[1], &csv(&new)).await;
        let purchases = vec![before.purchases[0].clone(), restated];
        let after = Live { purchases, ..Live::default() };
        let first = change(&Live::default(), &before);
        let then = change(&before, &after);
        let engine = world.engine();
        let mut spend: BTreeMap<i64, (i128, i64)> = BTreeMap::new();
        for change in [first, then] {
            let changes = engine.spend(&change).await.unwrap();
            assert!(changes.is_sorted_by(|a, b| a.customer < b.customer), "{changes:?}");
            for SpendChange { customer, amount_milli, purchases } in changes {
                assert!((amount_milli, purchases) != (0, 0), "nothing changed for {customer}");
                let sum = spend.entry(customer).or_default();
                *sum = (sum.0 + amount_milli, sum.1 + purchases);
            }
        }
        spend.retain(|_, sum| *sum != (0, 0));
        let mut expected = sums(&[kept, new]);
        expected.retain(|_, sum| *sum != (0, 0));
        assert_eq!(spend, expected, "round {round}");
    }
}

/// The caller sums up anew then.
pub async fn spend_needs_the_old_version(worlds: &Worlds) {
    let world = worlds.new_world();
    let old = world.put("user_purchase/a.csv", &csv(&[(Some(1), 1, 1)])).await;
    let new = world.put("user_purchase/a.csv", &csv(&[(Some(1), 2, 1)])).await;
    world.clear_away(&old).await;
    let change = Change { purchases: changes(&[old], &[new]), ..Change::default() };
    let missing = world.engine().spend(&change).await;
    assert!(matches!(missing, Err(engine::Error::Lake(lake::Error::Missing { .. }))));
}
