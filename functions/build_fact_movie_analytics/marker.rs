//! The marker that lets a run with nothing new stop before the warehouse is woken.

use lake::{Lake, Listing, failpoint::reach};
use pipeline::{Dataset, facts::VERSION};
use warehouse::Warehouse;

/// What a publish has seen: all receipts and the rules for facts.
pub fn seen(listings: &[(Dataset, Listing)]) -> String {
    format!("{} {VERSION}", lake::seen(listings))
}

/// As seen by a warehouse that looks as it does now.
pub fn content(warehouse: &dyn Warehouse, seen: &str) -> String {
    format!("{seen} {}", warehouse.fingerprint())
}

pub async fn is(lake: &Lake, name: &str, content: &str) -> Result<bool, lake::Error> {
    let marker = lake.get_marker(name).await?;
    if marker.is_none() {
        // From now on sweeps know that there is a warehouse, which has absorbed nothing.
        lake.put_marker(name, lake::seen(&[]).into()).await?;
    }
    Ok(marker.is_some_and(|marker| marker == content.as_bytes()))
}

/// After the commit, so its failure fails nothing: the next run opens the warehouse for nothing.
pub async fn set(lake: &Lake, name: &str, content: String) {
    let put = async {
        reach("marker:before")?;
        lake.put_marker(name, content.into_bytes().into()).await?;
        reach("marker:after")?;
        Ok::<_, lake::Error>(())
    };
    if let Err(error) = put.await {
        tracing::warn!(marker = name, "cannot write the marker: {error}");
    }
}
