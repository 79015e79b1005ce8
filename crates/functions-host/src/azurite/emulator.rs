//! The emulator's process.

use std::{
    env, fmt,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Account, Error};

/// The version that `cargo xtask test --stage tools` installs.
const VERSION: &str = "3.35.0";

/// The script that runs all services, below the folder of the installation.
const SCRIPT: &str = "node_modules/azurite/dist/src/azurite.js";

/// Ends the emulator with us, however we end: then nobody holds the other end of its stdin.
const END_WITH_PARENT: &str = "data:text/javascript,\
    process.stdin.resume().on('end',()=>process.kill(process.pid,'SIGTERM'))";

/// It takes a second or two; a busy machine may take longer.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// To write what it holds in memory to its folder.
const TIME_TO_STOP: Duration = Duration::from_secs(5);

/// Blobs in memory, in MiB. Its own default is half of the machine.
const MEMORY: &str = "1024";

/// How many accounts [`Azurite::fresh_account`] can hand out.
const FRESH: usize = 500;

/// Ports on the loopback address; 0 takes a free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// Of the blob service.
    pub blob: u16,
    /// Of the queue service.
    pub queue: u16,
}

/// A running emulator of blobs and queues. It stops when this is dropped, and when our process
/// ends in whatever way.
pub struct Azurite {
    child: Child,
    persisted: bool,
    /// Addresses, `127.0.0.1:port`.
    blob: String,
    queue: String,
    handed_out: AtomicUsize,
}

impl Azurite {
    /// Starts it on free ports, in memory or with its data in a folder, and waits until it
    /// listens.
    pub async fn start(folder: Option<&Path>) -> Result<Self, Error> {
        Self::start_on(Ports::default(), folder).await
    }

    /// As [`start`](Self::start), on these ports.
    pub async fn start_on(ports: Ports, folder: Option<&Path>) -> Result<Self, Error> {
        let script = script()?;
        let mut command = Command::new("node");
        command
            .args(["--import", END_WITH_PARENT])
            .arg(script)
            .args(["--silent", "--disableTelemetry", "--skipApiVersionCheck"])
            .args(["--blobHost", "127.0.0.1", "--blobPort", &ports.blob.to_string()])
            .args(["--queueHost", "127.0.0.1", "--queuePort", &ports.queue.to_string()])
            // Tables cannot be left out.
            .args(["--tableHost", "127.0.0.1", "--tablePort", "0"])
            .env("AZURITE_ACCOUNTS", accounts())
            .env("NODE_NO_WARNINGS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        match folder {
            Some(folder) => command.arg("--location").arg(folder),
            None => command.args(["--inMemoryPersistence", "--extentMemoryLimit", MEMORY]),
        };
        let mut child = command.spawn().map_err(|source| Error::Start { source })?;
        let (said, mut lines) = unbounded_channel();
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            listen(stdout, said.clone());
            listen(stderr, said);
        }
        let (blob, queue, handed_out) = (String::new(), String::new(), AtomicUsize::new(0));
        let mut azurite = Self { child, persisted: folder.is_some(), blob, queue, handed_out };
        azurite.wait(&mut lines).await?;
        Ok(azurite)
    }

    /// The account that every emulator has.
    pub fn account(&self) -> Account {
        Account::of_emulator(&self.blob, &self.queue)
    }

    /// An account that nobody has had before, without containers or queues: each test that
    /// takes one is alone. The first 500 differ.
    pub fn fresh_account(&self) -> Account {
        let name = fresh_name(self.handed_out.fetch_add(1, Relaxed) % FRESH);
        Account::emulated(&self.blob, &self.queue, &name)
    }

    /// Of [`account`](Self::account).
    pub fn connection_string(&self) -> String {
        self.account().connection_string()
    }

    /// Of [`account`](Self::account): `http://127.0.0.1:port/devstoreaccount1`.
    pub fn blob_endpoint(&self) -> String {
        self.account().blob_endpoint().to_owned()
    }

    /// Waits until both services have printed their addresses.
    async fn wait(&mut self, lines: &mut UnboundedReceiver<String>) -> Result<(), Error> {
        let mut said = "it says nothing".to_owned();
        let listening = async {
            while self.blob.is_empty() || self.queue.is_empty() {
                let Some(line) = lines.recv().await else { return false };
                match line.split_once(" service is successfully listening at http://") {
                    Some(("Azurite Blob", address)) => self.blob = address.to_owned(),
                    Some(("Azurite Queue", address)) => self.queue = address.to_owned(),
                    Some(_) => {}
                    // Of a stack trace the first line says what happened.
                    None if line.contains("rror") && !said.contains("rror") => said = line,
                    None => {}
                }
            }
            true
        };
        match tokio::time::timeout(TIME_TO_START, listening).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(Error::NotListening { said }),
        }
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // What is persisted is written when it is asked to end, not when it is killed.
        drop(self.child.stdin.take());
        let begun = Instant::now();
        while self.persisted && begun.elapsed() < TIME_TO_STOP {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(20)),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        // Both fail only when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Azurite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Azurite").field(&self.blob_endpoint()).finish()
    }
}

/// Where the emulator is installed.
fn script() -> Result<PathBuf, Error> {
    let set = env::var_os("AZURITE_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = set.unwrap_or_else(|| {
        let home = env::var_os("HOME").unwrap_or_default();
        Path::new(&home).join(".cache/movie-analytics/tools").join(format!("azurite-{VERSION}"))
    });
    let script = home.join(SCRIPT);
    match script.exists() {
        true => Ok(script),
        false => Err(Error::Absent { folder: home.display().to_string() }),
    }
}

/// Hands on what the process says, and reads on when nobody listens: a full pipe would stop it.
fn listen(stream: impl Read + Send + 'static, said: UnboundedSender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let _ = said.send(String::from_utf8_lossy(&line).trim().to_owned());
        }
    });
}

/// `AZURITE_ACCOUNTS`: the usual account and the fresh ones.
fn accounts() -> String {
    let usual = Account::of_emulator("", "");
    let names = [usual.name().to_owned()].into_iter().chain((0..FRESH).map(fresh_name));
    names.map(|name| format!("{name}:{};", usual.key_in_base64())).collect()
}

fn fresh_name(n: usize) -> String {
    format!("fresh{n:04}")
}
