//! The app: one function, one folder. Each has a `run(deps, input)` that its trigger and the
//! command line call alike. Public is what the binary, the tests and the benches reach for.

pub mod build_fact_movie_analytics;
mod checks;
mod classify_movie_review;
pub mod cli;
mod csv_text;
mod dashboard;
pub mod deps;
pub mod erase;
pub mod events;
pub mod extract_user_purchase;
pub mod ingest;
pub mod late;
pub mod load_user_purchase;
mod number;
mod parse_log_reviews;
mod plan;
pub mod publish;
pub mod publish_requested;
mod quarantine;
mod reader;
pub mod reconcile;
mod refused;
pub mod replay;
pub mod sample;
mod schedule;
pub mod serve;
pub mod settings;
pub mod states;
pub mod status;
pub mod survey;
mod telemetry;
pub mod withdrawn;
