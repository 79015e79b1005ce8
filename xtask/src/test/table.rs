//! The last lines of a run: what each stage cost.

use std::time::Duration;

pub enum Outcome {
    Ran {
        time: Duration,
        ok: bool,
    },
    /// The variable that was not set, unless an earlier stage failed.
    NotRun {
        needs: Option<&'static str>,
    },
}

/// A line for each stage by its name.
pub fn render(rows: &[(&str, Outcome)]) -> String {
    let mut lines = vec![line("stage", "minutes", "outcome")];
    let mut total = Duration::ZERO;
    for (stage, outcome) in rows {
        lines.push(match outcome {
            Outcome::Ran { time, ok } => {
                total += *time;
                line(stage, &minutes(*time), if *ok { "ok" } else { "failed" })
            }
            Outcome::NotRun { needs: None } => line(stage, "-", "not run"),
            Outcome::NotRun { needs: Some(name) } => {
                line(stage, "-", &format!("not run: {name} is not set"))
            }
        });
    }
    lines.push(line("total", &minutes(total), ""));
    lines.join("\n")
}

fn line(stage: &str, minutes: &str, outcome: &str) -> String {
    format!("{stage:<9} {minutes:>7}  {outcome}").trim_end().to_owned()
}

fn minutes(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_shows_what_ran_and_what_did_not() {
        let ran = |millis, ok| Outcome::Ran { time: Duration::from_millis(millis), ok };
        let rows = [
            ("fmt", ran(600, true)),
            ("clippy", ran(750_000, false)),
            ("test", Outcome::NotRun { needs: None }),
            ("tsql-live", Outcome::NotRun { needs: Some("TEST_SQLSERVER_URL") }),
        ];
        let expected = "\
stage     minutes  outcome
fmt          0.01  ok
clippy      12.50  failed
test            -  not run
tsql-live       -  not run: TEST_SQLSERVER_URL is not set
total       12.51";
        assert_eq!(render(&rows), expected);
    }
}
