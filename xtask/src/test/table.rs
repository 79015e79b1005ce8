//! The last lines of a run: what each stage cost.

use std::time::Duration;

pub struct Row {
    pub stage: &'static str,
    pub outcome: Outcome,
}

pub enum Outcome {
    Ok(Duration),
    Failed(Duration),
    NotRun,
}

pub fn render(rows: &[Row]) -> String {
    let mut lines = vec![line("stage", "minutes", "outcome")];
    let mut total = Duration::ZERO;
    for Row { stage, outcome } in rows {
        lines.push(match outcome {
            Outcome::Ok(time) => line(stage, &minutes(*time), "ok"),
            Outcome::Failed(time) => line(stage, &minutes(*time), "failed"),
            Outcome::NotRun => line(stage, "-", "not run"),
        });
        if let Outcome::Ok(time) | Outcome::Failed(time) = outcome {
            total += *time;
        }
    }
    lines.push(line("total", &minutes(total), ""));
    lines.join("\n")
}

fn line(stage: &str, minutes: &str, outcome: &str) -> String {
    format!("{stage:<8} {minutes:>7}  {outcome}").trim_end().to_owned()
}

fn minutes(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_shows_what_ran_and_what_did_not() {
        let rows = [
            Row { stage: "fmt", outcome: Outcome::Ok(Duration::from_millis(600)) },
            Row { stage: "clippy", outcome: Outcome::Failed(Duration::from_secs(750)) },
            Row { stage: "test", outcome: Outcome::NotRun },
        ];
        let expected = "\
stage    minutes  outcome
fmt         0.01  ok
clippy     12.50  failed
test           -  not run
total      12.51";
        assert_eq!(render(&rows), expected);
    }
}
