//! Connections that are cut at each message of a publish and of a migration. To a server that is
//! what a process that is killed looks like; to a process, a server that goes away.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use lake::{Receipt, State};
use pipeline::facts::SpendChange;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use warehouse::{
    Error, Publish, Warehouse,
    conformance::Inspect,
    sqlserver::{SqlServer, Timing},
};

use super::{DAY, NOW, facts, say, server, unmigrated};
use crate::{
    sqlserver_publish::receipt,
    tds::{Answer, client},
};

/// Passes on what client and server say, up to a message of the client: with it, and before the
/// server has it, both lose the connection.
struct Proxy {
    port: u16,
    cut_at: Arc<AtomicUsize>,
    /// Messages of the newest connection.
    passed: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    async fn start(upstream: (String, u16)) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut_at = Arc::new(AtomicUsize::new(usize::MAX));
        let passed = Arc::new(AtomicUsize::new(0));
        let (cut, count) = (Arc::clone(&cut_at), Arc::clone(&passed));
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect((&*upstream.0, upstream.1)).await.unwrap();
                count.store(0, Relaxed);
                tokio::spawn(pass(client, server, Arc::clone(&cut), Arc::clone(&count)));
            }
        });
        Self { port, cut_at, passed, task }
    }

    fn cut_at(&self, message: usize) {
        self.cut_at.store(message, Relaxed);
    }
}

/// Each read of the client's side is a message or a part of one: it waits for an answer before it
/// sends the next.
async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    cut_at: Arc<AtomicUsize>,
    passed: Arc<AtomicUsize>,
) -> Option<()> {
    client.set_nodelay(true).ok()?;
    server.set_nodelay(true).ok()?;
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let length = read.ok().filter(|length| *length > 0)?;
                if passed.fetch_add(1, Relaxed) + 1 >= cut_at.load(Relaxed) {
                    return None;
                }
                server.write_all(&asked[..length]).await.ok()?;
            }
            read = server.read(&mut answered) => {
                let length = read.ok().filter(|length| *length > 0)?;
                client.write_all(&answered[..length]).await.ok()?;
            }
        }
    }
}

/// No second try: each attempt is cut once.
fn at_once() -> Timing {
    let soon = Duration::from_millis(1);
    Timing { deadline: soon, unreachable: soon, ..Timing::default() }
}

const PATH: &str = "log_reviews/cut.csv";

/// All of it says by its size which publish it is from.
async fn publish(warehouse: &mut SqlServer) -> Result<i64, Error> {
    let expected = warehouse.state().await?.head;
    let publish_id = expected.publish_id + 1;
    let publish = Publish {
        expected,
        published_at: NOW.to_owned(),
        receipts: vec![accepted(publish_id as u32)],
        live: [(PATH.to_owned(), Some(publish_id as u32))].into(),
        spend: vec![SpendChange { customer: 0, amount_milli: 1_000, purchases: 1 }],
        ..Publish::default()
    };
    let mut publication = warehouse.begin(publish).await?;
    publication.replace_days(&facts(10 + publish_id)).await?;
    publication.commit(&[]).await?;
    Ok(publish_id)
}

fn accepted(number: u32) -> Receipt {
    Receipt { path: PATH.to_owned(), state: State::Accepted, ..receipt(number, "") }
}

/// The warehouse holds the whole of its newest publish, whichever that is.
async fn is_whole(warehouse: &mut impl Inspect) -> Result<i64, Error> {
    let state = warehouse.state().await?;
    let newest = state.head.publish_id;
    let live = state.paths.get(PATH).and_then(|path| path.live.as_ref());
    assert_eq!(live.map_or(0, |receipt| i64::from(receipt.number)), newest);
    let count = if newest == 0 { 0 } else { 10 + newest };
    assert_eq!(warehouse.summary().await?.facts as i64, count, "publish {newest}");
    let reviews = warehouse.day_counts(None).await?;
    assert_eq!(reviews.get(&DAY).map_or(0, |of| of.reviews as i64), count, "publish {newest}");
    let spend: i64 = warehouse.spend().await?.iter().map(|(_, e5)| e5).sum();
    assert_eq!(spend, newest * 100_000, "publish {newest}");
    Ok(newest)
}

/// Publishes are cut at each message, one after the other, until one comes through. `check` looks
/// after each; returns how many were cut.
async fn cut_publishes(
    proxy: &Proxy,
    through: impl Fn() -> SqlServer,
    mut check: impl AsyncFnMut(),
) -> usize {
    for message in 1.. {
        proxy.cut_at(message);
        let mut warehouse = through().with_timing(at_once());
        let published = publish(&mut warehouse).await;
        drop(warehouse);
        check().await;
        match published {
            Ok(_) => return message - 1,
            Err(error) => assert!(error.is_transient(), "message {message}: {error}"),
        }
    }
    unreachable!("a publish has an end")
}

/// What stands for the server takes each publish, so that only the cuts are looked at.
#[tokio::test]
async fn a_publish_that_is_cut_at_any_message_may_begin_again() {
    let (server, _) = client::start().await;
    server.always("AS rows_inserted", Answer::Counted([0, 11, 0]));
    let proxy = Proxy::start(("127.0.0.1".to_owned(), server.port)).await;
    let mut looked = 0;
    let cut = cut_publishes(&proxy, || client::at(proxy.port), async || looked += 1).await;
    // To sign in, to read the state, and to publish.
    assert!(cut > 2 + 6 + 12, "{cut}");
    assert_eq!((looked, server.loaded("#staged_fact").len() % 11), (cut + 1, 0));
    assert!(server.ran("COMMIT TRANSACTION") == 1, "the last one only");
}

#[tokio::test]
#[ignore = "needs a server"]
async fn a_publish_that_is_cut_at_any_message_is_there_whole_or_not_at_all() -> Result<(), Error> {
    let (guard, connect) = super::fresh().await;
    let proxy = Proxy::start(server("").address()).await;
    let through = || {
        let server =
            server(&format!("Server=tcp:127.0.0.1,{};TrustServerCertificate=True", proxy.port));
        SqlServer::new(server).with_schemas(guard.schemas.clone())
    };
    let mut direct = connect();
    let mut newest = 0;
    let cut = cut_publishes(&proxy, through, async || {
        let found = is_whole(&mut direct).await.unwrap();
        assert!(newest <= found && found <= newest + 1, "{newest} {found}");
        newest = found;
    })
    .await;
    say(&format!("{cut} publishes were cut, each at a later message; {newest} came through"));
    assert!(newest > 0);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a server"]
async fn a_migration_that_is_cut_at_any_statement_goes_on() -> Result<(), Error> {
    let (guard, connect) = unmigrated();
    let proxy = Proxy::start(server("").address()).await;
    let through = || {
        let server =
            server(&format!("Server=tcp:127.0.0.1,{};TrustServerCertificate=True", proxy.port));
        SqlServer::new(server).with_schemas(guard.schemas.clone()).with_timing(at_once())
    };
    // What comes before the first statement: one that has nothing to do, and its look at the end.
    let (_other, complete) = super::fresh().await;
    drop(complete);
    let other = _other.schemas.clone();
    assert!(through().with_schemas(other).migrate().await?.is_empty());
    let before = proxy.passed.load(Relaxed) - 1;
    let mut client = connect().client().await?;
    let newest =
        format!("SELECT MAX(version) AS version FROM {}.schema_version", guard.schemas.ops());
    let (mut seen, mut message, mut cuts) = (0, before + 1, 0);
    loop {
        proxy.cut_at(message);
        match through().migrate().await {
            Ok(_) => break,
            Err(error) => assert!(error.is_transient(), "message {message}: {error}"),
        }
        cuts += 1;
        // There is no such table at first.
        let version = match client.simple_query(newest.as_str()).await {
            Ok(answer) => match answer.into_row().await {
                Ok(row) => row.and_then(|row| row.try_get::<i32, _>(0).unwrap()).unwrap_or(0),
                Err(_) => 0,
            },
            Err(_) => 0,
        };
        message = if version > seen { before + 1 } else { message + 1 };
        seen = version;
    }
    say(&format!("a migration was cut {cuts} times"));
    assert!(cuts > 40, "{cuts}");
    super::publish(&mut connect(), &facts(10)).await?;
    assert_eq!(connect().summary().await?.facts, 10);
    Ok(())
}
