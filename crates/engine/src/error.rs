/// What can go wrong while facts are computed.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
pub enum Error {
    #[error(transparent)]
    Lake(#[from] lake::Error),
    /// More facts than the memory budget holds came back from the cluster.
    #[error(
        "{days} days have more facts than ENGINE_MEMORY_MB = {budget_mb} holds, though a cluster \
         computes them: raise it"
    )]
    TooManyFacts { days: usize, budget_mb: u64 },
    /// Found before any work: a wrong address, or a cluster that is not there.
    #[error(
        "ENGINE names {cluster}, where no Spark Connect server answers ({detail}): correct the \
         address, start the cluster, or set ENGINE=embedded"
    )]
    Unreachable { cluster: String, detail: String },
    /// It could not be reached, was lost, or ran into trouble of its own.
    #[error("the cluster at {cluster} cannot be reached, or was lost, while it {doing}: {detail}")]
    Lost { cluster: String, doing: &'static str, detail: String },
    #[error(
        "the cluster at {cluster} did not finish while it {doing} within {seconds} s: give it \
         more workers, or more time by deadline_s in ENGINE"
    )]
    Late { cluster: String, doing: &'static str, seconds: u64 },
    #[error(
        "the cluster at {cluster} does not let us in ({detail}): check the token in ENGINE and \
         what its owner may do"
    )]
    Refused { cluster: String, detail: String },
    /// The cluster understood us and cannot do it.
    #[error("the cluster at {cluster} cannot do it while it {doing}: {detail}")]
    Query { cluster: String, doing: &'static str, detail: String },
    /// Not the rows that the receipts promise.
    #[error(
        "the cluster at {cluster} found {found} rows in {files} files of {dataset} that have \
         {staged}: check that it reads the lake of this app, or name the lake for it by lake= in \
         ENGINE"
    )]
    OtherRows { cluster: String, dataset: &'static str, files: usize, found: u64, staged: u64 },
    #[error("the answer of the cluster at {cluster} cannot be read: {detail}")]
    Answer { cluster: String, detail: String },
    /// Where the cluster finds the lake does not follow from where we do.
    #[error(
        "a cluster cannot find the lake {lake}: name its staging container by lake= in ENGINE, \
         such as lake=abfss://staging@ACCOUNT.dfs.core.windows.net"
    )]
    NoPlace { lake: String },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Lake(error) => error.is_transient(),
            Self::Unreachable { .. }
            | Self::Lost { .. }
            | Self::Late { .. }
            | Self::OtherRows { .. } => true,
            Self::TooManyFacts { .. }
            | Self::Refused { .. }
            | Self::Query { .. }
            | Self::Answer { .. }
            | Self::NoPlace { .. } => false,
        }
    }
}
