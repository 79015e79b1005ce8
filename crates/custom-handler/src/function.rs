//! A function of an app, whatever its trigger and its state.

use std::{any::Any, future::Future, pin::Pin};

use crate::{Context, DecodeError, Outcome, Payload};

pub(crate) type Job = Pin<Box<dyn Future<Output = Outcome> + Send>>;

type Start = Box<dyn Fn(Input, Context) -> Result<Job, DecodeError> + Send + Sync>;

/// What starts a handler: what the host sent, or a trigger that a test made.
pub(crate) enum Input {
    Payload(Payload),
    Trigger(Box<dyn Any + Send>),
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) start: Start,
    /// Names of the output bindings in function.json, where it was read.
    pub(crate) outputs: Option<Vec<String>>,
}

impl Function {
    pub(crate) fn new(
        name: &str,
        kind: &'static str,
        start: impl Fn(Input, Context) -> Result<Job, DecodeError> + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.to_owned(), kind, start: Box::new(start), outputs: None }
    }

    /// For a trigger of another type than the handler's.
    pub(crate) fn other(_: Box<dyn Any + Send>) -> DecodeError {
        DecodeError::new("the handler has another trigger")
    }

    /// The outputs of an outcome that the host would drop without a word.
    pub(crate) fn unknown_output(&self, outcome: &Outcome) -> Option<String> {
        let known = self.outputs.as_ref()?;
        let mut names = outcome.outputs().map(|(name, _)| name);
        names.find(|name| !known.iter().any(|other| other == name)).map(str::to_owned)
    }
}
