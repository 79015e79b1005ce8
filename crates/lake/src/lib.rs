//! The lake: three containers (`raw`, `staging`, `quarantine`) on an object store, the
//! create-only log of receipts, Parquet in and out, and [`ingest()`], which turns a version of a
//! vendor file into a staged one exactly once:
//!
//! ```
//! use lake::{IngestOptions, Lake, Outcome, ingest};
//!
//! const CSV: &str = "cid,review_str,id_review\n13756,A good film,1\n";
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! let lake = Lake::local(folder)?;
//! let file = "movie_review/2021-04-25.csv";
//! std::fs::create_dir_all(folder.join("raw/movie_review"))?;
//! std::fs::write(folder.join("raw").join(file), CSV)?;
//!
//! let outcome = ingest(&lake, file, &IngestOptions::default()).await?;
//! let Outcome::Accepted(receipt) = outcome else { panic!("{outcome:?}") };
//! assert_eq!((receipt.number, receipt.rows.staged), (1, 1));
//! // The same event again: there is nothing left to do.
//! let outcome = ingest(&lake, file, &IngestOptions::default()).await?;
//! assert_eq!(outcome, Outcome::AlreadyDone(receipt));
//! # Ok(())
//! # }
//! ```

mod absorbed;
mod azure;
mod azure_names;
mod duplicate_content;
mod erased;
mod error;
pub mod failpoint;
mod ingest;
mod parquet_in;
mod parquet_out;
mod paths;
pub mod receipt;
mod receipt_log;
mod snapshot;
mod sources;
mod store;
mod sweep;
pub mod table;
mod unchanged;
mod upload;
mod work;

pub use absorbed::seen;
pub use azure::AzureLake;
pub use erased::{Erasure, list::Erased};
pub use error::Error;
pub use failpoint::now;
pub use ingest::{CutRaw, Delivery, IngestOptions, Outcome, Progress, ingest};
pub use parquet_in::StagedStream;
pub use parquet_out::properties as parquet_properties;
pub use receipt::{Receipt, Refusal, Rows, State};
pub use receipt_log::{Listing, ReceiptLog};
pub use snapshot::{NewSnapshot, SNAPSHOT, SnapshotWriter};
pub use sources::{Raw, Source, Unread};
pub use store::Lake;
pub use sweep::Swept;
pub use table::Table;
pub use work::Work;
