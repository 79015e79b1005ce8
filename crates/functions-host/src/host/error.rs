//! Why the test host does not start or go on.

use std::{io, path::PathBuf};

use crate::azurite;

/// An error of the test host; its text names its cause. Failed invocations are in the log.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {cause}; `cargo xtask package` assembles the script root", .path.display())]
    Read { path: PathBuf, cause: io::Error },
    /// A file says what the host, or this stand-in, does not understand.
    #[error("{}: {problem}", .path.display())]
    File { path: PathBuf, problem: String },
    /// A setting is missing or unusable. Values are not repeated: they may hold keys.
    #[error("the setting `{name}` {problem}")]
    Setting { name: String, problem: String },
    /// There is no such function, or it has an HTTP trigger.
    #[error("there is no timer and no queue function `{name}` in the script root")]
    NoFunction { name: String },
    /// The port is taken.
    #[error("cannot listen on 127.0.0.1:{port}: {cause}; is another host running?")]
    Listen { port: u16, cause: io::Error },
    /// The handler cannot be started at all.
    #[error("cannot start the handler {}: {cause}; look at defaultExecutablePath in host.json", .program.display())]
    Handler { program: PathBuf, cause: io::Error },
    /// The host stopped itself, as the real one would.
    #[error("the host stopped: {reason}")]
    Stopped { reason: String },
    /// What a test waited for did not happen.
    #[error("waited {seconds} s in vain; invocations so far:\n{invocations}")]
    Waited { seconds: u64, invocations: String },
    /// A queue cannot be used.
    #[error(transparent)]
    Storage(#[from] azurite::Error),
}
