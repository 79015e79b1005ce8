//! Events in, and events out.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod decode;
mod publish;
