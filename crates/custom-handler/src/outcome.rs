//! What a handler answers.

use std::{any::Any, error::Error as StdError};

use serde_json::{Map, Value, json};

use crate::{
    DecodeError, Output, OutputError,
    error::{causes, chain},
};

type BoxError = Box<dyn StdError + Send + Sync>;

/// How an invocation ended, for the host.
///
/// | outcome | status | queue | timer | Event Grid | http |
/// |---|---|---|---|---|---|
/// | `done`, `refused` | 200 | message deleted | done | done | the output of `res` |
/// | `try_again` | 500 | again, 5 times in all, then `<queue>-poison` | again only with a `retry` policy | whole delivery again | 500 |
///
/// A handler may return a `Result`. An error means [`try_again`](Self::try_again), but a
/// [`DecodeError`], or one among the error's causes, means [`refused`](Self::refused): what cannot
/// be read once cannot be read at the next delivery. Errors are written with all their causes.
///
/// ```
/// use custom_handler::{DecodeError, Outcome, QueueMessage, Verdict};
///
/// fn read(message: &QueueMessage) -> Result<(), DecodeError> {
///     message.json::<u32>().map(drop)
/// }
/// assert_eq!(Outcome::from(read(&QueueMessage::new("1"))), Outcome::done());
/// let refused = Outcome::from(read(&QueueMessage::new("x")));
/// assert!(matches!(refused.verdict(), Verdict::Refused(_)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an outcome does nothing unless the handler returns it"]
pub struct Outcome {
    verdict: Verdict,
    logs: Vec<String>,
    outputs: Vec<(String, Output)>,
}

/// What an [`Outcome`] says, with its reason.
///
/// ```
/// use custom_handler::{Outcome, Verdict};
///
/// assert_eq!(Outcome::refused("no CSV").verdict(), &Verdict::Refused("no CSV".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The work is done.
    Done,
    /// The input is refused for good.
    Refused(String),
    /// It may work later.
    TryAgain(String),
}

impl Outcome {
    fn new(verdict: Verdict) -> Self {
        Self { verdict, logs: Vec::new(), outputs: Vec::new() }
    }

    /// The work is done, or there was nothing to do.
    pub fn done() -> Self {
        Self::new(Verdict::Done)
    }

    /// The input is refused for good: to the host that is a success, so nobody tries again. The
    /// reason, a text or an error with its causes, is reported as a warning.
    pub fn refused(reason: impl Into<BoxError>) -> Self {
        Self::new(Verdict::Refused(chain(&*reason.into())))
    }

    /// Something failed that may work later. The reason, a text or an error with its causes, is
    /// reported as an error, because the host throws away the logs of failed answers. Outputs and
    /// log lines of this outcome are not sent.
    pub fn try_again(reason: impl Into<BoxError>) -> Self {
        Self::new(Verdict::TryAgain(chain(&*reason.into())))
    }

    /// Adds a line to the invocation's details in the portal, at level Information. It appears
    /// when the invocation has ended: a summary, not a running log.
    pub fn log(mut self, line: impl Into<String>) -> Self {
        self.logs.push(line.into());
        self
    }

    /// Sets the value of an output binding by its `name` in function.json, where its case counts.
    ///
    /// A name may hold letters and digits alone, and begins with a letter, at most 128 of them: the
    /// host leaves out a function whose function.json has another, so that is an error. A name that
    /// function.json does not have fails the invocation, because the host drops such an output
    /// without a word.
    pub fn output(
        mut self,
        binding: impl Into<String>,
        output: impl Into<Output>,
    ) -> Result<Self, OutputError> {
        let binding = binding.into();
        if !is_binding(&binding) {
            return Err(OutputError(format!(
                "the host rejects the binding name `{}`: {BINDING_RULE}",
                binding.escape_debug()
            )));
        }
        self.outputs.retain(|(other, _)| *other != binding);
        self.outputs.push((binding, output.into()));
        Ok(self)
    }

    /// What the outcome says, for tests.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Its log lines, for tests.
    pub fn logs(&self) -> &[String] {
        &self.logs
    }

    /// Its outputs by the names of their bindings, for tests.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &Output)> {
        self.outputs.iter().map(|(name, output)| (name.as_str(), output))
    }

    /// The body of a 200: always an object with all three members. An empty body or `null` would
    /// leave the invocation hanging until the host kills the process.
    pub(crate) fn into_body(self) -> Value {
        let outputs: Map<_, _> =
            self.outputs.into_iter().map(|(name, output)| (name, output.0)).collect();
        json!({ "Outputs": outputs, "Logs": self.logs, "ReturnValue": null })
    }
}

/// The rule that [`is_binding`] checks.
pub(crate) const BINDING_RULE: &str = "it must begin with a letter and hold only letters and \
                                       digits, at most 128 of them; rename it";

/// The host's rule for names of bindings, apart from `$return`.
pub(crate) fn is_binding(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|char| char.is_ascii_alphanumeric())
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::done()
    }
}

impl<O: Into<Outcome>, E: Into<BoxError> + 'static> From<Result<O, E>> for Outcome {
    fn from(result: Result<O, E>) -> Self {
        match result {
            Ok(outcome) => outcome.into(),
            // As a box, an `anyhow::Error` does not show what it was made of.
            Err(error) => match (&error as &dyn Any).downcast_ref::<anyhow::Error>() {
                Some(known) if known.chain().any(is_decode_error) => Self::refused(error),
                Some(_) => Self::try_again(error),
                None => {
                    let error = error.into();
                    let refused = causes(&*error).any(is_decode_error);
                    if refused { Self::refused(error) } else { Self::try_again(error) }
                }
            },
        }
    }
}

fn is_decode_error(error: &(dyn StdError + 'static)) -> bool {
    error.is::<DecodeError>()
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn an_answer_is_an_object_with_all_members() {
        let done = json!({ "Outputs": {}, "Logs": [], "ReturnValue": null });
        assert_eq!(Outcome::done().into_body(), done);
        let messages = |text| Output::messages([text]).unwrap();
        let outcome = Outcome::refused("no CSV").log("looked").output("q", messages("m")).unwrap();
        let outcome = outcome.output("q", messages("n")).unwrap();
        assert_eq!(outcome.outputs().collect::<Vec<_>>(), [("q", &messages("n"))]);
        let expected = json!({
            "Outputs": { "q": ["n"] }, "Logs": ["looked"], "ReturnValue": null,
        });
        assert_eq!(outcome.into_body(), expected);
    }

    #[test]
    fn results_become_outcomes() {
        let failed: Result<Outcome, _> = Err("the lake is away");
        assert_eq!(Outcome::from(failed), Outcome::try_again("the lake is away"));
        assert_eq!(Outcome::from(Ok::<(), String>(())), Outcome::done());
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read the order")]
    struct Wrapped<E: StdError + 'static>(#[source] E);

    #[test]
    fn errors_are_written_with_their_causes_each_once() {
        let away = || std::io::Error::other("the disk is gone");
        let expected = Outcome::try_again("cannot read the order: the disk is gone");
        assert_eq!(Outcome::from(Err::<(), _>(Wrapped(away()))), expected);
        let error = Err::<(), _>(away()).context("cannot read the order");
        assert_eq!(Outcome::from(error), expected);
        // Where an error has its cause in its text already.
        let said = anyhow::anyhow!("the disk is gone").context("cannot read: the disk is gone");
        assert_eq!(Outcome::refused(said), Outcome::refused("cannot read: the disk is gone"));
    }

    #[test]
    fn a_decode_error_is_refused_however_it_is_wrapped() {
        let unreadable = || DecodeError::new("no number");
        let refused = Outcome::refused("cannot read the order: no number");
        assert_eq!(Outcome::from(Err::<(), _>(unreadable())), Outcome::refused("no number"));
        assert_eq!(Outcome::from(Err::<(), _>(Wrapped(unreadable()))), refused);
        let boxed: BoxError = Box::new(Wrapped(unreadable()));
        assert_eq!(Outcome::from(Err::<(), _>(boxed)), refused);
        let error = Err::<(), _>(unreadable()).context("cannot read the order");
        assert_eq!(Outcome::from(error), refused);
        let explicit = Outcome::try_again(unreadable());
        assert_eq!(explicit.verdict(), &Verdict::TryAgain("no number".into()));
    }

    #[test]
    fn binding_names_follow_the_hosts_rule() {
        let set = |name: &str| Outcome::done().output(name, Output::messages(["m"]).unwrap());
        for good in ["a", "Z9", "movieReview", &"a".repeat(128)] {
            assert!(set(good).is_ok(), "{good}");
        }
        for bad in ["", "movie_review", "a-b", "1a", "a b", "é", "$return", &"a".repeat(129)] {
            let why = set(bad).unwrap_err().to_string();
            assert!(why.contains(&format!("binding name `{bad}`")), "{bad}: {why}");
        }
    }
}
