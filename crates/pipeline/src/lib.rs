//! Pure transformations: bytes of vendor files in, Arrow record batches and refusals out;
//! reviews, logs and purchases in, facts out. No I/O and no clock in here.

pub mod csv;
pub mod dataset;
pub mod day;
pub mod facts;
pub mod logs;
mod number;
pub mod parser;
pub mod purchases;
pub mod refusal;
pub mod reviews;
mod texts;

pub use dataset::Dataset;
pub use day::Day;
pub use parser::{FileParser, Limits, Options, Tally, parser};
pub use refusal::{FileReason, FileRefusal, RowReason};
