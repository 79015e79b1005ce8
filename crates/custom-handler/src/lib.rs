#![doc = include_str!("../README.md")]

mod app;
mod caller;
mod context;
mod error;
mod function;
mod http_response;
mod invocation;
mod layer;
mod outcome;
mod output;
mod panics;
mod payload;
mod run;
mod script_root;
mod server;
pub mod testing;
mod trigger;

pub use app::App;
pub use context::Context;
pub use error::{DecodeError, Error, OutputError};
pub use http_response::HttpResponse;
pub use invocation::Ending;
pub use layer::{Invocation, Next};
pub use outcome::{Outcome, Verdict};
pub use output::Output;
pub use payload::Payload;
pub use run::Stopped;
pub use trigger::{
    Trigger,
    event_grid::EventGridEvents,
    http::HttpRequest,
    queue::{DequeueCount, QueueMessage},
    timer::Timer,
};

// In signatures of this crate: see "Versions" in the README.
pub use {chrono, serde_json, tracing};
