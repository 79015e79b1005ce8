//! Spend: what leaves with the old versions of changed purchase files, and what comes in with
//! the new ones.

use pipeline::facts::{Direction, SPEND_COLUMNS, Spend, SpendChange};

use super::Embedded;
use crate::{Change, Error};

pub async fn changes(engine: &Embedded, change: &Change) -> Result<Vec<SpendChange>, Error> {
    let mut spend = Spend::default();
    for changed in &change.purchases {
        let versions = [(&changed.before, Direction::Out), (&changed.after, Direction::In)];
        for (version, direction) in versions {
            if let Some(receipt) = version {
                engine
                    .read(receipt, &SPEND_COLUMNS, None, |batch| spend.push(&batch, direction))
                    .await?;
            }
        }
    }
    Ok(spend.changes())
}
