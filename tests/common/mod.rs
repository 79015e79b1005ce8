//! What the tests of the whole product share: the binary, a place to run it in, files to drop,
//! and an independent opinion on what the facts must be.

// Each test binary uses its part.
#![allow(dead_code)]

pub mod app;
pub mod dice;
pub mod drop;
pub mod handler;
pub mod lab;
pub mod numbers;
pub mod oracle;
pub mod place;
pub mod warehouse;
pub mod xml;
