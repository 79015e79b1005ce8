//! Pure transformations: bytes of vendor files in, Arrow record batches and refusals out;
//! reviews, logs and purchases in, facts out. No I/O and no clock in here.
//!
//! A file is pushed through the parser of its dataset in portions of any size:
//!
//! ```
//! use pipeline::{Dataset, FileRefusal, Options, RowReason, parser};
//!
//! # fn main() -> Result<(), FileRefusal> {
//! let mut parser = parser(Dataset::ClassifiedMovieReview, &Options::default());
//! let mut file = &b"cid,review_str,id_review\n13756,A good film,1\nx,Bad,2\n"[..];
//! let mut batches = Vec::new();
//! while !file.is_empty() {
//!     let space = parser.space();
//!     let n = space.len().min(file.len());
//!     space[..n].copy_from_slice(&file[..n]);
//!     parser.filled(n)?;
//!     file = &file[n..];
//!     batches.extend(parser.take_rows());
//! }
//! parser.finish()?;
//! while let Some(batch) = parser.take_rows() {
//!     batches.push(batch);
//! }
//! assert_eq!(batches[0].num_rows(), 1);
//! assert_eq!(parser.tally().refused[&RowReason::NotAnInteger], 1);
//! # Ok(())
//! # }
//! ```

pub mod csv;
pub mod dataset;
pub mod day;
pub mod dimensions;
pub mod facts;
pub mod logs;
mod number;
pub mod parser;
pub mod purchases;
pub mod refusal;
pub mod reviews;
mod texts;
pub mod versions;

pub use dataset::Dataset;
pub use day::Day;
pub use parser::{FileParser, Limits, Options, Tally, parser};
pub use refusal::{FileReason, FileRefusal, RowReason};
