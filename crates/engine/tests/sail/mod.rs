//! A Sail server, which speaks Spark Connect: a driver and several workers in one process, with
//! the storage emulator as its lake. It ends with us, however we end.

#![allow(dead_code)] // Each test binary uses what it needs.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use functions_host::azurite::{self, Account, Azurite};
use tokio::sync::OnceCell;

/// The version that `cargo xtask test --stage spark` installs.
pub const VERSION: &str = "0.7.2";

/// Stops when nobody holds the other end of its input any more.
const SERVE: &str = "\
import os, sys, threading
def end():
    sys.stdin.read()
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
from pysail.cli import main
main()
";

/// It takes a second or two; a busy machine may take longer.
const TIME_TO_START: Duration = Duration::from_secs(120);

pub struct Sail {
    child: Child,
    port: u16,
    azurite: Option<Azurite>,
}

static SHARED: OnceCell<Sail> = OnceCell::const_new();

impl Sail {
    /// The server of all cases of a test binary.
    pub async fn shared() -> &'static Self {
        SHARED
            .get_or_init(|| async {
                let azurite = Azurite::start(None).await.unwrap();
                for container in ["raw", "staging", "quarantine"] {
                    azurite::create_container(&azurite.account(), container).await.unwrap();
                }
                Self::start(Some(azurite)).await
            })
            .await
    }

    /// A server of its own, which reads the emulator or, without one, folders of this machine.
    pub async fn start(azurite: Option<Azurite>) -> Self {
        // Free now: another process that takes it in between makes the server fail.
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(python());
        command
            .args(["-c", SERVE, "spark", "server", "--ip", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .env("SAIL_MODE", "local-cluster")
            .env("SAIL_CLUSTER__WORKER_INITIAL_COUNT", "2")
            .env("SAIL_EXECUTION__DEFAULT_PARALLELISM", "2")
            .env("RUST_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if let Some(azurite) = &azurite {
            let blobs = azurite.blob_endpoint();
            let server = blobs.rsplit_once('/').unwrap().0;
            command
                .env("AZURE_STORAGE_USE_EMULATOR", "true")
                .env("AZURITE_BLOB_STORAGE_URL", server);
        }
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the Sail server ended by itself: {status}");
            }
            assert!(begun.elapsed() < TIME_TO_START, "the Sail server does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { child, port, azurite }
    }

    /// `sc://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The account whose containers it reads.
    pub fn account(&self) -> Account {
        self.azurite.as_ref().unwrap().account()
    }

    /// At once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Sail {
    fn drop(&mut self) {
        // Both fail only when it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The Python that has it.
fn python() -> PathBuf {
    let set = std::env::var_os("SAIL_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let home = set.unwrap_or_else(|| {
        let home = std::env::var_os("HOME").unwrap_or_default();
        PathBuf::from(home).join(format!(".cache/movie-analytics/tools/pysail-{VERSION}"))
    });
    let python = home.join("bin/python3");
    assert!(
        python.exists(),
        "there is no Sail server at {}: `cargo xtask test --stage spark` installs it, or set \
         SAIL_HOME to a virtual environment that has pysail {VERSION}",
        home.display()
    );
    python
}
