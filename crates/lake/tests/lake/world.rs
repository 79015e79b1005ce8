//! A lake with its three stores in reach, and files to drop into it.

use std::sync::Arc;

use arrow_array::{RecordBatch, cast::AsArray, types::Int64Type};
use flate2::{Compression, write::GzEncoder};
use functions_host::azurite::{self, Account, Azurite};
use futures_util::TryStreamExt;
use lake::{AzureLake, IngestOptions, Lake, Outcome, Receipt, ingest};
use object_store::{
    ObjectStore, ObjectStoreExt, azure::MicrosoftAzureBuilder, local::LocalFileSystem,
    memory::InMemory, path::Path,
};
use pipeline::Dataset;
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub const REVIEWS: Dataset = Dataset::ClassifiedMovieReview;
pub const REVIEW: &str = "movie_review/2021-04-25/movie_review.csv";

pub struct World {
    pub lake: Lake,
    pub raw: Arc<dyn ObjectStore>,
    pub staging: Arc<dyn ObjectStore>,
    pub quarantine: Arc<dyn ObjectStore>,
    pub dir: Option<TempDir>,
}

impl World {
    pub fn local() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::local(dir.path()).unwrap();
        let store =
            |name: &str| Arc::new(LocalFileSystem::new_with_prefix(dir.path().join(name)).unwrap());
        let (raw, staging, quarantine) = (store("raw"), store("staging"), store("quarantine"));
        Self { lake, raw, staging, quarantine, dir: Some(dir) }
    }

    pub fn memory() -> Self {
        let store = || -> Arc<dyn ObjectStore> { Arc::new(InMemory::new()) };
        let (raw, staging, quarantine) = (store(), store(), store());
        let lake =
            Lake::new(raw.clone(), staging.clone(), quarantine.clone(), "memory:".to_owned());
        Self { lake, raw, staging, quarantine, dir: None }
    }

    /// In a storage account of its own, with its containers.
    pub async fn azure() -> Self {
        let account = fresh_account().await;
        for container in ["raw", "staging", "quarantine"] {
            azurite::create_container(&account, container).await.unwrap();
        }
        let azure = AzureLake::from_connection_string(&account.connection_string()).unwrap();
        let lake = Lake::azure(&azure).unwrap();
        let [raw, staging, quarantine] =
            ["raw", "staging", "quarantine"].map(|container| store(&account, container));
        Self { lake, raw, staging, quarantine, dir: None }
    }

    /// One on each backend.
    pub async fn all() -> [Self; 3] {
        [Self::local(), Self::memory(), Self::azure().await]
    }

    /// The lake as another process has it open.
    pub fn another_process(&self) -> Lake {
        if let Some(dir) = &self.dir {
            return Lake::local(dir.path()).unwrap();
        }
        let [raw, staging, quarantine] =
            [&self.raw, &self.staging, &self.quarantine].map(Arc::clone);
        Lake::new(raw, staging, quarantine, "another process".to_owned())
    }

    pub async fn drop_file(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.raw.put(&Path::parse(path).unwrap(), bytes.into().into()).await.unwrap();
    }

    pub async fn ingest(&self, path: &str) -> Outcome {
        self.ingest_with(path, &IngestOptions::default()).await
    }

    pub async fn force(&self, path: &str) -> Outcome {
        self.ingest_with(path, &IngestOptions { force: Some(u32::MAX), ..Default::default() }).await
    }

    pub async fn ingest_with(&self, path: &str, options: &IngestOptions) -> Outcome {
        ingest(&self.lake, path, options).await.unwrap()
    }

    /// Names of everything in a store, sorted.
    pub async fn names(&self, store: &Arc<dyn ObjectStore>) -> Vec<String> {
        let found: Vec<_> = store.list(None).try_collect().await.unwrap();
        let mut names: Vec<_> = found.iter().map(|meta| meta.location.to_string()).collect();
        names.sort();
        names
    }

    /// Names of the staged Parquet files.
    pub async fn staged(&self) -> Vec<String> {
        let names = self.names(&self.staging).await;
        names.into_iter().filter(|name| name.ends_with(".parquet")).collect()
    }

    pub async fn rows(&self, receipt: &Receipt, columns: &[&str]) -> Vec<RecordBatch> {
        let parquet = receipt.parquet.as_ref().unwrap();
        let stream = self.lake.read_staged(receipt.dataset, parquet, columns, None).await.unwrap();
        stream.try_collect().await.unwrap()
    }

    /// The values of an integer column.
    pub async fn ids(&self, receipt: &Receipt, column: &str) -> Vec<i64> {
        let batches = self.rows(receipt, &[column]).await;
        let values = batches.iter().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values());
        values.copied().collect()
    }
}

/// Of an emulator that runs as long as the tests.
pub async fn fresh_account() -> Account {
    static AZURITE: OnceCell<Azurite> = OnceCell::const_new();
    let azurite = AZURITE.get_or_init(async || Azurite::start(None).await.unwrap()).await;
    azurite.fresh_account()
}

/// A container, past the lake.
pub fn store(account: &Account, container: &str) -> Arc<dyn ObjectStore> {
    let connection = account.connection_string();
    let key = connection.split(';').find_map(|part| part.strip_prefix("AccountKey=")).unwrap();
    let store = MicrosoftAzureBuilder::new()
        .with_account(account.name())
        .with_endpoint(account.blob_endpoint().to_owned())
        .with_access_key(key)
        .with_container_name(container)
        .with_allow_http(true);
    Arc::new(store.build().unwrap())
}

/// A reviews file with these ids, in this order.
pub fn reviews(ids: impl IntoIterator<Item = i64>) -> String {
    let mut text = "cid,review_str,id_review\n".to_owned();
    for (n, id) in ids.into_iter().enumerate() {
        text += &format!("{},a good film,{id}\n", 10_000 + n);
    }
    text
}

/// A logs file with these ids and days (`MM-dd-yyyy`).
pub fn logs<'a>(rows: impl IntoIterator<Item = (i64, &'a str)>) -> String {
    let mut text = "id_review,log\n".to_owned();
    for (id, day) in rows {
        text += &format!(
            "{id},<reviewlog><log><logDate>{day}</logDate><device>Mobile</device>\
             <location>Kansas</location><os>Apple iOS</os><ipAddress>9.200.232.57</ipAddress>\
             <phoneNumber>821-540-5777</phoneNumber></log></reviewlog>\n"
        );
    }
    text
}

pub fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[track_caller]
pub fn accepted(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Accepted(receipt) => receipt,
        other => panic!("not accepted: {other:?}"),
    }
}

#[track_caller]
pub fn rejected(outcome: Outcome) -> Receipt {
    match outcome {
        Outcome::Rejected(receipt) => receipt,
        other => panic!("not rejected: {other:?}"),
    }
}
