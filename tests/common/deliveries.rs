//! Deliveries of queue messages, and work of a process of its own that takes long, or dies.

use std::sync::{Arc, Mutex, mpsc};

use lake::Delivery;
use movie_analytics::{
    deps::Deps,
    ingest::{Ingested, Input, Order, ingest},
};
use pipeline::Dataset;
use tokio::{runtime::Runtime, task::JoinHandle};

pub fn order(path: &str) -> Order {
    Order { path: path.to_owned(), force: None }
}

pub fn delivery(message: &str, number: u32) -> Delivery {
    Delivery { message: message.into(), number }
}

/// What a file function does for one delivery of a message.
pub async fn deliver(deps: &Deps, order: Order, delivery: Delivery) -> anyhow::Result<Ingested> {
    let Order { path, force } = order;
    let dataset = Dataset::of_path(&path).expect("a dataset");
    ingest(deps, dataset, Input { path, force, delivery: Some(delivery), progress: None }).await
}

/// Work that is held in the middle of a file.
pub struct Held {
    runtime: Runtime,
    work: JoinHandle<anyhow::Result<Ingested>>,
    go: mpsc::Sender<()>,
}

impl Held {
    /// Returns once the work reads the file.
    pub async fn start(deps: Deps, order: Order, delivery: Delivery) -> Self {
        let (started, start) = tokio::sync::oneshot::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let held = Mutex::new(Some((started, may_go)));
        let progress = move |_| {
            if let Some((started, may_go)) = held.lock().expect("its place").take() {
                started.send(()).expect("a test that waits");
                let _ = may_go.recv();
            }
        };
        let Order { path, force } = order;
        let dataset = Dataset::of_path(&path).expect("a dataset");
        let (delivery, progress) = (Some(delivery), Some(Arc::new(progress) as _));
        let input = Input { path, force, delivery, progress };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let work = runtime.spawn(async move { ingest(&deps, dataset, input).await });
        start.await.expect("the work reads the file");
        Self { runtime, work, go }
    }

    pub async fn finish(self) -> Ingested {
        self.go.send(()).expect("work that is held");
        let ingested = self.work.await.expect("no panic").expect("an outcome");
        self.runtime.shutdown_background();
        ingested
    }

    /// Nothing of it runs any more, not even what it would do on its way out.
    pub fn die(self) {
        self.runtime.shutdown_background();
        std::mem::forget(self.go);
    }
}
