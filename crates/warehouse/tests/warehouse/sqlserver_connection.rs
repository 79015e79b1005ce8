//! How the SQL Server warehouse connects, waits and gives up, against a stand-in.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use crate::tds::{
    Answer, Server,
    client::{MS, at, start, timing},
    error, newest_version,
};
use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use warehouse::{
    Warehouse,
    sqlserver::{self, NoToken, SqlServer, Timing, Tokens},
};

/// What reading the state ends in.
async fn refusal(warehouse: &mut SqlServer) -> (bool, String) {
    let error = warehouse.state().await.unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("secret"), "{text}");
    assert!(text.contains("the database films on 127.0.0.1:"), "{text}");
    (error.is_transient(), text)
}

/// Gives another token each time.
#[derive(Default)]
struct Numbered(AtomicU32);

#[async_trait]
impl Tokens for Numbered {
    async fn token(&self) -> Result<String, NoToken> {
        Ok(format!("token-{}", self.0.fetch_add(1, Relaxed)))
    }
}

#[tokio::test]
async fn each_connection_signs_in_with_a_token_of_its_own() {
    let server = Server::start().await;
    let text = format!(
        "Server=127.0.0.1,{};Database=films;Authentication=Active Directory Managed Identity;\
         Encrypt=False",
        server.port
    );
    let setting = sqlserver::Server::parse(&text, None).unwrap();
    let tokens = Arc::new(Numbered::default());
    let mut warehouse = SqlServer::new(setting).with_timing(timing()).with_tokens(tokens);
    // Its token has expired, say: the connection is lost, and the next one has a new token.
    server.once("publish_log", Answer::Gone);
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
    assert!(server.was_told("token-0") && server.was_told("token-1"));
}

#[tokio::test]
async fn a_gateway_sends_us_on_to_a_node() {
    let (gateway, mut warehouse) = start().await;
    let node = Server::start().await;
    gateway.at_login(Answer::Route { port: node.port });
    warehouse.state().await.unwrap();
    assert_eq!((gateway.logins(), node.logins()), (1, 1));
    assert!(node.was_told("localhost"), "the node's own name");
    assert_eq!(gateway.ran("publish_log"), 0);
}

#[tokio::test]
async fn gateways_that_point_at_each_other_are_refused() {
    let (gateway, mut warehouse) = start().await;
    for _ in 0..3 {
        gateway.at_login(Answer::Route { port: gateway.port });
    }
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(!transient && text.contains("sends connections on and on"), "{text}");
}

#[tokio::test]
async fn a_database_that_wakes_up_is_waited_for() {
    for passing in [[40613, 40501, 49918, 4060], [18401, 6005, 921, 983]] {
        let (server, mut warehouse) = start().await;
        for code in passing {
            server.at_login(error(code));
        }
        server.at_login(Answer::Gone);
        warehouse.state().await.unwrap();
        assert_eq!(server.logins(), 6);
        assert_eq!(warehouse.sent().unwrap().connections, 1);
    }
}

/// A server that starts has numbers of its own, too.
#[tokio::test]
async fn an_unknown_number_at_sign_in_is_waited_for_where_the_login_has_worked() {
    let server = Server::start().await;
    let mut warehouse = at(server.port).with_timing(Timing { idle: MS, ..timing() });
    warehouse.state().await.unwrap();
    tokio::time::sleep(50 * MS).await;
    for _ in 0..3 {
        server.at_login(error(33_557_097));
    }
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 5);
}

/// A database that cannot be opened may only be moving.
#[tokio::test]
async fn waiting_ends_with_the_deadline() {
    for (code, expected) in [
        (40613, "is paused, starting or not available yet (40613)"),
        (18401, "is paused, starting or not available yet (18401)"),
        (4060, "cannot be opened (4060): check its name"),
    ] {
        let server = Server::start().await;
        for _ in 0..100 {
            server.at_login(error(code));
        }
        let mut warehouse = at(server.port).with_timing(Timing { deadline: 150 * MS, ..timing() });
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(transient && text.contains(expected), "{text}");
        assert!((3..20).contains(&server.logins()), "{code}: {}", server.logins());
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    for (answer, expected) in [
        (error(18456), "refused the login (18456): check user and password"),
        (
            Answer::Error {
                code: 40615,
                class: 14,
                text: "Client with IP address '203.0.113.7' is not allowed to access the server.",
            },
            "the firewall in front of the database films",
        ),
        (error(911), "cannot be opened (911): check its name"),
        (error(916), "does not permit this (916"),
        // Servers that are compatible with SQL Server have numbers of their own.
        (error(33_557_097), "refused the connection (33557097): check server, database, user"),
    ] {
        let (server, mut warehouse) = start().await;
        server.at_login(answer);
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(expected), "{text}");
        assert_eq!(server.logins(), 1);
    }
}

#[tokio::test]
async fn where_nothing_listens_the_error_comes_soon() {
    let (server, _) = start().await;
    let port = server.port;
    drop(server);
    tokio::time::sleep(10 * MS).await;
    let (transient, text) = refusal(&mut at(port)).await;
    assert!(transient && text.contains("nothing listens at"), "{text}");

    let unknown = "Server=films.invalid;Database=films;User ID=etl;Password=secret";
    let unknown = sqlserver::Server::parse(unknown, None).unwrap();
    let error = SqlServer::new(unknown).with_timing(timing()).state().await.unwrap_err();
    assert!(error.to_string().contains("cannot resolve the server name of"), "{error}");
}

#[tokio::test]
async fn a_server_without_encryption_is_refused() {
    let server = Server::start().await;
    let text =
        format!("Server=127.0.0.1,{};Database=films;User ID=etl;Password=secret", server.port);
    let setting = sqlserver::Server::parse(&text, None).unwrap();
    let error = SqlServer::new(setting).with_timing(timing()).state().await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("offers no encryption"), "{error}");
    assert!(!server.was_told("etl"), "nothing is said in the clear");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let timing = Timing { attempt: 50 * MS, deadline: 150 * MS, ..timing() };
    let mut warehouse = at(port).with_timing(timing);
    let (transient, text) = refusal(&mut warehouse).await;
    assert!(transient && text.contains("did not answer in time"), "{text}");
}

/// What a server without TDS 8 makes of the first bytes of TLS.
#[derive(Clone, Copy, Debug)]
enum Hears {
    /// The head of a message whose rest does not come.
    Silence,
    Hangup,
    Nonsense,
}

#[tokio::test]
async fn a_server_without_tds_8_is_named_soon() {
    for hears in [Hears::Silence, Hears::Hangup, Hears::Nonsense] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut hello = [0; 4_096];
                    let read = stream.read(&mut hello).await.unwrap();
                    match hears {
                        // Until the client leaves.
                        Hears::Silence => drop(stream.read(&mut hello).await),
                        Hears::Nonsense => stream.write_all(&hello[read..][..64]).await.unwrap(),
                        Hears::Hangup => {}
                    }
                });
            }
        });
        let strict = format!(
            "Server=127.0.0.1,{port};Database=films;User ID=etl;Password=secret;Encrypt=Strict"
        );
        let strict = sqlserver::Server::parse(&strict, None).unwrap();
        let began = Instant::now();
        let (_, text) = refusal(&mut SqlServer::new(strict).with_timing(timing())).await;
        assert!(text.contains("Encrypt=Strict needs TDS 8"), "{hears:?}: {text}");
        // Twice as long as it takes, but not the deadline of everything else.
        assert!(began.elapsed() < timing().deadline, "{hears:?}: {:?}", began.elapsed());
    }
    // With the product's own times: the last attempt begins within the one and ends by the other.
    let Timing { unreachable, first_byte, .. } = Timing::default();
    assert!(unreachable + first_byte < Duration::from_secs(15));
}

/// Answers to TLS from the first byte with a certificate that nobody has signed but itself.
async fn tls_server() -> u16 {
    let folder = tempfile::tempdir().unwrap();
    let openssl = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=films -keyout key -out crt \
                   -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";
    let made = Command::new("openssl")
        .args(openssl.split(' ').filter(|arg| !arg.is_empty()))
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = CertificateDer::from_pem_file(folder.path().join("crt")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.path().join("key")).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // It fails: the client takes no such certificate.
            tokio::spawn(acceptor.accept(stream));
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_one_sentence() {
    let port = tls_server().await;
    let strict = format!(
        "Server=127.0.0.1,{port};Database=films;User ID=etl;Password=secret;Encrypt=Strict"
    );
    let strict = sqlserver::Server::parse(&strict, None).unwrap();
    let (transient, text) = refusal(&mut SqlServer::new(strict).with_timing(timing())).await;
    assert!(!transient, "{text}");
    for part in ["comes from an issuer that this machine does not know", "set SSL_CERT_FILE to"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.len() < 350 && !text.contains("Config::"), "{text}");
}

#[tokio::test]
async fn a_schema_that_does_not_fit_is_said() {
    let (newest, older) = (newest_version(), newest_version() - 1);
    for (version, expected) in [
        (0, "has no table ops.schema_version that this login may see".to_owned()),
        (older, format!("has schema version {older}, this program needs {newest}")),
        (99, format!("has schema version 99, this program knows {newest}")),
    ] {
        let (server, mut warehouse) = start().await;
        server.always("schema_version", Answer::Number { column: "version", value: version });
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn missing_permissions_and_tables_are_said() {
    let said = "The SELECT permission was denied on the object 'publish_log'.";
    for (code, text, expected) in [
        (229, said, "add the login to the role etl_writer"),
        (
            208,
            "Invalid object name 'ops.publish_log'.",
            "start `movie-analytics warehouse migrate`",
        ),
        (
            245,
            "Conversion failed for the value 'secret'.",
            "with error 245, which this program does not know (line 7, which begins with `The newest \
             publish and",
        ),
        (
            33_557_097,
            "'MERGE' is not currently supported in Babelfish",
            "error 33557097: 'MERGE' is not currently supported in Babelfish, which begins with",
        ),
    ] {
        let (server, mut warehouse) = start().await;
        server.once("publish_log", Answer::Error { code, class: 14, text });
        let (transient, text) = refusal(&mut warehouse).await;
        assert!(!transient && text.contains(expected), "{text}");
        assert_eq!(server.ran("publish_log"), 1, "{code} is not tried again");
        // The connection is still good.
        warehouse.state().await.unwrap();
        assert_eq!(server.logins(), 1);
    }
}

#[tokio::test]
async fn reads_go_on_over_a_new_connection() {
    for answer in [Answer::Gone, Answer::Nonsense, Answer::Late(1_000 * MS), error(40197)]
        .into_iter()
        .chain([1222, 3960, 8645].map(error))
    {
        let (server, mut warehouse) = start().await;
        server.once("load_history", answer.clone());
        warehouse.state().await.unwrap();
        assert_eq!(server.logins(), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn a_reader_that_is_cancelled_costs_a_connection() {
    let (server, mut warehouse) = start().await;
    server.once("load_history", Answer::Late(200 * MS));
    tokio::time::timeout(50 * MS, warehouse.state()).await.unwrap_err();
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
}

/// The program's own parameters cannot be NULL, see `Parameter`; what it asks the stand-in in all
/// other tests shows that none is. This shows that the stand-in would notice.
#[tokio::test]
async fn a_parameter_without_a_type_is_refused() {
    let (_server, mut warehouse) = start().await;
    let mut client = warehouse.client().await.unwrap();
    let statement = "SELECT @P1 AS a, @P2 AS b, @P3 AS c";
    let text = "x".repeat(5_000);
    client.execute(statement, &[&1_i32, &text, &"\u{1F3AC}"]).await.unwrap();
    for parameters in [[Some("a"), None], [None, Some("a")]] {
        let [first, second] = &parameters;
        let error = client.execute(statement, &[first, second, &text]).await.unwrap_err();
        assert!(error.to_string().contains("a parameter has no type"), "{error}");
    }
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let server = Server::start().await;
    let mut warehouse = at(server.port).with_timing(Timing { idle: 20 * MS, ..timing() });
    warehouse.state().await.unwrap();
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 1);
    tokio::time::sleep(100 * MS).await;
    warehouse.state().await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn migrations_run_once_each_under_a_lock() {
    let (server, mut warehouse) = start().await;
    server.once("MAX(version)", Answer::Number { column: "version", value: 2 });
    let done = warehouse.migrate().await.unwrap();
    assert_eq!(done.len() as i32, newest_version() - 2);
    assert_eq!(done[..2], ["003_operations", "004_views"]);
    assert_eq!(server.ran("sp_getapplock"), 1);
    assert_eq!(server.ran("CREATE VIEW dw.v_fact_movie_analytics"), 1);
    assert_eq!(server.ran("CREATE TABLE dw.fact_movie_analytics"), 0);
}
