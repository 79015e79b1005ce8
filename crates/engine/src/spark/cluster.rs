//! A session on the cluster: plans in, record batches out.

use std::{
    io::Cursor,
    sync::Arc,
    time::{Duration, Instant},
};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use retry::Backoff;
use spark_connect_core::{
    ExecutePlanResponseReattachableIterator as Execution, RetryPolicy, SparkConnectClient,
    SparkError,
};
use spark_connect_proto::{
    ExecutePlanRequest, InterruptRequest, Plan, Relation, UserContext,
    execute_plan_response::{ArrowBatch, ResponseType},
    interrupt_request::InterruptType,
    plan::OpType,
};
use tokio::sync::Mutex;

use super::{Address, failure};
use crate::Error;

/// Names us in the cluster's lists of sessions and queries.
const CLIENT: &str = concat!("movie-analytics/", env!("CARGO_PKG_VERSION"));

/// A session that was idle for longer is not taken up again: clusters end sessions by themselves.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// Broken connections in a row after which a query is given up.
const BREAKS: usize = 4;

/// How long a cluster may take to tell a setting: one that has to start takes minutes.
const CHECK_TIMEOUT: Duration = Duration::from_secs(300);

/// How long a cluster may take to accept an interrupt.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(3);

pub struct Cluster {
    pub address: Address,
    session: Mutex<Option<(Arc<SparkConnectClient>, Instant)>>,
}

impl Cluster {
    pub fn new(address: Address) -> Self {
        Self { address, session: Mutex::new(None) }
    }

    /// Runs a plan and hands its rows to `take`, batch by batch. `doing` says for what.
    pub async fn ask(
        &self,
        doing: &'static str,
        plan: Relation,
        take: impl FnMut(&RecordBatch) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let client = self.session().await?;
        let running = Running { client: Some(Arc::clone(&client)) };
        let answered =
            tokio::time::timeout(self.address.deadline, self.stream(&client, doing, plan, take));
        let outcome = answered.await.unwrap_or_else(|_| {
            let seconds = self.address.deadline.as_secs();
            Err(Error::Late { cluster: self.address.to_string(), doing, seconds })
        });
        match &outcome {
            Ok(()) => {
                running.ended();
                *self.session.lock().await = Some((client, Instant::now()));
            }
            // The cluster may be gone: nobody waits for it.
            Err(Error::Lost { .. }) => drop(running),
            // Waited for: a process that ends with this error would not say it any more.
            Err(_) => running.stop().await,
        }
        outcome
    }

    /// Asks for a setting of the session: every server of Spark Connect has them, and no query
    /// runs for it.
    pub async fn check(&self) -> Result<(), Error> {
        let within = CHECK_TIMEOUT.min(self.address.deadline);
        let unreachable = |detail| Error::Unreachable { cluster: self.address.to_string(), detail };
        let asked = async {
            let client = self.connect().await?;
            client.get_config_with_defaults(&[("spark.sql.session.timeZone", Some("UTC"))]).await
        };
        match tokio::time::timeout(within, asked).await {
            Ok(Ok(found)) if found.iter().all(Option::is_some) => Ok(()),
            Ok(Ok(_)) => Err(unreachable("it has no settings of Spark".to_owned())),
            Ok(Err(error)) => Err(unreachable(failure::detail(&self.address, &error))),
            Err(_) => Err(unreachable(format!("no answer within {} s", within.as_secs()))),
        }
    }

    /// The session that is open, for one query at a time, or a new one.
    async fn session(&self) -> Result<Arc<SparkConnectClient>, Error> {
        // After a failure nobody puts it back: the next query begins with a new one.
        if let Some((client, used)) = self.session.lock().await.take()
            && used.elapsed() < IDLE
        {
            return Ok(client);
        }
        let connected = self.connect().await;
        connected.map(Arc::new).map_err(|error| failure::of(&self.address, "connected", &error))
    }

    async fn connect(&self) -> Result<SparkConnectClient, SparkError> {
        let mut client = SparkConnectClient::connect(&self.address.channel).await?;
        let retries = RetryPolicy { max_retries: Some(3), ..RetryPolicy::default() };
        client.set_retry_policy(retries);
        Ok(client)
    }

    /// A stream of answers may break or be ended by the cluster before it is whole; then it is
    /// taken up where it broke, and only the message that it is complete ends it.
    async fn stream(
        &self,
        client: &SparkConnectClient,
        doing: &'static str,
        plan: Relation,
        mut take: impl FnMut(&RecordBatch) -> Result<(), Error> + Send,
    ) -> Result<(), Error> {
        let request = request(client, plan);
        let mut execution = Execution::new(request.clone());
        let pauses = || Backoff::new(Duration::from_millis(250), IDLE).pauses().take(BREAKS);
        let (mut rows, mut left) = (0, pauses());
        loop {
            let begun = execution.last_response_id().await.is_some();
            let opened = match begun {
                true => client.reattach_execute(execution.create_reattach_request().await).await,
                false => client.execute_plan(execution.request().clone()).await,
            };
            // A query of which no row came may as well be put again: the cluster forgot it.
            let lost = opened.is_err() && rows == 0;
            let broken = match opened {
                Ok(mut answers) => loop {
                    match answers.message().await {
                        Ok(Some(answer)) => {
                            execution.set_last_response_id(&answer).await;
                            if let Some(ResponseType::ArrowBatch(batch)) = &answer.response_type {
                                self.batches(batch, &mut rows, &mut take)?;
                            }
                            if execution.is_completed().await {
                                // The cluster forgets an answer by itself, later.
                                let all = execution.create_release_request(true).await;
                                let _ = client.release_execute(all).await;
                                return Ok(());
                            }
                            left = pauses();
                        }
                        Ok(None) => break failure::ended(),
                        Err(status) => break SparkError::from_grpc_status(status),
                    }
                },
                Err(error) => error,
            };
            let may_pass = failure::is_broken(&broken) || begun && lost;
            let Some(pause) = left.next().filter(|_| may_pass) else {
                return Err(failure::of(&self.address, doing, &broken));
            };
            if lost {
                execution = Execution::new(request.clone());
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn batches(
        &self,
        message: &ArrowBatch,
        rows: &mut i64,
        take: &mut (impl FnMut(&RecordBatch) -> Result<(), Error> + Send),
    ) -> Result<(), Error> {
        let wrong = |detail: String| Error::Answer { cluster: self.address.to_string(), detail };
        if message.start_offset.is_some_and(|start| start != *rows) {
            return Err(wrong(format!("after {rows} rows others follow than the next")));
        }
        let reader = StreamReader::try_new(Cursor::new(&message.data), None);
        for batch in reader.map_err(|error| wrong(error.to_string()))? {
            let batch = batch.map_err(|error| wrong(error.to_string()))?;
            *rows += batch.num_rows() as i64;
            take(&batch)?;
        }
        Ok(())
    }
}

fn request(client: &SparkConnectClient, plan: Relation) -> ExecutePlanRequest {
    ExecutePlanRequest {
        session_id: client.session_id().to_owned(),
        user_context: Some(user(client)),
        plan: Some(Plan { op_type: Some(OpType::Root(plan)) }),
        client_type: Some(CLIENT.to_owned()),
        ..Default::default()
    }
}

/// A session is known by its name and its user's: what is said of it names both.
fn user(client: &SparkConnectClient) -> UserContext {
    let user_id = client.user_id().unwrap_or("movie-analytics").to_owned();
    UserContext { user_id, ..Default::default() }
}

/// A query that nobody waits for any more, because it failed, is late or was cancelled, is
/// interrupted: else the cluster would work on.
struct Running {
    client: Option<Arc<SparkConnectClient>>,
}

impl Running {
    fn ended(mut self) {
        self.client = None;
    }

    async fn stop(mut self) {
        if let Some(client) = self.client.take() {
            interrupt(&client).await;
        }
    }
}

async fn interrupt(client: &SparkConnectClient) {
    // The client's own `interrupt_all` leaves out our user, and so means another session.
    let all = InterruptRequest {
        session_id: client.session_id().to_owned(),
        user_context: Some(user(client)),
        client_type: Some(CLIENT.to_owned()),
        interrupt_type: InterruptType::All.into(),
        ..Default::default()
    };
    // Where the cluster is gone, so is the query.
    let _ = tokio::time::timeout(INTERRUPT_TIMEOUT, client.interrupt(all)).await;
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { interrupt(&client).await });
        }
    }
}
