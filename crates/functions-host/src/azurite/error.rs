//! What can go wrong with the emulator and with requests to a storage account.

/// An error of the emulator or of a storage service. None of them holds a key.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
pub enum Error {
    /// It is not installed.
    #[error(
        "azurite is not in `{folder}`: install it with `cargo xtask test --stage tools`, or set \
         AZURITE_HOME to a folder that holds node_modules/azurite"
    )]
    Absent { folder: String },
    /// Its process cannot be started.
    #[error("cannot start azurite: {source}; it needs the program `node`")]
    Start { source: std::io::Error },
    /// It ended, or was killed after it had time enough.
    #[error("azurite does not listen: {said}; look whether its ports are free")]
    NotListening { said: String },
    /// The connection string says too little. It is not repeated, since it may hold a key.
    #[error("the connection string of the storage account {problem}")]
    Connection { problem: String },
    /// The service answered that it will not.
    #[error("cannot {doing} `{name}`: the storage service answers {status} {code}")]
    Refused { doing: &'static str, name: String, status: u16, code: String },
    /// The service did not answer.
    #[error("cannot {doing} `{name}`: {source}; look whether the storage service runs")]
    Unreachable { doing: &'static str, name: String, source: reqwest::Error },
    /// The service answered something else than it should.
    #[error("cannot {doing} `{name}`: the answer of the storage service {problem}")]
    Answer { doing: &'static str, name: String, problem: String },
}

impl Error {
    /// Whether the service refused with this code: `QueueNotFound`.
    pub(crate) fn has_code(&self, expected: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == expected)
    }
}
