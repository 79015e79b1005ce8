//! What a handler answers.

use std::fmt::Display;

use serde_json::{Map, Value, json};

use crate::Output;

/// How an invocation ended, for the host.
///
/// | outcome | status | queue | timer | Event Grid | http |
/// |---|---|---|---|---|---|
/// | `done`, `refused` | 200 | message deleted | done | done | the output of `res` |
/// | `try_again` | 500 | again, 5 times in all, then `<queue>-poison` | again only with a `retry` policy | whole delivery again | 500 |
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an outcome does nothing unless the handler returns it"]
pub struct Outcome {
    verdict: Verdict,
    logs: Vec<String>,
    outputs: Vec<(String, Output)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    Done,
    Refused(String),
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
    /// reason is reported as a warning.
    pub fn refused(reason: impl Display) -> Self {
        Self::new(Verdict::Refused(format!("{reason:#}")))
    }

    /// Something failed that may work later. The reason is reported as an error, because the host
    /// throws away the logs of failed answers. Outputs and log lines of this outcome are not sent.
    pub fn try_again(reason: impl Display) -> Self {
        Self::new(Verdict::TryAgain(format!("{reason:#}")))
    }

    /// Adds a line to the invocation's details in the portal, at level Information. It appears
    /// when the invocation has ended: a summary, not a running log.
    pub fn log(mut self, line: impl Into<String>) -> Self {
        self.logs.push(line.into());
        self
    }

    /// Sets the value of an output binding by its `name` in function.json; its case counts, and
    /// the host ignores names it does not know.
    ///
    /// A name may hold letters and digits alone, and begins with a letter: the host leaves out a
    /// function whose function.json has another. An outcome with such an output fails.
    pub fn output(mut self, binding: impl Into<String>, output: impl Into<Output>) -> Self {
        let binding = binding.into();
        let output = if is_binding(&binding) {
            output.into()
        } else {
            let why = "the host rejects this binding name: it must begin with a letter and hold \
                       only letters and digits, at most 128 of them; rename it here and in \
                       function.json";
            Output(Err(why.to_owned()))
        };
        self.outputs.retain(|(other, _)| *other != binding);
        self.outputs.push((binding, output));
        self
    }

    /// The verdict, and the body of a 200: always an object with all three members. An empty
    /// body or `null` would leave the invocation hanging until the host kills the process. An
    /// error names the output that cannot be sent.
    pub(crate) fn into_answer(self) -> (Verdict, Result<Value, (String, String)>) {
        let output = |(binding, output): (String, Output)| match output.0 {
            Ok(value) => Ok((binding, value)),
            Err(error) => Err((binding, error)),
        };
        let outputs = self.outputs.into_iter().map(output).collect::<Result<Map<_, _>, _>>();
        let body = |outputs| json!({ "Outputs": outputs, "Logs": self.logs, "ReturnValue": null });
        (self.verdict, outputs.map(body))
    }
}

/// The host's rule for names of bindings.
fn is_binding(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|char| char.is_ascii_alphanumeric())
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::done()
    }
}

/// An error means "try again"; map permanent ones to [`Outcome::refused`]. Its text is written
/// with `{:#}`, so an `anyhow` error brings its causes.
impl<O: Into<Outcome>, E: Display> From<Result<O, E>> for Outcome {
    fn from(result: Result<O, E>) -> Self {
        match result {
            Ok(outcome) => outcome.into(),
            Err(error) => Self::try_again(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_an_object_with_all_members() {
        let answer = |outcome: Outcome| outcome.into_answer().1.unwrap();
        let done = json!({ "Outputs": {}, "Logs": [], "ReturnValue": null });
        assert_eq!(answer(Outcome::done()), done);
        let outcome = Outcome::refused("no CSV").log("looked").output("q", Output::messages(["m"]));
        let outcome = outcome.output("q", Output::messages(["n"]));
        let expected = json!({
            "Outputs": { "q": ["n"] }, "Logs": ["looked"], "ReturnValue": null,
        });
        assert_eq!(answer(outcome), expected);
    }

    #[test]
    fn results_become_outcomes() {
        let failed: Result<Outcome, _> = Err("the lake is away");
        assert_eq!(Outcome::from(failed), Outcome::try_again("the lake is away"));
        assert_eq!(Outcome::from(Ok::<(), String>(())), Outcome::done());
    }

    #[test]
    fn binding_names_follow_the_hosts_rule() {
        let sent =
            |name: &str| Outcome::done().output(name, Output::messages(["m"])).into_answer().1;
        for good in ["a", "Z9", "movieReview", &"a".repeat(128)] {
            assert!(sent(good).is_ok(), "{good}");
        }
        for bad in ["", "movie_review", "a-b", "1a", "a b", "é", "$return", &"a".repeat(129)] {
            let (binding, why) = sent(bad).unwrap_err();
            assert!(binding == bad && why.starts_with("the host rejects this"), "{bad}: {why}");
        }
    }
}
