//! What stands in several files of the repository says the same in all of them.

mod contracts;
mod fuzz_seeds;
mod powerbi;
mod structure;
mod terraform;
