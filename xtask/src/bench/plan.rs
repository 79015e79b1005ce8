//! What is asked for.

/// How much there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub name: &'static str,
    pub reviews: u64,
    pub purchases: u64,
}

const SIZES: [Size; 4] = [
    Size { name: "tiny", reviews: 1_000, purchases: 1_000 },
    Size { name: "s", reviews: 100_000, purchases: 541_909 },
    Size { name: "m", reviews: 1_000_000, purchases: 1_000_000 },
    Size { name: "l", reviews: 5_000_000, purchases: 1_000_000 },
];

/// The steps that one file or one aggregation is; the peers have these too.
pub const SINGLE: [&str; 4] = ["reviews", "logs", "purchases", "aggregate"];
const STEPS: [&str; 10] = [
    "reviews",
    "logs",
    "purchases",
    "aggregate",
    "whole",
    "sqlite",
    "publish",
    "incremental",
    "files",
    "start",
];
/// What runs without being named.
const USUAL: usize = 6;

/// What people would use instead: a script each, in Python.
#[derive(Debug)]
pub struct Peer {
    /// Name on the command line and in tables.
    pub name: &'static str,
    pub script: &'static str,
    /// Runs without being named.
    pub usual: bool,
}

static PEERS: [Peer; 6] = [
    Peer { name: "polars", script: "polars_steps.py", usual: true },
    Peer { name: "duckdb", script: "duckdb_steps.py", usual: true },
    Peer { name: "datafusion", script: "datafusion_steps.py", usual: true },
    Peer { name: "chdb", script: "chdb_steps.py", usual: true },
    Peer { name: "pandas", script: "pandas_steps.py", usual: true },
    Peer { name: "spark", script: "spark_steps.py", usual: false },
];

#[derive(Clone, Debug)]
pub struct Plan {
    pub size: Size,
    pub peers: Vec<&'static Peer>,
    pub steps: Vec<&'static str>,
    pub repetitions: u32,
    /// Positive reviews in 1,000.
    pub positive: u64,
    /// Cargo's profile that we are built with.
    pub profile: &'static str,
}

impl Plan {
    pub fn wants(&self, step: &str) -> bool {
        self.steps.contains(&step)
    }
}

/// The error is the problem in words.
pub fn parse(args: &[&str]) -> Result<Plan, String> {
    let usual = PEERS.iter().filter(|peer| peer.usual).collect();
    let mut plan = Plan {
        size: SIZES[1],
        peers: usual,
        steps: STEPS[..USUAL].to_vec(),
        repetitions: 5,
        positive: 340,
        profile: "release",
    };
    for option in args.chunks(2) {
        let [name, value] = *option else {
            return Err(format!("`{}` needs a value behind it", option[0]));
        };
        match name {
            "--size" => plan.size = one(&SIZES, |size| size.name, value)?,
            "--peers" if value == "none" => plan.peers.clear(),
            "--peers" => {
                let peers = value.split(',').map(|name| one(&PEERS.each_ref(), |p| p.name, name));
                plan.peers = peers.collect::<Result<_, _>>()?;
            }
            "--steps" => {
                let steps = value.split(',').map(|name| one(&STEPS, |step| step, name));
                plan.steps = steps.collect::<Result<_, _>>()?;
            }
            "--reps" => plan.repetitions = number(name, value)?,
            "--profile" => plan.profile = one(&["release", "profiling"], |p| p, value)?,
            "--positive" => plan.positive = number(name, value)?.into(),
            other => return Err(format!("bench does not know `{other}`")),
        }
    }
    Ok(plan)
}

fn one<T: Copy>(all: &[T], name: fn(T) -> &'static str, wanted: &str) -> Result<T, String> {
    let names = || all.iter().map(|one| name(*one)).collect::<Vec<_>>().join(", ");
    let found = all.iter().copied().find(|one| name(*one) == wanted);
    found.ok_or_else(|| format!("there is no `{wanted}`: choose among {}", names()))
}

fn number(name: &str, value: &str) -> Result<u32, String> {
    let number = value.parse().ok().filter(|number| (1..=1_000).contains(number));
    number.ok_or_else(|| format!("{name} is a number from 1 to 1000, not `{value}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_choose_what_is_measured() {
        let plan = parse(&["--size", "m", "--peers", "spark,polars", "--steps", "logs"]).unwrap();
        let peers: Vec<_> = plan.peers.iter().map(|peer| peer.name).collect();
        assert_eq!((plan.size.reviews, plan.repetitions), (1_000_000, 5));
        assert_eq!((peers, plan.steps), (vec!["spark", "polars"], vec!["logs"]));
        assert!(parse(&["--peers", "none"]).unwrap().peers.is_empty());
        assert!(parse(&[]).unwrap().wants("sqlite") && !parse(&[]).unwrap().wants("start"));
    }

    #[test]
    fn wrong_options_name_what_there_is() {
        assert!(parse(&["--size", "xl"]).unwrap_err().contains("tiny, s, m, l"));
        assert!(parse(&["--peers", "dask"]).unwrap_err().contains("duckdb"));
        assert!(parse(&["--reps", "0"]).unwrap_err().contains("--reps"));
        assert!(parse(&["--size"]).unwrap_err().contains("--size"));
        assert!(parse(&["--fast", "1"]).unwrap_err().contains("--fast"));
    }
}
