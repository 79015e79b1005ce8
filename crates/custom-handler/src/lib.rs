#![doc = include_str!("../README.md")]

mod app;
mod error;
mod http_response;
mod invocation;
mod outcome;
mod output;
mod panics;
mod payload;
mod run;
mod server;
mod trigger;

pub use app::{App, Context};
pub use error::{DecodeError, Error};
pub use http_response::HttpResponse;
pub use outcome::Outcome;
pub use output::Output;
pub use payload::Payload;
pub use run::Stopped;
pub use trigger::{
    Trigger, event_grid::EventGridEvents, http::HttpRequest, queue::QueueMessage, timer::Timer,
};
