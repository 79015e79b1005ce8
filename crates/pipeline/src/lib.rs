//! Pure transformations: bytes of vendor files in, Arrow record batches and refusals out;
//! reviews, logs and purchases in, facts out. No I/O and no clock in here.
//!
//! A file is pushed through the parser of its dataset in chunks of any size:
//!
//! ```
//! use pipeline::{Dataset, FileRefusal, Options, RowReason, parser};
//!
//! # fn main() -> Result<(), FileRefusal> {
//! let mut parser = parser(Dataset::ClassifiedMovieReview, &Options::default());
//! parser.push(b"cid,review_str,id_review\n13756,A good film,1\n")?;
//! parser.push(b"x,Bad,2\n")?;
//! parser.finish()?;
//! assert_eq!(parser.take_rows().map(|batch| batch.num_rows()), Some(1));
//! assert_eq!(parser.tally().refused[&RowReason::NotAnInteger], 1);
//! # Ok(())
//! # }
//! ```

mod blanks;
pub mod contract;
pub mod csv;
pub mod dataset;
mod dates;
pub mod day;
pub mod dimensions;
pub mod facts;
mod file_parser;
mod id_ranges;
pub mod limits;
pub mod logs;
mod number;
pub mod parser;
pub mod purchases;
pub mod refusal;
pub mod reviews;
mod texts;
pub mod versions;

pub use dataset::Dataset;
pub use dates::Dates;
pub use day::Day;
pub use file_parser::{FileParser, Limits, Tally};
pub use id_ranges::{IdCollector, IdRanges};
pub use parser::{Options, parser};
pub use refusal::{FileReason, FileRefusal, RefusedRow, RowReason};
