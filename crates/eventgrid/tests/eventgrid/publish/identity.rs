//! Publishing as a managed identity. Its endpoint stands in the environment of the process, which
//! a test must not change while others run: each test runs [`publish_twice`] as a process.

use std::{
    env,
    process::{Command, Output},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use eventgrid::{Auth, CloudEvent, Data, Publisher};

use super::stub::{Reply, Stub};

const CLIENT_ID: &str = "3c9b2f7e-0000-4000-8000-00000000c11e";

/// Not a test: what the process of each test does.
#[tokio::test]
#[ignore = "run by the other tests in a process of its own"]
async fn publish_twice() {
    let topic = env::var("TOPIC").unwrap();
    let auth = Auth::ManagedIdentity { client_id: Some(CLIENT_ID.to_owned()) };
    let publisher = Publisher::new(&topic, auth).unwrap();
    let publisher = publisher.with_deadline(Duration::from_secs(3));
    let data = Data::FactPublished { publish_id: 1, days: 1, rows: 1 };
    for _ in 0..2 {
        if let Err(error) = publisher.publish(&CloudEvent::new("/x", data.clone())).await {
            println!("failed: {error} {error:?} {publisher:?}");
        }
    }
}

async fn run(topic: &Stub, identity: &Stub) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "publish::identity::publish_twice", "--ignored", "--nocapture"])
        .env("TOPIC", &topic.url)
        .env("IDENTITY_ENDPOINT", format!("{}/msi/token", identity.url))
        .env("IDENTITY_HEADER", "header-secret");
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

fn token(lives: u64) -> Reply {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let body = serde_json::json!({
        "access_token": "token-secret",
        "expires_on": (now + lives).to_string(),
        "resource": "https://eventgrid.azure.net",
        "token_type": "Bearer",
        "client_id": CLIENT_ID,
    });
    Reply::Say(200, "content-type: application/json\r\n", body.to_string())
}

#[tokio::test]
async fn a_token_is_fetched_once_and_signs_each_event() {
    let (topic, identity) = (
        Stub::start([Reply::status(200)]).await,
        Stub::start([Reply::status(500), token(3600)]).await,
    );
    let output = run(&topic, &identity).await;
    assert!(output.status.success(), "{output:?}");
    let asked = identity.asked();
    assert_eq!(asked.len(), 2, "one failure and one token: {output:?}");
    for part in ["GET /msi/token?", "api-version=2019-08-01", CLIENT_ID, "eventgrid.azure.net"] {
        assert!(asked[1].line.contains(part), "{}", asked[1].line);
    }
    assert_eq!(asked[1].header("x-identity-header"), Some("header-secret"));
    let asked = topic.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert_eq!(asked.header("authorization"), Some("Bearer token-secret"));
        assert_eq!(asked.header("aeg-sas-key"), None);
    }
}

#[tokio::test]
async fn a_token_about_to_expire_is_not_used_again() {
    let (topic, identity) =
        (Stub::start([Reply::status(200)]).await, Stub::start([token(200)]).await);
    let output = run(&topic, &identity).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!((identity.asked().len(), topic.asked().len()), (2, 2));
}

#[tokio::test]
async fn an_identity_that_is_not_assigned_is_final_and_shows_no_secret() {
    let odd = Reply::Say(200, "", "{\"access_token\":\"token-secret\"}".to_owned());
    for (reply, shown) in [
        (Reply::Say(400, "", "token-secret".to_owned()), "identity's endpoint answered 400"),
        (odd, "identity's endpoint holds no token"),
    ] {
        let (topic, identity) =
            (Stub::start([Reply::status(200)]).await, Stub::start([reply]).await);
        let output = run(&topic, &identity).await;
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(shown), "{output:?}");
        assert!(!text.contains("token-secret") && !text.contains("header-secret"), "{text}");
        assert_eq!((identity.asked().len(), topic.asked().len()), (2, 0));
    }
}
