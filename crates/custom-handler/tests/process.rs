//! The app as the process that the host starts: its port, its stderr, its signals.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

mod common;

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use common::{Client, ID, queue_message};
use custom_handler::{App, Context, Outcome, PORT_VARIABLE, QueueMessage};

/// Not a test: what the children below run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the other tests in a process of its own"]
async fn child() {
    let app = App::new()
        .queue("again", async |_: QueueMessage, _: Context| Outcome::try_again("away\nfor now"))
        .queue("panics", async |_: QueueMessage, _: Context| -> Outcome { panic!("bad\nluck") })
        .queue("slow", async |_: QueueMessage, _: Context| {
            tokio::time::sleep(Duration::from_millis(500)).await;
        })
        .queue("stuck", async |_: QueueMessage, _: Context| std::future::pending::<()>().await);
    let code = match app.run().await {
        Ok(stopped) => i32::try_from(stopped.abandoned).unwrap(),
        Err(error) => {
            eprintln!("{error}");
            99
        }
    };
    std::process::exit(code);
}

fn spawn(port: Option<&str>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--ignored", "--nocapture"]);
    command.env_remove(PORT_VARIABLE).env_remove("RUST_BACKTRACE");
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(port) = port {
        command.env(PORT_VARIABLE, port);
    }
    command.spawn().unwrap()
}

/// Exit code and stderr.
fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

async fn start() -> (Child, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let child = spawn(Some(&address.port().to_string()));
    let began = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the child does not listen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (child, address)
}

async fn post(address: SocketAddr, function: &'static str) -> u16 {
    let body = queue_message("secret").to_string();
    Client::connect(address).await.post(function, body.as_bytes()).await.status
}

#[test]
fn a_port_that_is_missing_wrong_or_taken_is_an_error() {
    let (code, text) = end(spawn(None));
    assert_eq!(code, Some(99));
    assert!(text.contains("FUNCTIONS_CUSTOMHANDLER_PORT is not set: start the handler"), "{text}");
    for wrong in ["eighty", "0", "70000"] {
        let (_, text) = end(spawn(Some(wrong)));
        assert!(text.contains(&format!("is `{wrong}`, which is no port")), "{text}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, text) = end(spawn(Some(&port)));
    assert_eq!(code, Some(99));
    // The host looks for these words.
    assert!(text.to_lowercase().contains("address already in use"), "{text}");
}

#[tokio::test]
async fn failures_are_one_line_each_on_stderr_and_successes_none() {
    let (child, address) = start().await;
    assert_eq!(post(address, "again").await, 500);
    assert_eq!(post(address, "panics").await, 500);
    assert_eq!(post(address, "missing").await, 404);
    assert_eq!(post(address, "slow").await, 200);
    signal(&child, "-TERM");
    let (code, text) = end(child);
    assert_eq!(code, Some(0));
    let lines: Vec<_> = text.lines().collect();
    let [again, panics, missing] = lines.as_slice() else { panic!("three lines: {text}") };
    let start = |name| format!("invocation failed: function={name} invocation_id={ID} ending=");
    assert_eq!(**again, format!("{}try_again reason=away for now", start("again")));
    assert!(panics.starts_with(&format!("{}panicked reason=the handler", start("panics"))));
    assert!(panics.ends_with(": bad luck"), "{panics}");
    assert!(missing.starts_with(&format!("{}unknown_function", start("missing"))), "{missing}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn sigterm_and_sigint_let_calls_in_flight_end() {
    for name in ["-TERM", "-INT"] {
        let (child, address) = start().await;
        let call = tokio::spawn(post(address, "slow"));
        tokio::time::sleep(Duration::from_millis(150)).await;
        signal(&child, name);
        assert_eq!(call.await.unwrap(), 200, "{name}");
        assert_eq!(end(child), (Some(0), String::new()), "{name}");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let (child, address) = start().await;
    let call = tokio::spawn(post(address, "stuck"));
    tokio::time::sleep(Duration::from_millis(150)).await;
    let began = Instant::now();
    signal(&child, "-TERM");
    tokio::time::sleep(Duration::from_millis(150)).await;
    signal(&child, "-TERM");
    assert_eq!(call.await.unwrap(), 500);
    assert_eq!(end(child).0, Some(1), "one was abandoned");
    assert!(began.elapsed() < Duration::from_secs(10));
}
