//! Messages that name several files: what is wrong with one of them costs the others nothing.

use crate::common::{
    drop::reviews,
    handler::{Handler, message},
};
use eventgrid::blob_created;
use functions_host::azurite::{Azurite, create_container, put_blob};
use serde_json::json;

const GOOD: &str = "movie_review/good.csv";

#[tokio::test]
async fn a_bad_name_in_a_message_costs_its_neighbours_nothing() {
    let azurite = Azurite::start(None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let long = format!("movie_review/{}.csv", "x".repeat(900));
    for names in [[long.as_str(), GOOD], [GOOD, long.as_str()]] {
        let account = azurite.fresh_account();
        for container in ["raw", "staging", "quarantine"] {
            create_container(&account, container).await.unwrap();
        }
        put_blob(&account, "raw", GOOD, reviews(&[(1, "good", 1)]).into()).await.unwrap();
        let lake = account.connection_string();
        let settings = [("LAKE", lake.as_str()), ("WAREHOUSE", "sqlite:w.db")];
        let handler = Handler::start(folder.path(), &settings);
        let event = |path: &str| blob_created(account.name(), "raw", path, "0x1", 3);
        let events = json!(names.map(event)).to_string();
        let call = |text: &str| handler.call("classify_movie_review", &message(text, 1), &[]);
        // The message has nothing left to do: it is acknowledged, and the bad name is a warning.
        assert_eq!(call(&events).0, 200);
        assert_eq!(call(&json!({ "path": GOOD }).to_string()).0, 200);
        let (stdout, stderr) = handler.stop();
        let (stdout, stderr) = (stdout.join("\n"), stderr.join("\n"));
        assert!(stdout.contains("accepted movie_review/good.csv"), "{stdout}");
        assert!(stdout.contains("already_done movie_review/good.csv"), "{stdout}");
        assert!(stderr.contains("it has more than 800 characters"), "{stderr}");
    }
}
