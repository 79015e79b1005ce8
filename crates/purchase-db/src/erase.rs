//! Rows of erased customers out of the table. The next snapshot is without them.

use std::collections::BTreeSet;

use tokio_postgres::error::SqlState;

use crate::{
    PurchaseDb,
    error::{Cause, Error},
    sql,
};

impl PurchaseDb {
    /// Deletes the rows of customers, those that the application wrote too. Returns how many.
    pub async fn erase(&self, customers: &BTreeSet<i64>) -> Result<u64, Error> {
        let customers: Vec<i64> = customers.iter().copied().collect();
        let client = self.connector.connect().await?;
        let absent = [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME];
        let deleted = client.execute(sql::ERASE, &[&customers]).await.map_err(Cause::from);
        match deleted {
            // Nothing was ever loaded.
            Err(cause) if cause.state().is_some_and(|state| absent.contains(state)) => Ok(0),
            deleted => deleted.map_err(|cause| cause.at(&self.connector.place())),
        }
    }
}
