//! Files into the table.
//!
//! One transaction: the path's row in `load_history` is locked, earlier rows of the path are removed,
//! its rows come by binary COPY while the file is read, and the receipt is kept beside them.

use std::{pin::Pin, time::Duration};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::SinkExt;
use lake::{
    Receipt,
    table::{Broken, Committed, Load, Table},
};
use tokio::time::timeout;
use tokio_postgres::{Client, CopyInSink, error::SqlState};

use crate::{
    PurchaseDb,
    encode::{self, HEADER, TRAILER},
    error::Cause,
    schema, sql,
};

#[async_trait]
impl Table for PurchaseDb {
    fn recipe(&self) -> String {
        self.recipe_name()
    }

    async fn begin(&self, path: &str, version: &str) -> Result<Option<Box<dyn Load>>, Broken> {
        let client = self.connector.connect().await?;
        let place = self.connector.place();
        let claimed = self.claim(&client, path, version).await;
        let claimed = claimed.map_err(|cause| {
            // The schema may be gone.
            self.set_ready(false);
            cause.at(&place)
        })?;
        let Some(present) = claimed else { return Ok(None) };
        let silence = self.connector.timing.silence;
        let path = path.to_owned();
        Ok(Some(Box::new(TableLoad { client, place, path, present, rows: None, silence })))
    }

    async fn remove(
        &self,
        path: &str,
        etag: Option<&str>,
        attempt: Option<&str>,
    ) -> Result<(), Broken> {
        let client = self.connector.connect().await?;
        let removed = async {
            client.batch_execute(sql::BEGIN_LOAD).await?;
            if client.execute(sql::FORGET, &[&path, &etag, &attempt]).await? > 0 {
                client.execute(sql::REMOVE_ROWS, &[&path]).await?;
            }
            client.batch_execute("COMMIT").await?;
            Ok::<_, Cause>(())
        };
        let absent = [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME];
        match removed.await {
            // Nothing was ever loaded.
            Err(cause) if cause.state().is_some_and(|state| absent.contains(state)) => Ok(()),
            removed => Ok(removed.map_err(|cause| cause.at(&self.connector.place()))?),
        }
    }
}

impl PurchaseDb {
    /// Waits for the path, and returns what the table has of it. `None`: another session loads
    /// this version.
    async fn claim(
        &self,
        client: &Client,
        path: &str,
        version: &str,
    ) -> Result<Option<Option<Receipt>>, Cause> {
        if !self.is_ready() {
            schema::ensure(client).await?;
            self.set_ready(true);
        }
        client.batch_execute(sql::BEGIN_LOAD).await?;
        if !client.query_one(sql::OWN, &[&path, &version]).await?.get::<_, bool>(0) {
            return Ok(None);
        }
        client.execute(sql::CLAIM, &[&path]).await?;
        let row = client.query_one(sql::PRESENT, &[&path]).await?;
        let Some(receipt) = row.get::<_, Option<String>>(0) else { return Ok(Some(None)) };
        let receipt = serde_json::from_str(&receipt).map_err(|_| {
            Cause::permanent(format!(
                "has an invalid receipt in load_history: delete its row there and the rows \
                 whose source_file is `{path}`, then replay the file"
            ))
        })?;
        Ok(Some(Some(receipt)))
    }
}

struct TableLoad {
    client: Client,
    place: String,
    path: String,
    present: Option<Receipt>,
    /// Open from the first rows on.
    rows: Option<Pin<Box<CopyInSink<Bytes>>>>,
    silence: Duration,
}

impl TableLoad {
    async fn send(&mut self, rows: &RecordBatch) -> Result<(), Cause> {
        let bytes = encode::rows(rows, &self.path).ok_or_else(|| {
            let detail = "a row does not fit the table, but was not refused".to_owned();
            lake::Error::Bug { path: self.path.clone(), detail }
        })?;
        self.feed(bytes).await
    }

    async fn feed(&mut self, bytes: Bytes) -> Result<(), Cause> {
        let silence = self.silence;
        let sink = self.rows().await?;
        let silent = |_| {
            Cause::transient("accepted no rows for some minutes: look for locks on user_purchase")
        };
        let sent = timeout(silence, sink.send(bytes)).await.map_err(silent)?;
        if let Err(error) = sent {
            // The sink knows only that nobody takes more; the server has said why.
            let why = sink.as_mut().finish().await.err().filter(|why| why.as_db_error().is_some());
            return Err(why.unwrap_or(error).into());
        }
        Ok(())
    }

    /// Where rows go. Earlier rows of the path are removed first.
    async fn rows(&mut self) -> Result<&mut Pin<Box<CopyInSink<Bytes>>>, Cause> {
        let sink = match self.rows.take() {
            Some(sink) => sink,
            None => {
                self.client.execute(sql::REMOVE_ROWS, &[&self.path]).await?;
                let mut sink = Box::pin(self.client.copy_in(sql::COPY_IN).await?);
                sink.send(Bytes::from_static(HEADER)).await?;
                sink
            }
        };
        Ok(self.rows.insert(sink))
    }

    async fn finish(&mut self, receipt: &Receipt) -> Result<Committed, Cause> {
        self.feed(Bytes::from_static(TRAILER)).await?;
        let sink = self.rows().await?;
        let copied = sink.as_mut().finish().await?;
        if copied != receipt.rows.staged {
            return Err(Cause::permanent(format!(
                "inserted {copied} of {} rows: a trigger on user_purchase drops rows; let it \
                 pass those that have a source_file",
                receipt.rows.staged
            )));
        }
        let json = serde_json::to_string(receipt)
            .map_err(|error| Cause::permanent(format!("cannot hold the receipt: {error}")))?;
        match self.client.execute(sql::RECORD, &[&self.path, &json]).await {
            Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
                return self.duplicate(receipt).await;
            }
            recorded => recorded?,
        };
        self.client.batch_execute("COMMIT").await?;
        Ok(Committed::Done)
    }

    async fn duplicate(&self, receipt: &Receipt) -> Result<Committed, Cause> {
        self.client.batch_execute("ROLLBACK").await?;
        let row =
            self.client.query_opt(sql::DUPLICATE, &[&receipt.content_hash, &self.path]).await?;
        let gone = || Cause::transient("no longer has this file under another path: try again");
        Ok(Committed::Duplicate(row.ok_or_else(gone)?.get(0)))
    }
}

#[async_trait]
impl Load for TableLoad {
    fn present(&self) -> Option<&Receipt> {
        self.present.as_ref()
    }

    async fn write(&mut self, rows: &RecordBatch) -> Result<(), Broken> {
        let sent = self.send(rows).await;
        Ok(sent.map_err(|cause| cause.at(&self.place))?)
    }

    async fn commit(mut self: Box<Self>, receipt: &Receipt) -> Result<Committed, Broken> {
        let finished = self.finish(receipt).await;
        Ok(finished.map_err(|cause| cause.at(&self.place))?)
    }
}
