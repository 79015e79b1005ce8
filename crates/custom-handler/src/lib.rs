#![doc = include_str!("../README.md")]

mod app;
mod context;
mod error;
mod host_process;
mod http_response;
mod invocation;
mod outcome;
mod output;
mod panics;
mod payload;
mod run;
mod server;
mod traceparent;
mod trigger;

pub use app::{App, FunctionInfo};
pub use context::Context;
pub use error::{DecodeError, Error};
pub use http_response::HttpResponse;
pub use outcome::Outcome;
pub use output::Output;
pub use payload::Payload;
pub use server::Stopped;
pub use traceparent::{MalformedTraceParent, TraceParent};
pub use trigger::{
    Trigger,
    event_grid::EventGridEvents,
    http::{Headers, HttpRequest},
    queue::QueueMessage,
    timer::Timer,
};

/// The variable in which the host tells the handler its port.
const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
