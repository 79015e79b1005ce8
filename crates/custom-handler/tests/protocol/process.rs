//! The app as the process that the host starts: its port, its stderr, its signals.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::client::{Client, ID, queue_message};
use custom_handler::{App, Context, Outcome, QueueMessage};

/// In which the host names its handler's port.
const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

/// Not a test: what the children below run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the other tests in a process of its own"]
async fn child() {
    let app = App::new()
        .function("again", async |_: QueueMessage, _: Context| Outcome::try_again("away\nfor now"))
        .function("panics", async |_: QueueMessage, _: Context| -> Outcome { panic!("bad\nluck") })
        .function("slow", async |_: QueueMessage, _: Context| {
            tokio::time::sleep(Duration::from_millis(500)).await;
        })
        .function("refuses", async |_: QueueMessage, _: Context| Outcome::refused("not\nours"))
        .function("stuck", async |_: QueueMessage, _: Context| std::future::pending::<()>().await);
    let code = match app.run().await {
        Ok(stopped) => i32::from(stopped.exit_code()),
        Err(error) => {
            eprintln!("{error:?}");
            99
        }
    };
    std::process::exit(code);
}

const CHILD: [&str; 4] = ["--exact", "process::child", "--ignored", "--nocapture"];

fn handler() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(CHILD);
    command
}

fn spawn(mut command: Command, port: Option<&str>) -> Child {
    command.env_remove(PORT_VARIABLE).env_remove("RUST_BACKTRACE");
    command.envs(port.map(|port| (PORT_VARIABLE, port)));
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
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

async fn start(command: Command) -> (Child, SocketAddr) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let child = spawn(command, Some(&address.port().to_string()));
    let began = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the child does not listen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (child, address)
}

async fn post(address: SocketAddr, function: &'static str) -> u16 {
    let body = queue_message("secret").to_string();
    Client::connect(address).await.post(function, &body).await.status
}

#[test]
fn a_port_that_is_missing_wrong_or_taken_is_an_error() {
    let (code, text) = end(spawn(handler(), None));
    assert_eq!(code, Some(99));
    assert!(text.contains("FUNCTIONS_CUSTOMHANDLER_PORT is not set: start the handler"), "{text}");
    for wrong in ["eighty", "0", "70000"] {
        let (_, text) = end(spawn(handler(), Some(wrong)));
        assert!(text.contains(&format!("is `{wrong}`, which is not a port")), "{text}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, text) = end(spawn(handler(), Some(&port)));
    assert_eq!(code, Some(99));
    // The host looks for these words.
    let said = text.to_lowercase().matches("address already in use").count();
    assert!(said == 1 && text.lines().count() == 1, "once, in one line: {text}");
}

#[test]
fn a_script_root_that_does_not_fit_is_told_before_anything_is_served() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("host.json"), "{}").unwrap();
    let mut command = handler();
    command.env("FUNCTIONS_APP_ROOT_PATH", root.path());
    // By which a setting of the app replaces that of host.json.
    command.env("AzureFunctionsJobHost__functionTimeout", "soon");
    let (code, text) = end(spawn(command, Some("1")));
    assert_eq!((code, text.lines().count()), (Some(99), 1), "{text}");
    assert!(text.contains("`functionTimeout` is `soon`, which is no hh:mm:ss"), "{text}");
    for function in ["again", "panics", "slow", "refuses", "stuck"] {
        assert!(text.contains(&format!("`{function}` has no {function}/function.json")), "{text}");
    }
}

#[tokio::test]
async fn without_a_subscriber_failures_and_refusals_are_one_line_each_on_stderr() {
    let (child, address) = start(handler()).await;
    assert_eq!(post(address, "again").await, 500);
    assert_eq!(post(address, "panics").await, 500);
    assert_eq!(post(address, "missing").await, 404);
    assert_eq!(post(address, "refuses").await, 200);
    assert_eq!(post(address, "slow").await, 200);
    signal(&child, "-INT");
    let (code, text) = end(child);
    assert_eq!(code, Some(0));
    let lines: Vec<_> = text.lines().collect();
    let [again, panics, missing, refused] = lines.as_slice() else { panic!("four lines: {text}") };
    let warning = format!("warning: invocation refused: function=refuses invocation_id={ID}");
    assert_eq!(**refused, format!("{warning} reason=not ours"));
    let start = |name| format!("invocation failed: function={name} invocation_id={ID} ending=");
    assert_eq!(**again, format!("{}try_again reason=away for now", start("again")));
    assert!(panics.starts_with(&format!("{}panicked reason=the handler", start("panics"))));
    assert!(panics.ends_with(": bad luck"), "{panics}");
    assert!(missing.starts_with(&format!("{}unknown_function", start("missing"))), "{missing}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn sigterm_and_sigint_let_calls_in_flight_end() {
    // After 0 the host does not start the handler again: that is for Ctrl-C alone.
    for (name, expected) in [("-TERM", 143), ("-INT", 0)] {
        let (child, address) = start(handler()).await;
        let call = tokio::spawn(post(address, "slow"));
        tokio::time::sleep(Duration::from_millis(150)).await;
        signal(&child, name);
        assert_eq!(call.await.unwrap(), 200, "{name}");
        assert_eq!(end(child), (Some(expected), String::new()), "{name}");
    }
}

#[tokio::test]
async fn of_both_signals_at_once_sigterm_counts() {
    for order in [["-INT", "-TERM"], ["-TERM", "-INT"]] {
        let (child, _) = start(handler()).await;
        ["-STOP", order[0], order[1], "-CONT"].into_iter().for_each(|name| signal(&child, name));
        assert_eq!(end(child), (Some(143), String::new()), "{order:?}");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let (child, address) = start(handler()).await;
    let call = tokio::spawn(post(address, "stuck"));
    tokio::time::sleep(Duration::from_millis(150)).await;
    let began = Instant::now();
    signal(&child, "-INT");
    tokio::time::sleep(Duration::from_millis(150)).await;
    signal(&child, "-INT");
    assert_eq!(call.await.unwrap(), 500);
    assert_eq!(end(child).0, Some(1), "one was abandoned");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_handler_ends_when_the_host_is_killed() {
    // A shell stands for the host: it starts the handler, and is killed.
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$0\" \"$@\" & wait"]).arg(std::env::current_exe().unwrap()).args(CHILD);
    let (mut host, address) = start(shell).await;
    let call = tokio::spawn(post(address, "stuck"));
    tokio::time::sleep(Duration::from_millis(150)).await;
    host.kill().unwrap();
    host.wait().unwrap();
    assert_eq!(call.await.unwrap(), 500, "the invocation in flight is cancelled");
    let began = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "the handler is an orphan");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
