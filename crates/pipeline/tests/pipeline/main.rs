//! Bytes in, record batches and refusals out; reviews and logs in, facts out.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod checks;
mod common;
mod forms;
mod limits;
mod logs;
mod personal;
mod purchases;
mod reviews;
mod rules;
mod shares;
