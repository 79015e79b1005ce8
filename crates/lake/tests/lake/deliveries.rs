//! Which deliveries of a message count as deaths, and what becomes of a version that kills.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use lake::{Delivery, Error, IngestOptions, Lake, Outcome, State, ingest};
use tokio::runtime::Runtime;

use crate::world::*;

fn options(message: &str, number: u32) -> IngestOptions {
    let delivery = Some(Delivery { message: message.into(), number });
    IngestOptions { delivery, ..Default::default() }
}

/// A delivery that another process works on, and that ends.
async fn deliver(world: &World, number: u32) -> Result<Outcome, Error> {
    ingest(&world.another_process(), REVIEW, &options("m", number)).await
}

/// A delivery that fails with an error which the process reports.
async fn fail(world: &World, number: u32) {
    let crash = |_| panic!("the reading thread crashes, the process lives on");
    let options = IngestOptions { progress: Some(Arc::new(crash)), ..options("m", number) };
    ingest(&world.another_process(), REVIEW, &options).await.unwrap_err();
}

/// Work of another process that is held in the middle of the file.
struct Held {
    runtime: Runtime,
    work: tokio::task::JoinHandle<Result<Outcome, Error>>,
    go: mpsc::Sender<()>,
}

impl Held {
    async fn start(lake: Lake, options: IngestOptions) -> Self {
        Self::start_on(lake, REVIEW, options).await
    }

    async fn start_on(lake: Lake, path: &'static str, options: IngestOptions) -> Self {
        let (started, start) = tokio::sync::oneshot::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let held = Mutex::new(Some((started, may_go)));
        let progress = move |_| {
            if let Some((started, may_go)) = held.lock().unwrap().take() {
                started.send(()).unwrap();
                let _ = may_go.recv();
            }
        };
        let options = IngestOptions { progress: Some(Arc::new(progress)), ..options };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let work = runtime.spawn(async move { ingest(&lake, path, &options).await });
        start.await.unwrap();
        Self { runtime, work, go }
    }

    async fn finish(self) -> Outcome {
        self.go.send(()).unwrap();
        let outcome = self.work.await.unwrap().unwrap();
        self.runtime.shutdown_background();
        outcome
    }

    /// Nothing of it runs any more, not even what it would do on its way out.
    fn die(self) {
        self.runtime.shutdown_background();
        std::mem::forget(self.go);
    }
}

async fn die(world: &World, number: u32) {
    Held::start(world.another_process(), options("m", number)).await.die();
}

async fn start_markers(world: &World) -> Vec<String> {
    let names = world.names(&world.staging).await;
    names.into_iter().filter(|name| name.starts_with("_started/")).collect()
}

#[tokio::test]
async fn a_version_whose_deliveries_all_died_is_given_up_at_the_fifth_until_forced() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        for number in 1..=4 {
            die(&world, number).await;
        }
        let Outcome::Failed(failed) = deliver(&world, 5).await.unwrap() else { panic!() };
        assert_eq!((failed.number, failed.state), (1, State::Failed));
        assert!(start_markers(&world).await.is_empty());
        // Another message of the version; another version; the same version, forced.
        let outcome = ingest(&world.lake, REVIEW, &options("other", 1)).await.unwrap();
        assert_eq!(outcome, Outcome::Failing(failed));
        world.drop_file(REVIEW, reviews(0..4)).await;
        assert_eq!(accepted(world.ingest(REVIEW).await).number, 2);
    }
}

#[tokio::test]
async fn errors_that_are_reported_give_nothing_up() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        for number in 1..=5 {
            fail(&world, number).await;
        }
        assert_eq!(accepted(world.ingest(REVIEW).await).number, 1);
        assert!(start_markers(&world).await.is_empty());
    }
}

#[tokio::test]
async fn deaths_count_one_after_the_other_of_one_message_and_one_version() {
    let world = World::memory();
    world.drop_file(REVIEW, reviews(0..3)).await;
    // An error in between.
    for number in [1, 2] {
        die(&world, number).await;
    }
    fail(&world, 3).await;
    die(&world, 4).await;
    // Another message.
    let held = Held::start(world.another_process(), options("n", 5)).await;
    held.die();
    // The version that killed was replaced.
    for number in [5, 6] {
        die(&world, number).await;
    }
    world.drop_file(REVIEW, reviews(0..4)).await;
    assert!(matches!(deliver(&world, 7).await, Ok(Outcome::Accepted(_))));
}

#[tokio::test]
async fn a_living_process_does_not_count_its_own_markers() {
    let world = World::memory();
    world.drop_file(REVIEW, reviews(0..3)).await;
    die(&world, 2).await;
    die(&world, 3).await;
    // Delivered once more though the work goes on, as when its lock was lost.
    let lake = world.another_process();
    let held = Held::start(lake.clone(), options("m", 4)).await;
    let outcome = ingest(&lake, REVIEW, &options("m", 5)).await.unwrap();
    assert_eq!(outcome, Outcome::UnderWay);
    assert!(matches!(held.finish().await, Outcome::Accepted(_)));
}

#[tokio::test]
async fn a_first_delivery_costs_no_request_more() {
    let world = World::memory();
    world.drop_file(REVIEW, reviews(0..3)).await;
    let held = Held::start(world.another_process(), options("m", 1)).await;
    assert!(start_markers(&world).await.is_empty());
    held.die();
    let held = Held::start(world.another_process(), options("m", 2)).await;
    assert_eq!(start_markers(&world).await.len(), 1);
    assert!(matches!(held.finish().await, Outcome::Accepted(_)));
    assert!(start_markers(&world).await.is_empty());
}

#[tokio::test]
async fn finished_work_counts_though_another_worker_gave_the_version_up() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        let slow = Held::start(world.another_process(), options("slow", 1)).await;
        for number in 1..=4 {
            die(&world, number).await;
        }
        assert!(matches!(deliver(&world, 5).await, Ok(Outcome::Failed(_))));
        let Outcome::Accepted(receipt) = slow.finish().await else { panic!() };
        assert_eq!(receipt.number, 2);
        let newest = world.lake.receipts().newest(REVIEWS, REVIEW).await.unwrap();
        assert_eq!(newest, Some(receipt));
    }
}

#[tokio::test]
async fn a_duplicate_of_work_under_way_in_the_same_process_reads_nothing() {
    let world = World::memory();
    world.drop_file(REVIEW, reviews(0..3)).await;
    let lake = world.another_process();
    let slow = Held::start(lake.clone(), options("slow", 1)).await;
    let opened = lake.work().sources_read;
    for message in ["second", "third"] {
        let outcome = ingest(&lake, REVIEW, &options(message, 1)).await.unwrap();
        assert_eq!(outcome, Outcome::UnderWay);
    }
    assert_eq!(lake.work().sources_read, opened);
    assert!(matches!(slow.finish().await, Outcome::Accepted(_)));
}

#[tokio::test]
async fn markers_of_messages_that_are_gone_are_swept() {
    for world in World::all().await {
        world.drop_file(REVIEW, reviews(0..3)).await;
        die(&world, 2).await;
        let grace = Duration::from_hours(1);
        assert_eq!(world.lake.sweep_start_markers(grace).await.unwrap(), 0);
        let grace = Duration::ZERO;
        assert_eq!(world.lake.sweep_start_markers(grace).await.unwrap(), 1);
        assert!(start_markers(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_file_that_only_dies_with_one_that_kills_is_not_given_up() {
    const NEIGHBOUR: &str = "movie_review/neighbour.csv";
    let world = World::memory();
    for path in [REVIEW, NEIGHBOUR] {
        world.drop_file(path, reviews(0..3)).await;
    }
    for number in 1..=4 {
        // One process reads both, as far as it lets them, and dies.
        let lake = world.another_process();
        let killer = Held::start_on(lake.clone(), REVIEW, options("killer", number)).await;
        let neighbour = match number {
            1 | 2 => Held::start_on(lake, NEIGHBOUR, options("neighbour", number)).await,
            _ => {
                let options = options("neighbour", number);
                let waits = ingest(&lake, NEIGHBOUR, &options);
                let waited = tokio::time::timeout(Duration::from_millis(200), waits).await;
                assert!(waited.is_err(), "it is read beside the one that kills");
                killer.die();
                continue;
            }
        };
        killer.die();
        neighbour.die();
    }
    let lake = world.another_process();
    let outcome = ingest(&lake, REVIEW, &options("killer", 5)).await.unwrap();
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    let outcome = ingest(&lake, NEIGHBOUR, &options("neighbour", 5)).await.unwrap();
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
}
