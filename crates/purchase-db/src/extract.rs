//! The table into staging, where it has changed.
//!
//! **What is unchanged** follows from the server's numbers of transactions. A snapshot's receipt
//! keeps the transactions that its state of the database held. If none has come to an end since,
//! nothing is different. Otherwise a query looks at the rows, and sends none of them: no row was
//! written by a transaction that the snapshot did not hold, so none was added or changed, and
//! there are as many as then, so none was deleted.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use lake::{Lake, NewSnapshot, Receipt, SNAPSHOT, SnapshotWriter};
use pipeline::Dataset;
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, Receiver, Sender},
    task::spawn_blocking,
    time::timeout,
};
use tokio_postgres::Client;
use twox_hash::XxHash3_128;

use crate::{
    PurchaseDb,
    decode::{self, Decoder},
    error::{Cause, Error},
    sql,
    state::{Since, TableState},
};

/// Receives how many rows are staged so far.
pub type OnRows = Arc<dyn Fn(u64) + Send + Sync>;

/// What became of an extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extract {
    /// The live snapshot is what the table holds.
    Unchanged,
    /// A new snapshot is live.
    Taken {
        /// Rows of the table, all of which are staged.
        rows: u64,
    },
    /// There is no table yet, and no file that counts: the first purchases file makes it.
    NoTable,
    /// Nothing was done: these files count from staging, or are in another database, and a first
    /// snapshot of this table would lose them.
    HeldBack(Vec<String>),
}

/// Attempts while another extract comes first each time.
const TRIES: u32 = 5;

/// Bytes that are decoded at a time, and chunks that may wait for it.
const CHUNK: usize = 256 << 10;
const WAITING: usize = 4;

/// Remembers, in the lake, at which state the table was last seen to be unchanged.
const MARKER: &str = "user_purchase-snapshot";

impl PurchaseDb {
    /// Stages what the table holds, unless that is staged already. `recipe` is that of purchase
    /// files which are in this table.
    pub async fn extract(
        &self,
        lake: &Lake,
        recipe: &str,
        on_rows: Option<OnRows>,
    ) -> Result<Extract, Error> {
        for _ in 0..TRIES {
            let attempt = self.attempt(lake, recipe, &on_rows).await;
            if let Some(done) = attempt.map_err(|cause| cause.at(&self.connector.place()))? {
                return Ok(done);
            }
        }
        let busy = Cause::transient("was extracted by another process at the same time: try again");
        Err(busy.at(&self.connector.place()))
    }

    /// `None` where another extract came first.
    async fn attempt(
        &self,
        lake: &Lake,
        files_recipe: &str,
        on_rows: &Option<OnRows>,
    ) -> Result<Option<Extract>, Cause> {
        let dataset = Dataset::UserPurchase;
        let newest = lake.receipts().newest(dataset, SNAPSHOT).await?.map_or(0, |r| r.number);
        let recipe = format!("snapshot-1 {}", self.recipe_name());
        let live = lake.receipts().live(dataset, SNAPSHOT, newest).await?;
        let live = live.filter(|live| live.recipe == recipe);
        if live.is_none() {
            let missing = lake.missing_in_table(files_recipe).await?;
            if !missing.is_empty() {
                return Ok(Some(Extract::HeldBack(missing)));
            }
        }
        // A snapshot with rows of customers that were erased since is another one, whatever the
        // table says.
        let due = lake.erased().await?.due(SNAPSHOT);
        let counts = live.as_ref().filter(|live| live.erasures >= due);
        let client = self.connector.connect().await?;
        client.batch_execute(sql::BEGIN_EXTRACT).await?;
        client.query(sql::BECOME_READER, &[]).await?;
        let Some(mut state) = place(&client).await? else {
            // Files that are live say that it was there, or should be.
            if live.is_none() && lake.missing_in_table("").await?.is_empty() {
                return Ok(Some(Extract::NoTable));
            }
            return Err(Cause::permanent(
                "has no table user_purchase_schema.user_purchase: load a file, or let the owner \
                 of the database run sql/postgres/schema/[1-7]_*.sql",
            ));
        };
        if let Some(live) = counts
            && is_unchanged(&client, lake, live, &mut state).await?
        {
            return Ok(Some(Extract::Unchanged));
        }
        let receipt = self.copy(&client, lake, newest, state.clone(), recipe, on_rows).await?;
        match counts.filter(|live| live.content_hash == receipt.content_hash) {
            Some(live) => {
                lake.drop_snapshot(&receipt).await;
                state.rows = receipt.rows.read;
                remember(lake, live, &state).await;
                Ok(Some(Extract::Unchanged))
            }
            None if lake.commit_snapshot(&receipt).await? => {
                Ok(Some(Extract::Taken { rows: receipt.rows.staged }))
            }
            None => Ok(None),
        }
    }

    /// Copies the table into a staged file, in flat memory.
    async fn copy(
        &self,
        client: &Client,
        lake: &Lake,
        newest: u32,
        state: TableState,
        recipe: String,
        on_rows: &Option<OnRows>,
    ) -> Result<Receipt, Cause> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (lake, handle, on_rows) = (lake.clone(), Handle::current(), on_rows.clone());
        let writer = spawn_blocking(move || {
            let writer = SnapshotWriter::create(&lake, &handle, newest, decode::schema())?;
            stage(writer, receiver, state, recipe, on_rows)
        });
        let received = self.receive(client, sender).await;
        let staged = writer
            .await
            .map_err(|_| Cause::transient("was read, but staging the rows panicked: try again"));
        received?;
        staged?
    }

    /// Hands on what the server sends. Ends early where nobody takes it.
    async fn receive(&self, client: &Client, sender: Sender<Bytes>) -> Result<(), Cause> {
        let silence = self.connector.timing.silence;
        let mut rows = Box::pin(client.copy_out(sql::COPY_OUT).await?);
        let mut chunk = BytesMut::with_capacity(CHUNK);
        while let Some(row) = timeout(silence, rows.next())
            .await
            .map_err(|_| Cause::transient("sent no rows for some minutes: try again"))?
        {
            chunk.extend_from_slice(&row?);
            if chunk.len() >= CHUNK && sender.send(chunk.split().freeze()).await.is_err() {
                return Ok(());
            }
        }
        let _ = sender.send(chunk.freeze()).await;
        Ok(())
    }
}

/// Decodes and stages, on a thread that may block.
fn stage(
    mut writer: SnapshotWriter,
    mut chunks: Receiver<Bytes>,
    mut state: TableState,
    recipe: String,
    on_rows: Option<OnRows>,
) -> Result<Receipt, Cause> {
    let (mut decoder, mut hash, mut size) = (Decoder::default(), XxHash3_128::new(), 0);
    state.rows = 0;
    while let Some(chunk) = chunks.blocking_recv() {
        hash.write(&chunk);
        size += chunk.len() as u64;
        decoder.push(&chunk, |rows| {
            state.rows += rows.num_rows() as u64;
            Ok::<_, Cause>(writer.write(&rows)?)
        })?;
        if let Some(on_rows) = &on_rows {
            on_rows(state.rows);
        }
    }
    let rows = decoder.finish().map_err(Cause::transient)?;
    state.rows += rows.num_rows() as u64;
    writer.write(&rows)?;
    let content_hash = format!("{:032x}", hash.finish_128());
    let version = state.version();
    Ok(writer.finish(NewSnapshot { version, recipe, size, content_hash })?)
}

/// Which table and which state of it this transaction sees, without its rows. `None`: there is no
/// such table.
async fn place(client: &Client) -> Result<Option<TableState>, Cause> {
    let row = client.query_one(sql::PLACE, &[]).await?;
    let is_there: bool = row.get("is_there");
    let state = TableState { place: row.get("place"), snapshot: row.get("snapshot"), rows: 0 };
    Ok(is_there.then_some(state))
}

/// Whether the table is as in the live snapshot.
async fn is_unchanged(
    client: &Client,
    lake: &Lake,
    live: &Receipt,
    now: &mut TableState,
) -> Result<bool, Cause> {
    let Some(seen) = last_seen(lake, live).await? else { return Ok(false) };
    let from = match now.since(&seen) {
        Since::Nothing => return Ok(true),
        Since::Unknown => return Ok(false),
        Since::Transactions { from } => from.to_string(),
    };
    let row = client.query_one(sql::CHANGES, &[&from]).await?;
    now.rows = row.get::<_, i64>("rows").unsigned_abs();
    let unchanged = !row.get::<_, bool>("has_new") && now.rows == seen.rows;
    if unchanged {
        remember(lake, live, now).await;
    }
    Ok(unchanged)
}

/// The newest state that is known to be that of the live snapshot.
async fn last_seen(lake: &Lake, live: &Receipt) -> Result<Option<TableState>, Cause> {
    let marker = lake.get_marker(MARKER).await?;
    let marker = marker.and_then(|marker| String::from_utf8(marker.into()).ok());
    let remembered = marker.as_deref().and_then(|marker| marker.split_once('\n'));
    let of_this = remembered.filter(|(attempt, _)| *attempt == live.attempt);
    Ok(of_this.map_or(live.etag.as_str(), |(_, state)| state).parse().ok())
}

/// Only to save work: without it the next extract looks at more transactions.
async fn remember(lake: &Lake, live: &Receipt, state: &TableState) {
    let marker = format!("{}\n{state}", live.attempt);
    if let Err(error) = lake.put_marker(MARKER, marker.into()).await {
        tracing::warn!(marker = MARKER, "cannot write the marker: {error}");
    }
}
