//! The app under the stand-in of the Functions host, on the emulator Azurite, with its vendors.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::common::{oracle::Oracle, warehouse};
use functions_host::{
    Invocation, Options, TestHost,
    azurite::{Account, Azurite, Queues, create_container, put_blob},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

pub const LONG: Duration = Duration::from_secs(60);

/// One emulator for all tests; each has an account of its own.
async fn account() -> Account {
    static EMULATOR: OnceCell<Azurite> = OnceCell::const_new();
    let emulator =
        EMULATOR.get_or_init(async || Azurite::start(None).await.expect("Azurite")).await;
    emulator.fresh_account()
}

/// A function app on the emulator, with its vendors.
pub struct World {
    pub dir: TempDir,
    pub account: Account,
    pub queues: Queues,
    /// How often facts are built and `raw` is looked through.
    pub schedules: [&'static str; 2],
}

pub const NEVER: &str = "0 0 0 1 1 *";
pub const EACH_SECOND: &str = "* * * * * *";

/// Before a message is delivered again. The package waits a minute, in which a handler is up again
/// by far.
pub const PAUSE: &str = "AzureFunctionsJobHost__extensions__queues__visibilityTimeout";

impl World {
    pub async fn new() -> Self {
        let account = account().await;
        for container in ["raw", "staging", "quarantine"] {
            create_container(&account, container).await.unwrap();
        }
        let queues = Queues::new(&account);
        for dataset in ["movie-review", "log-reviews", "user-purchase"] {
            queues.create(&format!("blob-created-{dataset}")).await.unwrap();
        }
        queues.create("publish-requested").await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let world = Self { dir, account, queues, schedules: [NEVER, NEVER] };
        world.lay_script_root();
        world
    }

    /// What `cargo xtask package` lays, with messages that come back at once.
    fn lay_script_root(&self) {
        let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")), self.dir.path());
        let mut host: Value =
            serde_json::from_slice(&fs::read(from.join("host.json")).unwrap()).unwrap();
        host["extensions"]["queues"]["visibilityTimeout"] = json!("00:00:00");
        fs::write(to.join("host.json"), host.to_string()).unwrap();
        for entry in fs::read_dir(from.join("functions")).unwrap() {
            let folder = entry.unwrap().path();
            let file = folder.join("function.json");
            if file.exists() {
                let target = to.join(folder.file_name().unwrap());
                fs::create_dir(&target).unwrap();
                fs::copy(file, target.join("function.json")).unwrap();
            }
        }
        fs::copy(env!("CARGO_BIN_EXE_movie-analytics"), to.join("movie-analytics")).unwrap();
    }

    pub fn warehouse(&self) -> PathBuf {
        self.dir.path().join("warehouse.db")
    }

    pub fn settings(&self) -> [(&'static str, String); 6] {
        let connection = self.account.connection_string();
        [
            ("AzureWebJobsStorage", connection.clone()),
            ("LAKE", connection),
            ("WAREHOUSE", format!("sqlite:{}", self.warehouse().display())),
            ("BUILD_FACT_SCHEDULE", self.schedules[0].to_owned()),
            ("EXTRACT_SCHEDULE", NEVER.to_owned()),
            ("RECONCILE_SCHEDULE", self.schedules[1].to_owned()),
        ]
    }

    pub async fn host(&self) -> TestHost {
        self.host_with([]).await
    }

    pub async fn host_with<const N: usize>(&self, more: [(&'static str, String); N]) -> TestHost {
        let settings = self.settings().into_iter().chain(more);
        let options = Options {
            lock: Duration::from_secs(2),
            poll: Some(Duration::from_millis(50)),
            ..Options::default()
        };
        TestHost::start(self.dir.path(), settings, options).await.unwrap()
    }

    /// Uploads a file; as a vendor sees it, that is all.
    pub async fn upload(&self, path: &str, content: impl Into<Vec<u8>>) -> Value {
        let content = content.into();
        let kept = self.dir.path().join("raw").join(path);
        fs::create_dir_all(kept.parent().unwrap()).unwrap();
        fs::write(kept, &content).unwrap();
        let size = content.len() as u64;
        let etag = put_blob(&self.account, "raw", path, content).await.unwrap();
        eventgrid::blob_created(self.account.name(), "raw", path, &etag, size)
    }

    pub fn queue_of(path: &str) -> String {
        let folder = path.split('/').next().unwrap();
        format!("blob-created-{}", folder.replace('_', "-"))
    }

    /// Uploads a file and delivers its event.
    pub async fn drop(&self, path: &str, content: impl Into<Vec<u8>>) {
        let event = self.upload(path, content).await;
        self.queues.put(&Self::queue_of(path), &event.to_string()).await.unwrap();
    }

    pub fn oracle(&self) -> Oracle {
        Oracle::of_folder(&self.dir.path().join("raw"))
    }

    /// Waits until the warehouse holds what the oracle computes.
    pub async fn holds(&self) {
        let oracle = self.oracle();
        let start = Instant::now();
        while !warehouse::has_facts(&self.warehouse())
            || warehouse::facts(&self.warehouse()) != oracle.facts
        {
            if start.elapsed() > LONG {
                warehouse::assert_same(&warehouse::facts(&self.warehouse()), &oracle.facts);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(warehouse::spend(&self.warehouse()), oracle.spend);
    }
}

/// The message of the first line that the handler wrote for an invocation. It comes by a pipe, and
/// so after the answer at times.
pub async fn said(host: &TestHost, invocation: &Invocation) -> String {
    let start = Instant::now();
    loop {
        let lines = host.lines().into_iter();
        let mut lines = lines.filter_map(|line| serde_json::from_str::<Value>(&line.text).ok());
        if let Some(line) = lines.find(|line| line["invocation_id"] == *invocation.id) {
            return line["message"].as_str().unwrap().to_owned();
        }
        assert!(start.elapsed() < LONG, "no line: {invocation}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
