//! The lake: three containers (`raw`, `staging`, `quarantine`) on an object store, the
//! create-only log of receipts, Parquet in and out, and [`ingest`], which turns a version of a
//! vendor file into a staged one exactly once.

mod azure;
mod dedupe;
mod error;
pub mod failpoint;
mod ingest;
mod parquet_in;
mod parquet_out;
mod paths;
pub mod receipt;
mod receipts;
mod remote;
mod source;
mod stage;
mod store;
mod sweep;
mod twins;
mod upload;
mod work;

pub use azure::AzureLake;
pub use error::Error;
pub use ingest::{IngestOptions, Outcome, ingest};
pub use parquet_in::StagedStream;
pub use parquet_out::properties as parquet_properties;
pub use receipt::{Receipt, Refusal, Rows, State};
pub use receipts::Listing;
pub use stage::Progress;
pub use store::{Lake, Source};
pub use sweep::Swept;
pub use work::Work;
