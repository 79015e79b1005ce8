//! The conformance suite on a server: each lane has two schemas for all of its cases, emptied in
//! between, for to make them takes most servers longer than to run a case.

use std::{
    future::Future,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use futures_util::FutureExt;
use tokio::runtime::Builder;
use warehouse::{
    Error,
    conformance::{Case, Connect},
    sqlite::Sqlite,
    sqlserver::{Schemas, SqlServer},
};

use super::{fresh, say};

/// Cases at a time.
const LANES: usize = 4;

/// Runs each case in one of the lanes; returns a line for each that failed.
fn run_all<G, C>(cases: &[(&'static str, Case)], open: impl Fn() -> C + Sync) -> Vec<String>
where
    C: Future<Output = (G, Box<dyn Lane>)>,
{
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..LANES.min(cases.len()) {
            scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (_guard, lane) = open().await;
                    while let Some((name, case)) = cases.get(next.fetch_add(1, Relaxed)) {
                        let began = Instant::now();
                        lane.empty().await;
                        let connect: Connect<'_> = &|| lane.connect();
                        let ran = std::panic::AssertUnwindSafe(case(connect)).catch_unwind().await;
                        let problem = match ran {
                            Ok(Ok(())) => None,
                            Ok(Err(error)) => Some(error.to_string()),
                            // What it was stands above: the panic's own message.
                            Err(_) => Some("panicked".to_owned()),
                        };
                        let seconds = began.elapsed().as_secs_f64();
                        let outcome = problem.as_deref().unwrap_or("ok");
                        say(&format!("{name}: {outcome} ({seconds:.1} s)"));
                        if let Some(problem) = problem {
                            failed.lock().unwrap().push(format!("{name}: {problem}"));
                        }
                    }
                });
            });
        }
    });
    failed.into_inner().unwrap()
}

/// A warehouse that cases use one after the other.
#[async_trait::async_trait(?Send)]
trait Lane {
    /// Takes everything out that a case has left.
    async fn empty(&self);

    fn connect(&self) -> warehouse::conformance::Connected;
}

struct OnServer<F> {
    schemas: Schemas,
    connect: F,
}

/// What refers to others comes first. Members of dimensions have key 0 from the start.
fn delete_all(schemas: &Schemas) -> String {
    let (dw, ops) = (schemas.dw(), schemas.ops());
    let mut text = String::new();
    for table in ["fact_movie_analytics", "agg_daily", "customer_spend"] {
        text += &format!("DELETE FROM {dw}.{table};\n");
    }
    for table in [
        "day_total",
        "refused_day",
        "held_customer",
        "refusal",
        "load_history",
        "publish_log",
        "absorption_log",
    ] {
        text += &format!("DELETE FROM {ops}.{table};\n");
    }
    for dimension in &pipeline::dimensions::DIMENSIONS {
        text += &format!("DELETE FROM {dw}.{} WHERE {} > 0;\n", dimension.table, dimension.key);
    }
    text + &format!("DELETE FROM {dw}.dim_date;\n")
}

#[async_trait::async_trait(?Send)]
impl<F: Fn() -> SqlServer> Lane for OnServer<F> {
    async fn empty(&self) {
        let mut client = (self.connect)().client().await.unwrap();
        let answer = client.simple_query(delete_all(&self.schemas)).await.unwrap();
        answer.into_results().await.unwrap();
    }

    fn connect(&self) -> warehouse::conformance::Connected {
        Box::new((self.connect)())
    }
}

#[test]
#[ignore = "needs a server"]
fn the_conformance_suite_passes() {
    let began = Instant::now();
    let mut cases = warehouse::conformance_cases!();
    // Those that take long stand at the end.
    cases.reverse();
    let failed = run_all(&cases, || async {
        let (guard, connect) = fresh().await;
        let schemas = guard.schemas.clone();
        (guard, Box::new(OnServer { schemas, connect }) as Box<dyn Lane>)
    });
    let (passed, minutes) = (cases.len() - failed.len(), began.elapsed().as_secs_f64() / 60.0);
    say(&format!("{passed} of {} cases passed in {minutes:.1} minutes", cases.len()));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A file that each case finds empty.
struct OnFile(tempfile::TempDir);

#[async_trait::async_trait(?Send)]
impl Lane for OnFile {
    async fn empty(&self) {
        let _ = std::fs::remove_file(self.0.path().join("warehouse.db"));
    }

    fn connect(&self) -> warehouse::conformance::Connected {
        Box::new(Sqlite::new(self.0.path().join("warehouse.db")))
    }
}

#[test]
fn cases_share_lanes_and_those_that_fail_are_named() {
    let fails: Case = |_| Box::pin(async { Err(Error::Permanent("it is broken".to_owned())) });
    let panics: Case = |_| Box::pin(async { panic!("expected by a test") });
    let leaves_facts: Case =
        |connect| Box::pin(warehouse::conformance::a_day_may_become_empty(connect));
    let finds_none: Case =
        |connect| Box::pin(warehouse::conformance::an_empty_warehouse_has_no_state(connect));
    let mut cases = vec![("fails", fails), ("panics", panics)];
    for _ in 0..LANES {
        cases.extend([("leaves facts", leaves_facts), ("finds none", finds_none)]);
    }
    let mut failed = run_all(&cases, || async {
        let lane = OnFile(tempfile::tempdir().unwrap());
        ((), Box::new(lane) as Box<dyn Lane>)
    });
    failed.sort();
    assert_eq!(failed, ["fails: it is broken", "panics: panicked"]);
    assert!(warehouse::conformance_cases!().len() > 40);
}

#[test]
fn all_tables_of_the_migrations_are_emptied() {
    let schemas = Schemas::default();
    let (script, emptied) = (schemas.script(), delete_all(&schemas));
    let tables = script.split("CREATE TABLE ").skip(1).map(|rest| rest.split(' ').next().unwrap());
    for table in tables.filter(|table| *table != "ops.schema_version") {
        let statement = format!("DELETE FROM {table}");
        assert!(
            emptied.lines().any(|line| line.trim_end_matches(';').starts_with(&statement)),
            "{table}"
        );
    }
}
