//! Entering a storage account with the identity of the machine, as Azure hands it to a function
//! app: an address and a secret in the environment.

use std::{
    env,
    process::Command,
    sync::{Arc, Mutex},
};

use lake::{AzureLake, Lake};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const TOKEN: &str = r#"{"access_token":"a-token","expires_on":"4102444800",
    "resource":"https://storage.azure.com","token_type":"Bearer"}"#;

const NO_BLOBS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";

#[tokio::test]
async fn the_identity_of_the_app_fetches_one_token_for_all_containers() {
    let requests = requests_of_a_process(None).await;
    let (token, lists) = requests.split_first().unwrap();
    assert!(token.starts_with(
        "GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com "
    ));
    assert!(token.contains("x-identity-header: a-secret\r\n"), "{token}");
    let container = |list: &String| list.split(['/', '?']).nth(2).unwrap().to_owned();
    let containers: Vec<_> = lists.iter().map(container).collect();
    assert_eq!(containers, ["raw", "staging", "quarantine"]);
    assert!(lists.iter().all(|list| list.contains("authorization: Bearer a-token\r\n")));
}

#[tokio::test]
async fn an_assigned_identity_is_asked_for_by_its_client_id() {
    let requests = requests_of_a_process(Some("0f0e-11")).await;
    let query = "resource=https%3A%2F%2Fstorage.azure.com&client_id=0f0e-11 ";
    assert!(requests[0].contains(query), "{}", requests[0]);
    assert_eq!(requests.len(), 4);
}

/// Runs the test below in a process of its own, since only that can have another environment,
/// and returns what it asked for.
async fn requests_of_a_process(client_id: Option<&str>) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let server = tokio::spawn(async move {
        loop {
            answer(listener.accept().await.unwrap().0, &seen).await;
        }
    });
    let mut process = Command::new(env::current_exe().unwrap());
    process
        .args(["--exact", "--ignored", "identity::in_a_process_with_an_identity"])
        .env("IDENTITY_ENDPOINT", format!("http://{address}/msi/token"))
        .env("IDENTITY_HEADER", "a-secret")
        .env("TEST_BLOB_SERVICE_URI", format!("http://{address}/films"))
        .env("TEST_CLIENT_ID", client_id.unwrap_or_default());
    let output = tokio::task::spawn_blocking(move || process.output()).await.unwrap().unwrap();
    server.abort();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    std::mem::take(&mut *requests.lock().unwrap())
}

#[tokio::test]
#[ignore = "run by the tests above"]
async fn in_a_process_with_an_identity() {
    let uri = env::var("TEST_BLOB_SERVICE_URI").unwrap();
    let client_id = env::var("TEST_CLIENT_ID").ok().filter(|id| !id.is_empty());
    let azure = AzureLake::with_identity(&uri, client_id.as_deref()).unwrap();
    assert_eq!(azure.account(), "films");
    let lake = Lake::azure(&azure).unwrap();
    lake.check().await.unwrap();
    // Asked once.
    lake.check().await.unwrap();
}

/// Keeps the head of the request, and answers it.
async fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let body = if head.starts_with("GET /msi/token") { TOKEN } else { NO_BLOBS };
    seen.lock().unwrap().push(head);
    let length = body.len();
    let text =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(text.as_bytes()).await.unwrap();
}
