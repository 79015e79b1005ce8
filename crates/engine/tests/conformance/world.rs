//! A lake for one round of a case, and the engine over it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use engine::{Changed, Engine, Live};
use functions_host::azurite::{self, Account};
use lake::{IngestOptions, Lake, Outcome, Receipt};
use pipeline::Dataset;
use tempfile::TempDir;

/// Makes the engine under test over a lake, with a memory budget in bytes.
pub type MakeEngine = Box<dyn Fn(Lake, u64) -> Arc<dyn Engine> + Send + Sync>;

/// Where worlds are made.
pub struct Worlds {
    pub home: Home,
    pub engine: MakeEngine,
    /// How often a case with random files is repeated.
    pub rounds: u64,
}

#[derive(Clone)]
#[allow(dead_code)] // Each test binary makes one of them.
pub enum Home {
    /// Each world has a folder of its own.
    Folders,
    /// All worlds share an account of the emulator.
    Azure(Account),
}

/// Worlds that share a lake have a folder each within it.
static WORLDS: AtomicUsize = AtomicUsize::new(0);

pub struct World<'a> {
    pub lake: Lake,
    worlds: &'a Worlds,
    folder: String,
    dir: Option<TempDir>,
}

impl Worlds {
    pub fn new_world(&self) -> World<'_> {
        let folder = format!("world{:04}", WORLDS.fetch_add(1, Relaxed));
        let (dir, lake) = match &self.home {
            Home::Folders => {
                let dir = tempfile::tempdir().unwrap();
                let lake = Lake::local(dir.path()).unwrap();
                (Some(dir), lake)
            }
            Home::Azure(account) => {
                let azure = lake::AzureLake::from_connection_string(&account.connection_string());
                (None, Lake::azure(&azure.unwrap()).unwrap())
            }
        };
        World { lake, worlds: self, folder, dir }
    }
}

impl World<'_> {
    pub fn engine(&self) -> Arc<dyn Engine> {
        self.engine_within(u64::MAX)
    }

    /// With a memory budget in bytes.
    pub fn engine_within(&self, memory: u64) -> Arc<dyn Engine> {
        (self.worlds.engine)(self.lake.clone(), memory)
    }

    /// The name within `raw` of a file that cases call `movie_review/1.csv`.
    pub fn path(&self, name: &str) -> String {
        let (dataset, file) = name.split_once('/').unwrap();
        format!("{dataset}/{}/{file}", self.folder)
    }

    /// Writes a vendor's file and stages it, though it may be the same as before.
    pub async fn put(&self, name: &str, text: &str) -> Receipt {
        let path = self.path(name);
        match &self.worlds.home {
            Home::Folders => {
                let path = self.file("raw", &path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Home::Azure(account) => {
                azurite::put_blob(account, "raw", &path, text.into()).await.unwrap();
            }
        }
        let options = IngestOptions { force: Some(u32::MAX), ..IngestOptions::default() };
        match lake::ingest(&self.lake, &path, &options).await.unwrap() {
            Outcome::Accepted(receipt) => receipt,
            outcome => panic!("{path}: {outcome:?}"),
        }
    }

    /// Files of all datasets as live ones.
    pub async fn live(&self, files: &[(&str, String)]) -> Live {
        let mut live = Live::default();
        for (name, text) in files {
            let receipt = self.put(name, text).await;
            live.of_mut(receipt.dataset).push(receipt);
        }
        for dataset in Dataset::ALL {
            live.of_mut(dataset).sort_by(|a, b| a.path.cmp(&b.path));
        }
        live
    }

    /// Takes a staged file away.
    pub async fn clear_away(&self, receipt: &Receipt) {
        self.remove(receipt.parquet.as_deref().unwrap()).await;
    }

    async fn remove(&self, parquet: &str) {
        match &self.worlds.home {
            Home::Folders => std::fs::remove_file(self.file("staging", parquet)).unwrap(),
            Home::Azure(account) => {
                azurite::delete_blob(account, "staging", parquet).await.unwrap();
            }
        }
    }

    fn file(&self, container: &str, name: &str) -> PathBuf {
        self.dir.as_ref().unwrap().path().join(container).join(name)
    }
}

/// Every path whose receipt differs.
pub fn changes(before: &[Receipt], after: &[Receipt]) -> Vec<Changed> {
    let find = |receipts: &[Receipt], path: &str| {
        receipts.iter().find(|receipt| receipt.path == path).cloned()
    };
    let mut paths: Vec<&String> = before.iter().chain(after).map(|r| &r.path).collect();
    paths.sort();
    paths.dedup();
    let changed = paths
        .into_iter()
        .map(|path| Changed { before: find(before, path), after: find(after, path) });
    changed.filter(|changed| changed.before != changed.after).collect()
}

/// What leads from one set of live files to another.
pub fn change(before: &Live, after: &Live) -> engine::Change {
    engine::Change {
        reviews: changes(&before.reviews, &after.reviews),
        logs: changes(&before.logs, &after.logs),
        purchases: changes(&before.purchases, &after.purchases),
    }
}
