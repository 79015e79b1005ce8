//! For development only: a stand-in for the Azure Functions host, the storage emulator
//! ([`azurite`]), and the program behind `cargo xtask start` and `cargo xtask drop`. Nothing of this
//! is part of the deployed program.
//!
//! # The stand-in
//!
//! **It is not the Functions host.**
//!
//! It reads the script root, starts the handler and calls it as the host would: queue triggers
//! over real storage queues (Azurite), timers, HTTP; outputs, retries, poison queues; crashes,
//! timeouts and SIGKILL. The rules were read from the source of host 4.1037 and its extensions,
//! and compared with requests that were recorded from it
//! (`crates/custom-handler/tests/recorded`); where this stand-in and the host differ, the host is
//! right.
//!
//! It knows `queueTrigger`, `timerTrigger` and `httpTrigger`, `queue` and `http` outputs, `retry`
//! of timers after a fixed delay, queues of plain texts (`"messageEncoding": "none"`), and time in
//! UTC. It refuses every other binding and option. A function that the host itself refuses is in
//! error, and the others start: see [`TestHost::functions_in_error`].
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use std::{path::Path, time::Duration};
//! use functions_host::{Options, TestHost};
//!
//! let settings = [("LAKE", "UseDevelopmentStorage=true")];
//! let host = TestHost::start(Path::new("dist"), settings, Options::default()).await?;
//! let limit = Duration::from_secs(10);
//! let ran = host.wait_until(|all| all.iter().any(|one| one.succeeded), limit).await?;
//! host.stop().await;
//! # Ok(()) }
//! ```

pub mod azurite;
mod host;

pub use host::{Invocation, Keys, Level, Line, Options, TestHost, queues};
