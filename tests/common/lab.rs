//! The library in this process, on a lake in memory: many processes of the app, one after the
//! other or at the same time, each with a lake and a connection of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use futures_util::TryStreamExt;
use lake::Lake;
use movie_analytics::{
    build_fact_movie_analytics as build,
    deps::Deps,
    extract_user_purchase,
    ingest::{Ingested, Input, Order, ingest},
    reconcile,
    settings::Settings,
};
use object_store::{ObjectStore, ObjectStoreExt, memory::InMemory, path::Path};
use pipeline::{
    Dataset,
    dimensions::{daily, fill},
};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    oracle::Oracle,
    warehouse::{self, Facts, Spend},
};

pub struct Lab {
    pub raw: Arc<dyn ObjectStore>,
    pub staging: Arc<dyn ObjectStore>,
    pub quarantine: Arc<dyn ObjectStore>,
    /// Paths of which somebody has damaged a receipt: no warehouse has to know it.
    pub damaged: BTreeSet<String>,
    dir: TempDir,
    settings: Vec<(String, String)>,
}

impl Lab {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// With settings that all processes share.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let store = || -> Arc<dyn ObjectStore> { Arc::new(InMemory::new()) };
        // In memory where there is such a folder: thousands of publishes wait for the disk else.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Self {
            raw: store(),
            staging: store(),
            quarantine: store(),
            damaged: BTreeSet::new(),
            dir: dir.expect("a temporary folder"),
            settings: settings.collect(),
        }
    }

    pub fn warehouse(&self) -> PathBuf {
        self.dir.path().join("warehouse.db")
    }

    /// Another process.
    pub fn deps(&self) -> Deps {
        self.deps_with(&[])
    }

    /// Another process with settings of its own.
    pub fn deps_with(&self, settings: &[(&str, &str)]) -> Deps {
        self.process([&self.raw, &self.staging, &self.quarantine].map(Arc::clone), settings)
    }

    /// Another process, which sees the three containers through these stores.
    pub fn deps_on(&self, stores: [Arc<dyn ObjectStore>; 3]) -> Deps {
        self.process(stores, &[])
    }

    fn process(&self, stores: [Arc<dyn ObjectStore>; 3], settings: &[(&str, &str)]) -> Deps {
        let [raw, staging, quarantine] = stores;
        let lake = Lake::new(raw, staging, quarantine, "memory:".to_owned());
        let settings = Settings::read(|name| match name {
            "LAKE" => Some("file:memory".to_owned()),
            "WAREHOUSE" if !settings.iter().any(|(known, _)| *known == name) => {
                Some(format!("sqlite:{}", self.warehouse().display()))
            }
            _ => {
                let own = settings.iter().find(|(known, _)| *known == name);
                let shared = self.settings.iter().find(|(known, _)| known == name);
                own.map(|(_, value)| (*value).to_owned()).or(shared.map(|(_, v)| v.clone()))
            }
        });
        Deps::with_lake(settings.expect("settings"), lake).expect("deps")
    }

    /// Returns the file's ETag, as receipts have it.
    pub async fn put(&self, path: &str, content: impl Into<Vec<u8>>) -> String {
        let path = Path::parse(path).expect("a name");
        let put = self.raw.put(&path, content.into().into()).await.expect("the file");
        put.e_tag.unwrap_or_default().replace('"', "")
    }

    pub async fn remove(&self, path: &str) {
        self.raw.delete(&Path::parse(path).expect("a name")).await.expect("the file");
    }

    /// All that lies below `raw`.
    pub async fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let found: Vec<_> = self.raw.list(None).try_collect().await.expect("a listing");
        let mut files = BTreeMap::new();
        for meta in found {
            let got = self.raw.get(&meta.location).await.expect("a file");
            let bytes = got.bytes().await.expect("its bytes").to_vec();
            files.insert(meta.location.to_string(), bytes);
        }
        files
    }

    /// Stages a file that the test dropped and expects this outcome.
    #[track_caller]
    pub fn reads(&self, deps: &Deps, path: &str, outcome: &str) -> impl Future<Output = Ingested> {
        let reading = read(deps, path);
        async move {
            let ingested = reading.await.expect("an outcome");
            assert_eq!(ingested.outcome, outcome, "{ingested}");
            ingested
        }
    }

    pub fn facts(&self) -> Facts {
        warehouse::facts(&self.warehouse())
    }

    pub fn spend(&self) -> Spend {
        warehouse::spend(&self.warehouse())
    }

    fn gaps(&self) -> BTreeSet<String> {
        let connection = Connection::open(self.warehouse()).expect("the warehouse");
        let mut statement = connection.prepare(GAPS).expect("a statement");
        let paths = statement.query_map([], |row| row.get(0)).expect("paths");
        paths.map(|path| path.expect("a path")).collect()
    }

    /// One number.
    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        let connection = Connection::open(self.warehouse()).expect("the warehouse");
        connection.query_row(sql, [], |row| row.get(0)).expect("a number")
    }

    /// The warehouse holds what these files come to, and accounts for all of them. A customer whose
    /// total does not fit never had another one.
    #[track_caller]
    pub fn holds(&self, files: BTreeMap<String, Vec<u8>>) {
        let oracle = Oracle::of_contents(files).with_totals_that_fit();
        warehouse::assert_same(&self.facts(), &oracle.facts);
        assert_eq!(self.spend(), oracle.spend, "spend of customers");
        let waiting = |what| {
            let of = format!("FROM ops_v_unmatched WHERE what = '{what}'");
            self.number(&format!("SELECT coalesce(sum(waiting), 0) {of}")) as u64
        };
        assert_eq!(waiting("log"), oracle.unmatched, "logs that wait");
        let reviews = oracle.files.iter().filter(|(path, _)| path.starts_with("movie_review/"));
        let staged: u64 = reviews.map(|(_, rows)| rows.staged()).sum();
        assert_eq!(waiting("uncounted review"), staged - oracle.matched, "staged, not counted");
        assert_eq!(self.number(UNACCOUNTED), 0, "rows in are not rows out, refused or duplicate");
        let gaps = self.gaps();
        assert!(gaps.is_subset(&self.damaged), "receipts of {gaps:?} are missing");
        assert_eq!(self.number(&wrong_daily()), 0, "agg_daily is not the sum of the facts");
    }
}

const UNACCOUNTED: &str = "SELECT count(*) FROM ops_v_load_history WHERE unaccounted <> 0";

/// Paths of which a receipt is missing.
const GAPS: &str =
    "SELECT path FROM ops_load_history GROUP BY path HAVING count(*) <> max(receipt)";

/// Rows that only one of the two has.
fn wrong_daily() -> String {
    let template = "
        WITH
        grouped AS (
            SELECT
                id_dim_date, sum(review_score), sum(review_count), count(*),
                {key}{,}
            FROM fact_movie_analytics
            GROUP BY
                id_dim_date,
                {key}{,}
        ),
        daily AS (
            SELECT
                id_dim_date, review_score, review_count, fact_count,
                {key}{,}
            FROM agg_daily
        )
        SELECT (SELECT count(*) FROM (SELECT * FROM grouped EXCEPT SELECT * FROM daily))
            + (SELECT count(*) FROM (SELECT * FROM daily EXCEPT SELECT * FROM grouped))";
    fill(template, daily())
}

pub async fn read(deps: &Deps, path: &str) -> anyhow::Result<Ingested> {
    order(deps, Order { path: path.to_owned(), force: None }).await
}

pub async fn order(deps: &Deps, order: Order) -> anyhow::Result<Ingested> {
    let Order { path, force } = order;
    let dataset = Dataset::of_path(&path).expect("a dataset");
    ingest(deps, dataset, Input { path, force, ..Input::default() }).await
}

/// Extracts from the operational database, and tells what became of it.
pub async fn extracted(deps: &Deps) -> anyhow::Result<&'static str> {
    let extracted = extract_user_purchase::run(deps, None).await?;
    Ok(extracted.map_or("not configured", |extracted| extracted.outcome))
}

/// Stages what `reconcile` finds, and tells whether that was anything.
pub async fn reconciled(deps: &Deps) -> anyhow::Result<bool> {
    let orders = reconcile::run(deps, None).await?.orders;
    let any = !orders.is_empty();
    for (_, found) in orders {
        order(deps, found).await?;
    }
    Ok(any)
}

/// Publishes, and tells whether anything was new.
pub async fn published(deps: &Deps) -> anyhow::Result<bool> {
    let outcome = build::run(deps, build::Input::default()).await?;
    Ok(matches!(outcome, build::Outcome::Published(_)))
}

/// Reconciles and publishes until nothing is new.
pub async fn settle(deps: &Deps) -> anyhow::Result<()> {
    for _ in 0..5 {
        let (new_files, new_facts) = (reconciled(deps).await?, published(deps).await?);
        if !new_files && !new_facts {
            return Ok(());
        }
    }
    anyhow::bail!("something is new each time")
}
