//! Customers who keep their last total: which files bring their amounts, and what to do.

use std::collections::BTreeMap;

use engine::{Change, Changed};
use lake::{Receipt, SNAPSHOT};
use warehouse::HeldCustomer;

use crate::deps::Deps;

/// Files named for a customer.
const MOST_FILES: usize = 3;

/// Adds to each customer where his amount comes from and what to do. Where there is any, all live
/// purchases are read once more, file by file.
pub async fn explain(
    deps: &Deps,
    live: &[Receipt],
    held: &mut [HeldCustomer],
) -> anyhow::Result<()> {
    let mut files: BTreeMap<i64, Vec<(i128, &str)>> =
        held.iter().map(|held| (held.customer, Vec::new())).collect();
    if held.is_empty() {
        return Ok(());
    }
    for file in live {
        let only = Changed { before: None, after: Some(file.clone()) };
        let change = Change { purchases: vec![only], ..Change::default() };
        let spend = match deps.engine.spend(&change).await {
            // It cannot be named then; its amounts were counted when it was there.
            Err(engine::Error::Lake(lake::Error::Missing { .. } | lake::Error::Damaged { .. })) => {
                continue;
            }
            spend => spend?,
        };
        for change in spend {
            if let Some(files) = files.get_mut(&change.customer) {
                files.push((change.amount_milli, &file.path));
                files.sort_by_key(|(amount, path)| (std::cmp::Reverse(amount.abs()), *path));
                files.truncate(MOST_FILES);
            }
        }
    }
    for held in held {
        held.detail = detail(files.get(&held.customer).map_or(&[], Vec::as_slice));
    }
    Ok(())
}

fn detail(files: &[(i128, &str)]) -> String {
    let found = "his new total has more than 13 digits before the point";
    match files {
        [] => format!("{found}: correct his purchases and upload their file again"),
        [(_, SNAPSHOT), ..] => format!(
            "{found}: look for his quantities and unit prices in the operational database, correct \
             the file that brought them and upload it again under the same name"
        ),
        files => {
            let files = files.iter().map(|(amount, path)| {
                let units = HeldCustomer { amount_milli: *amount, ..HeldCustomer::default() };
                format!("`{path}` ({})", units.units())
            });
            format!(
                "{found}; the greatest parts come from {}: correct quantity or unit price there \
                 and upload the file again under the same name, or exclude it with \
                 `replay --forget PATH`",
                files.collect::<Vec<_>>().join(", ")
            )
        }
    }
}
