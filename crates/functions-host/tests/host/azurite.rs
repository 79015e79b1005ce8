//! The emulator is started and asked for what the client can do.

use std::time::Duration;

use functions_host::azurite::{Account, Azurite, Error, Ports, Queues, create_container, put_blob};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_message_is_received_hidden_shown_again_and_deleted() {
    let azurite = Azurite::start(None).await.unwrap();
    let queues = Queues::new(&azurite.fresh_account());
    queues.create("blob-created").await.unwrap();
    queues.create("blob-created").await.unwrap();
    let text = r#"{"subject": "/blobs/a & b <ü>.csv"}"#;
    queues.put("blob-created", text).await.unwrap();
    assert_eq!(queues.len("blob-created").await.unwrap(), 1);
    let peeked = queues.peek("blob-created", 5).await.unwrap();
    assert_eq!((peeked[0].text.as_str(), peeked[0].dequeue_count), (text, 0));

    let received = queues.receive("blob-created", 5, MINUTE).await.unwrap();
    assert_eq!((received[0].text.as_str(), received[0].dequeue_count), (text, 1));
    assert!(received[0].next_visible - received[0].inserted > chrono::Duration::seconds(50));
    assert!(received[0].expires > received[0].inserted);
    assert!(queues.receive("blob-created", 5, MINUTE).await.unwrap().is_empty());

    let shown = queues.hide("blob-created", &received[0], Duration::ZERO).await.unwrap();
    assert_ne!(shown.pop_receipt, received[0].pop_receipt);
    let again = queues.receive("blob-created", 1, MINUTE).await.unwrap();
    assert_eq!((again[0].text.as_str(), again[0].dequeue_count), (text, 2));
    let error = queues.delete("blob-created", &received[0]).await.unwrap_err();
    assert!(error.to_string().contains("400 PopReceiptMismatch"), "{error}");
    queues.delete("blob-created", &again[0]).await.unwrap();
    assert_eq!(queues.len("blob-created").await.unwrap(), 0);

    let error = queues.put("no-such-queue", "x").await.unwrap_err();
    assert!(error.to_string().ends_with("answers 404 QueueNotFound"), "{error}");
}

#[tokio::test]
async fn a_blob_is_written_over_another() {
    let azurite = Azurite::start(None).await.unwrap();
    let account = azurite.fresh_account();
    let put =
        async |text: &str| put_blob(&account, "raw", "a b/<ü>.csv", text.as_bytes().to_vec()).await;
    let error = put("x").await.unwrap_err();
    assert!(error.to_string().ends_with("answers 404 ContainerNotFound"), "{error}");
    create_container(&account, "raw").await.unwrap();
    assert_ne!(put("x").await.unwrap(), put("").await.unwrap());
}

#[tokio::test]
async fn each_fresh_account_is_empty_and_opened_by_its_key() {
    let azurite = Azurite::start(None).await.unwrap();
    let (one, two) = (azurite.fresh_account(), azurite.fresh_account());
    Queues::new(&one).create("queue").await.unwrap();
    assert!(Queues::new(&two).len("queue").await.is_err());
    create_container(&one, "raw").await.unwrap();
    create_container(&one, "raw").await.unwrap();
    create_container(&azurite.account(), "raw").await.unwrap();
    let other_key = one.connection_string().replace("AccountKey=Eby8", "AccountKey=Abcd");
    let error = create_container(&Account::parse(&other_key).unwrap(), "raw").await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 403, .. }), "{error}");
}

#[tokio::test]
async fn what_is_persisted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    for expected in [0, 1] {
        let azurite = Azurite::start(Some(folder.path())).await.unwrap();
        let queues = Queues::new(&azurite.account());
        queues.create("queue").await.unwrap();
        assert_eq!(queues.len("queue").await.unwrap(), expected);
        queues.put("queue", "kept").await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_emulator_is_gone_and_a_taken_port_is_an_error() {
    let azurite = Azurite::start(None).await.unwrap();
    let port = azurite.blob_endpoint().split([':', '/']).nth(4).unwrap().parse().unwrap();
    let taken = Ports { blob: port, queue: 0 };
    let error = Azurite::start_on(taken, None).await.unwrap_err();
    assert!(error.to_string().contains("EADDRINUSE"), "{error}");
    let account = azurite.account();
    drop(azurite);
    let error = create_container(&account, "raw").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    // Its port is free again.
    Azurite::start_on(taken, None).await.unwrap();
}
