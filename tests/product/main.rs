//! The program as its users run it, on a local lake and SQLite.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod bad_rounds;
mod check;
mod cli;
mod command_line;
mod cost;
mod damaged_receipts;
mod drop_to_facts;
mod golden_numbers;
mod held_back;
mod held_customers;
mod histories;
mod late_feeds;
mod listings;
mod named_cases;
mod one_bad_file;
mod otlp;
mod own_checks;
mod places;
mod plan;
mod publish_by_event;
mod raw_rounds;
mod refusals;
mod remedies;
mod restored_lake;
mod same_content;
mod same_customer;
mod scheduled;
mod sign_in;
mod states;
mod telemetry;
mod tutorial;
mod unreachable;
mod withdrawn;

use common::{
    app::{Ran, command},
    handler::Handler,
    place::Place,
};

/// A command, such as `["replay", "--refused"]`, on the lake and warehouse of a test.
fn on(place: &Place, words: &[&str]) -> std::process::Command {
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let places = ["--lake", &lake, "--warehouse", &warehouse];
    let mut command = command(place.folder(), &[&words[..1], &places, &words[1..]].concat());
    command.args(place.creates(words[0]));
    command
}

/// What the command did with these settings.
fn with_settings(place: &Place, words: &[&str], settings: &[(&str, &str)]) -> Ran {
    on(place, words).envs(settings.iter().copied()).output().expect("the binary starts").into()
}

/// The app as the Functions host starts it, with these settings besides its lake and warehouse.
fn serve(place: &Place, settings: &[(&str, &str)]) -> Handler {
    let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
    let places = [("LAKE", &*lake), ("WAREHOUSE", &*warehouse)];
    Handler::start(place.folder(), &[&places, settings].concat())
}
