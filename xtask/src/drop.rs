//! `cargo xtask drop`: a vendor's file arrives.

use anyhow::Result;

use crate::start::functions_host;

pub const HELP: &str = "\
Lets a vendor's file arrive in the app that `cargo xtask start` runs: writes it to the
container raw and puts the event on the queue that Event Grid would deliver in Azure (the
storage emulator sends none).

Usage: cargo xtask drop FILE... [--as DATASET] [--path PATH]

  cargo xtask drop movie_review.csv             to raw/movie_review/<today>/
  cargo xtask drop lake/raw/log_reviews/x/a.csv to raw/log_reviews/x/: a lake's paths are kept
  cargo xtask drop a.csv --as log_reviews       to raw/log_reviews/<today>/
  cargo xtask drop a.csv --path user_purchase/2026-11-22/a.csv
                                                to this place; the same place again
                                                restates the file

Elsewhere the beginning of its name says what a file is: movie_review, log_reviews,
user_purchase, with .csv or .csv.gz at its end. LAKE in dist/local.settings.json or the
environment tells which account it goes to.";

pub fn run(args: &[&str]) -> Result<()> {
    functions_host("drop", args)
}
