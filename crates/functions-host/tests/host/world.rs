//! A script root, a storage account and a host for one test.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use functions_host::azurite::{Azurite, Queues};
use functions_host::{Options, TestHost};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// Generous: machines are slow while others compile.
pub const LIMIT: Duration = Duration::from_secs(30);

static AZURITE: OnceCell<Azurite> = OnceCell::const_new();

pub struct World {
    pub folder: TempDir,
    pub queues: Queues,
    pub host_json: Value,
    pub settings: BTreeMap<String, String>,
    pub options: Options,
}

impl World {
    /// A script root without functions; messages are looked for all the time.
    pub async fn new() -> Self {
        let azurite = AZURITE.get_or_init(|| async {
            // Its error says how to install it.
            Azurite::start(None).await.unwrap_or_else(|error| panic!("{error}"))
        });
        let account = azurite.await.fresh_account();
        let folder = TempDir::new().unwrap();
        let mut settings = BTreeMap::new();
        for name in ["AzureWebJobsStorage", "LAKE"] {
            settings.insert(name.to_owned(), account.connection_string());
        }
        let requests = folder.path().join("requests").display().to_string();
        settings.insert("REQUESTS".to_owned(), requests);
        let host_json = json!({
            "version": "2.0",
            "customHandler": { "description": {
                "defaultExecutablePath": env!("CARGO_BIN_EXE_obedient-handler"),
            } },
            "extensions": { "queues": { "messageEncoding": "none" } },
        });
        let poll = Some(Duration::from_millis(100));
        let options = Options { poll, print: false, ..Options::default() };
        let queues = Queues::new(&account);
        Self { folder, queues, host_json, settings, options }
    }

    pub fn set(&mut self, name: &str, value: impl ToString) -> &mut Self {
        self.settings.insert(name.to_owned(), value.to_string());
        self
    }

    pub fn function(&self, name: &str, function_json: Value) -> &Self {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("function.json"), function_json.to_string()).unwrap();
        self
    }

    /// A queue function `f` of the queue `todo`, with the output `next` to the queue `done`.
    pub async fn queue_function(&self) -> &Self {
        self.queues.create("todo").await.unwrap();
        self.queues.create("done").await.unwrap();
        self.function(
            "f",
            json!({ "bindings": [
            { "type": "queueTrigger", "direction": "in", "name": "m", "queueName": "todo",
              "connection": "LAKE" },
            { "type": "queue", "direction": "out", "name": "next", "queueName": "done",
              "connection": "LAKE" },
        ] }),
        )
    }

    /// What a host before this one left behind: the status of the timer `function`, whose
    /// schedule is the setting `WHEN`.
    pub fn leave_status(&mut self, function: &str, last: &str, next: &str) {
        let state = self.folder.path().join("state");
        fs::create_dir_all(&state).unwrap();
        let schedule = &self.settings["WHEN"];
        let status =
            json!({ "Schedule": schedule, "Last": last, "Next": next, "LastUpdated": last });
        fs::write(state.join(format!("{function}.json")), status.to_string()).unwrap();
        self.options.state = Some(state);
    }

    pub async fn try_start(&self) -> anyhow::Result<TestHost> {
        let host_json = self.host_json.to_string();
        fs::write(self.folder.path().join("host.json"), host_json).unwrap();
        TestHost::start(self.folder.path(), self.settings.clone(), self.options.clone()).await
    }

    pub async fn start(&self) -> TestHost {
        self.try_start().await.unwrap()
    }

    /// The requests that the handler got.
    pub fn requests(&self) -> Vec<Value> {
        let lines = fs::read_to_string(self.folder.path().join("requests")).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The texts on a queue, visible ones.
    pub async fn texts(&self, queue: &str) -> Vec<String> {
        let messages = self.queues.peek(queue, 32).await.unwrap();
        messages.into_iter().map(|message| message.text).collect()
    }

    pub async fn drained(&self, queue: &str) {
        eventually(async || self.queues.len(queue).await.unwrap() == 0).await;
    }

    /// Name of a file that the handler makes when it first obeys a request.
    pub fn once(&self) -> String {
        self.folder.path().join("once").display().to_string()
    }

    /// Starts a host whose handler is in the middle of a message of `todo`, for so long.
    pub async fn start_busy(&self, sleep_ms: u64) -> TestHost {
        let slow = json!({ "once": self.once(), "sleep_ms": sleep_ms }).to_string();
        self.queue_function().await.queues.put("todo", &slow).await.unwrap();
        let host = self.start().await;
        eventually(async || Path::new(&self.once()).exists()).await;
        host
    }
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A function.json for all callers, with an output of this name.
pub fn http(output: &str) -> Value {
    json!({ "bindings": [
        { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" },
        { "type": "http", "direction": "out", "name": output },
    ] })
}

pub async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < LIMIT, "it did not come true");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
