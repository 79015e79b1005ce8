//! What `cargo xtask bench` needs besides the product itself: the files to measure with, and the
//! facts in Parquet instead of a warehouse, as other tools leave them.

mod facts;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use movie_analytics::sample::{REAL, Sample};
use pipeline::{dimensions::DIMENSIONS, reviews::POSITIVE_WORDS};
use serde_json::json;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write the files to measure with below RAW.
    Sample {
        raw: PathBuf,
        #[arg(long)]
        reviews: u64,
        #[arg(long)]
        purchases: u64,
        /// Days that the reviews spread over.
        #[arg(long, default_value_t = 30)]
        days: u32,
        /// One folder a day instead of one file of each kind.
        #[arg(long)]
        daily: bool,
        /// How many reviews in 1,000 are positive.
        #[arg(long, default_value_t = 340)]
        positive: u64,
    },
    /// Print what other tools must know of our rules, as JSON.
    Rules,
    /// Build the facts of all that is staged in the folder LAKE, and write them as Parquet.
    Facts { lake: PathBuf, out: PathBuf },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Sample { raw, reviews, purchases, days, daily, positive } => {
            let (review_bytes, dirty) = (REAL, false);
            let sample = Sample {
                reviews,
                review_bytes,
                positive,
                purchases,
                days,
                dirty,
                ..Sample::default()
            };
            if daily {
                sample.write(&raw)?
            } else {
                sample.write_single(&raw)?
            };
        }
        Command::Rules => {
            let dimensions = DIMENSIONS.map(|d| json!([d.name, d.element]));
            println!("{}", json!({ "dimensions": dimensions, "positive_words": POSITIVE_WORDS }));
        }
        Command::Facts { lake, out } => facts::write(&lake, &out)?,
    }
    Ok(())
}
