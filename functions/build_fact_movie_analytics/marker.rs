//! The marker that lets a run with nothing new stop before the warehouse is woken.

use chrono::{DateTime, Utc};
use lake::{Lake, Listing, failpoint::reach};
use pipeline::{Dataset, facts::VERSION};
use warehouse::{OwnCheck, Warehouse};

use crate::checks;

/// What a publish has seen: all receipts, the rules for facts and the checks of one's own.
pub fn seen(listings: &[(Dataset, Listing)], own: &[OwnCheck]) -> String {
    format!("{} {VERSION}{}", lake::seen(listings), checks::fingerprint(own))
}

/// As seen by a warehouse that looks as it does now.
pub fn content(warehouse: &dyn Warehouse, seen: &str) -> String {
    format!("{seen} {}", warehouse.fingerprint())
}

/// The marker as it was found.
pub struct Found {
    /// Nothing is new.
    pub is_same: bool,
    /// When it was put, by the clock of the storage.
    pub put_at: Option<DateTime<Utc>>,
}

pub async fn find(lake: &Lake, name: &str, content: &str) -> Result<Found, lake::Error> {
    let (marker, put_at) = lake.dated_marker(name).await?.unzip();
    Ok(Found { is_same: marker.is_some_and(|marker| marker == content.as_bytes()), put_at })
}

/// From now on sweeps know that there is a warehouse, which has absorbed nothing.
pub async fn begin(lake: &Lake, name: &str) -> Result<(), lake::Error> {
    lake.put_marker(name, lake::seen(&[]).into()).await
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
