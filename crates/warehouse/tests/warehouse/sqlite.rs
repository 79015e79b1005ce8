//! The SQLite warehouse: the conformance suite, and what only a file can do wrong.

use std::{fs, path::Path, time::Duration};

use pipeline::dimensions::DIMENSIONS;
use rusqlite::Connection;
use tempfile::TempDir;
use warehouse::{Error, Head, Publish, Warehouse, sqlite::Sqlite};

async fn fresh() -> Option<(TempDir, impl Fn() -> Sqlite)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    Some((folder, move || Sqlite::new(&file)))
}

warehouse::conformance_suite!(fresh);

/// What opening `file` ends in.
fn refusal(file: &Path) -> String {
    match Sqlite::open(file) {
        Ok(_) => "no error".to_owned(),
        Err(error) => {
            assert!(!error.is_transient(), "{error}");
            error.to_string()
        }
    }
}

/// Each says which file it is about and what to do.
#[track_caller]
fn assert_says(error: &str, file: &Path, expected: &str) {
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_use() {
    let (folder, connect) = fresh().await.unwrap();
    let mut warehouse = connect();
    assert!(!warehouse.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    warehouse.state().await.unwrap();
    assert!(warehouse.exists());
}

#[test]
fn what_could_not_be_made_is_taken_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let in_a_file = folder.path().join("file/warehouse.db");
    for file in [in_a_file, "/dev/null/warehouse.db".into(), folder.path().to_owned()] {
        assert!(Sqlite::new(&file).exists(), "opening says what is wrong: {}", file.display());
        assert_says(&refusal(&file), &file, "name a file in a folder that you may write to");
    }
    if cfg!(target_os = "linux") {
        assert!(Sqlite::new("/proc/nope/warehouse.db").exists());
    }
}

#[test]
fn missing_folders_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not/yet/there.db");
    assert!(!Sqlite::new(&file).exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made to find out");
    assert!(Sqlite::open(&file).unwrap().exists());
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "cid,review_str,id_review\n".repeat(100)).unwrap();
    assert_says(&refusal(&file), &file, "is not a SQLite database: name another file");
    assert!(fs::read_to_string(&file).unwrap().starts_with("cid"), "it is left alone");
}

#[test]
fn a_place_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // A folder where the file should be, and a file where the folder should be.
    assert_says(&refusal(folder.path()), folder.path(), "cannot be opened or made");
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("warehouse.db");
    assert_says(&refusal(&below), &below, "cannot be made");
}

#[test]
fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    drop(Sqlite::open(&file).unwrap());
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_says(&refusal(&file), &file, "schema version 99");
}

#[test]
fn the_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bookmarks.db");
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE bookmark (url TEXT)").unwrap();
    assert_says(&refusal(&file), &file, "another program");
    let mode: String = other.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "it is left alone");
}

#[tokio::test]
async fn a_locked_file_is_worth_another_try() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    let mut warehouse = Sqlite::new(&file).with_busy_timeout(Duration::from_millis(20));
    warehouse.state().await.unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = warehouse.begin(Publish::default()).await.err().unwrap();
    assert!(matches!(error, Error::Transient(_)), "{error}");
    assert_says(&error.to_string(), &file, "locked by another program");
    // Readers need not wait.
    warehouse.summary().await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    warehouse.begin(Publish::default()).await.unwrap().commit(&[]).await.unwrap();
}

#[test]
fn a_new_file_may_be_opened_by_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = &folder.path().join("warehouse.db");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(move || Sqlite::open(file).unwrap());
        }
    });
}

#[tokio::test]
async fn a_leaked_publication_does_not_block_its_warehouse() {
    let (_folder, connect) = fresh().await.unwrap();
    let mut warehouse = connect();
    std::mem::forget(warehouse.begin(Publish::default()).await.unwrap());
    warehouse.begin(Publish::default()).await.unwrap().commit(&[]).await.unwrap();
}

#[tokio::test]
async fn futures_may_move_between_threads() {
    fn assert_send<T: Send>(future: T) -> T {
        future
    }
    let (_folder, connect) = fresh().await.unwrap();
    let mut warehouse = connect();
    let publication = assert_send(warehouse.begin(Publish::default())).await.unwrap();
    assert_send(assert_send(publication).commit(&[])).await.unwrap();
}

#[test]
fn the_reporting_views_have_their_columns() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("warehouse.db");
    drop(Sqlite::open(&file).unwrap());
    let reader = Connection::open(&file).unwrap();
    let columns = |view: &str| {
        let statement = reader.prepare(&format!("SELECT * FROM {view}")).unwrap();
        statement.column_names().collect::<Vec<_>>().join(" ")
    };
    let facts = columns("v_fact_movie_analytics");
    let mut expected = vec!["customerid", "log_date", "amount_spent", "review_score"];
    expected.extend(["review_count", "insert_date"]);
    expected.extend(DIMENSIONS.map(|dimension| dimension.name));
    expected.sort_unstable();
    let mut facts: Vec<&str> = facts.split(' ').collect();
    facts.sort_unstable();
    assert_eq!(facts, expected);
    assert_eq!(columns("v_customer_spend"), "customerid amount_spent");
}

#[tokio::test]
async fn a_warehouse_of_the_version_that_counted_review_ids_goes_on() {
    let (folder, connect) = fresh().await.unwrap();
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/sqlite/migrations");
    let mut migrations: Vec<_> =
        fs::read_dir(sql).unwrap().map(|entry| entry.unwrap().path()).collect();
    migrations.sort();
    let old = Connection::open(folder.path().join("warehouse.db")).unwrap();
    for migration in &migrations[..5] {
        old.execute_batch(&fs::read_to_string(migration).unwrap()).unwrap();
    }
    old.execute_batch(
        "INSERT INTO ops_publish_log VALUES
             (1, '2021-04-25T06:15:04Z', 'facts-1', 0, 0, 0, 0, 0, 0, 77, 5);
         INSERT INTO ops_load_history VALUES
             ('movie_review/1.csv', 1, 'classified_movie_review', 'accepted', '0x1', 'reviews-1',
              NULL, NULL, 9, 9, 0, 0, 1, 9, '2021-04-25T06:15:04Z', 1, 1, '{}');
         PRAGMA user_version = 5;",
    )
    .unwrap();
    drop(old);
    let mut warehouse = connect();
    let summary = warehouse.summary().await.unwrap();
    assert_eq!((summary.publish_id, summary.uncounted_reviews), (1, 9));
    let expected = Head { publish_id: 1, absorption_id: 0 };
    let next = Publish { expected, reset_spend: true, ..Publish::default() };
    let published = warehouse.begin(next).await.unwrap().commit(&[]).await.unwrap();
    assert_eq!(published.map(|published| published.publish_id), Some(2));
}
