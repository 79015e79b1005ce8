//! The result as Markdown.

use std::fmt::Write;

use super::files;
use super::measured::{Taken, Usage};
use super::ours::WE;
use super::plan::Plan;
use super::publish::SHELL;

/// Steps, and what the peers' step of the same meaning is called.
const COMPARED: [(&str, &str); 6] = [
    ("reviews", "reviews"),
    ("logs", "logs"),
    ("purchases", "purchases"),
    ("aggregate", "aggregate"),
    ("whole", "whole"),
    // Theirs leave Parquet behind.
    ("sqlite", "whole"),
];

/// Steps that only we have.
const OURS: [&str; 4] = ["incremental", "30 days at once", "first answer", "event"];

pub fn render(plan: &Plan, taken: &Taken) -> String {
    let mut text = heading(plan);
    text += "\n| step | who | CPU s | ratio | wall s | peak MiB |\n|---|---|---|---|---|---|\n";
    for (step, theirs) in COMPARED {
        let Some(ours) = taken.best(WE, step) else { continue };
        text += &line(step, WE, ours, None);
        for peer in &plan.peers {
            if let Some(usage) = taken.best(peer.name, theirs) {
                text += &line("", peer.name, usage, Some(usage.cpu / ours.cpu));
            }
        }
    }
    let best = COMPARED.iter().filter_map(|names| best_peer(plan, taken, *names));
    let best = best.collect::<Vec<_>>().join(", ");
    if let (Some(ours), Some(theirs)) = (taken.best(WE, "publish"), taken.best(SHELL, "publish")) {
        text += &line("publish", WE, ours, None);
        text += &line("", SHELL, theirs, Some(theirs.cpu / ours.cpu));
    }
    for step in OURS.iter().chain(&files::STEPS) {
        if let Some(usage) = taken.best(WE, step) {
            text += &line(step, WE, usage, None);
        }
    }
    if !best.is_empty() {
        let _ = write!(text, "\nThe best peer of each step, CPU and wall: {best}.\n");
    }
    text
}

/// The least of what peers take in CPU and in wall time, each as a ratio to ours.
fn best_peer(plan: &Plan, taken: &Taken, (step, theirs): (&str, &str)) -> Option<String> {
    let ours = taken.best(WE, step)?;
    let least = |of: fn(Usage) -> f64| {
        let all = plan.peers.iter();
        let all = all.filter_map(|peer| Some((of(taken.best(peer.name, theirs)?), peer.name)));
        let (least, name) = all.min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(format!("{:.1} ({name})", least / of(ours)))
    };
    Some(format!("{step} {}, {}", least(|usage| usage.cpu)?, least(|usage| usage.wall)?))
}

fn heading(plan: &Plan) -> String {
    let size = plan.size;
    format!(
        "Size {}: {} reviews ({} of 1,000 positive), {} purchases; {} repetitions. CPU and wall \
         are those of the best, memory that of the worst. A ratio is the peer's CPU \
         divided by ours.\n",
        size.name, size.reviews, plan.positive, size.purchases, plan.repetitions
    )
}

fn line(step: &str, who: &str, usage: Usage, ratio: Option<f64>) -> String {
    let mut line = format!("| {step} | {who} | {:.3} | ", usage.cpu);
    if let Some(ratio) = ratio {
        let _ = write!(line, "{ratio:.1}");
    }
    let _ = writeln!(line, " | {:.4} | {:.0} |", usage.wall, usage.peak_mib);
    line
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn a_peer_stands_below_us_with_its_ratio() {
        let plan = parse(&["--peers", "polars"]).unwrap();
        let mut taken = Taken::default();
        taken.add(WE, "sqlite", Usage { cpu: 0.5, wall: 0.4, peak_mib: 100.0 });
        taken.add("polars", "whole", Usage { cpu: 1.25, wall: 0.9, peak_mib: 250.0 });
        let table = render(&plan, &taken);
        assert!(
            table.contains("step, CPU and wall: sqlite 2.5 (polars), 2.2 (polars)."),
            "{table}"
        );
        let expected = "\
| sqlite | movie-analytics | 0.500 |  | 0.4000 | 100 |
|  | polars | 1.250 | 2.5 | 0.9000 | 250 |
";
        assert!(table.contains(expected), "{table}");
        assert!(table.contains("100000 reviews"));
    }
}
