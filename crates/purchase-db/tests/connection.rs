//! Connecting: what is refused is said in a sentence, and TLS is as strict as the URL asks for.

#![allow(clippy::unwrap_used)] // Helpers of tests are tests too.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use identity::{NoToken, Tokens};
use lake::{IngestOptions, Lake, Outcome, Table, ingest};
use postgres_cluster::{Cluster, Tls};
use purchase_db::{Extract, PurchaseDb, Setting, Timing};

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start().unwrap());

fn open(url: &str) -> PurchaseDb {
    let wait = Duration::from_millis(300);
    let timing = Timing { deadline: wait, unreachable: wait, ..Timing::default() };
    PurchaseDb::new(Setting::parse(url, None).unwrap()).with_timing(timing)
}

/// Why the table cannot be loaded into, and whether another try can help.
async fn refusal(url: &str) -> (String, bool) {
    let refused = open(url).begin("user_purchase/a.csv", "1").await.err().expect("a refusal");
    (refused.to_string(), refused.transient)
}

/// The table cannot be loaded into, for a reason that has these words.
async fn refuses(url: &str, expected: &[&str], is_transient: bool) {
    let (text, transient) = refusal(url).await;
    assert!(expected.iter().all(|words| text.contains(words)), "{expected:?}: {text}");
    assert_eq!(transient, is_transient, "{text}");
}

/// A database of its own with a user of its own.
fn database(name: &str) -> String {
    CLUSTER.query(&format!("CREATE DATABASE {name}")).unwrap();
    CLUSTER.query(&format!("CREATE ROLE {name} LOGIN PASSWORD 'right'")).unwrap();
    format!("postgres://{name}:right@{}/{name}", CLUSTER.address())
}

#[tokio::test]
async fn a_wrong_password_user_or_database_is_named_without_the_password() {
    let url = database("login");
    let (text, transient) = refusal(&url.replace("right", "secret")).await;
    assert!(text.contains("the database login on 127.0.0.1"), "{text}");
    assert!(text.contains("refused the login (28P01): check user and password"), "{text}");
    assert!(!transient && !text.contains("secret"), "{text}");
    let words = "requires a password: write it into USER_PURCHASE_DB";
    refuses(&url.replace(":right", ""), &[words], false).await;
    let nowhere = format!("{}/nowhere", url.trim_end_matches("/login"));
    refuses(&nowhere, &["does not exist (3D000)"], false).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_may_come() {
    let words = "nothing listens at the database d on 127.0.0.1:1";
    refuses("postgres://u:p@127.0.0.1:1/d", &[words], true).await;
    let words = "no socket found for the database d on /nowhere";
    refuses("postgres://u@/d?host=/nowhere", &[words], true).await;
}

#[tokio::test]
async fn a_missing_table_or_permission_is_named() {
    let url = database("rights");
    let database = open(&url);
    let lake = Lake::memory();
    assert_eq!(database.extract(&lake, "r", None).await.unwrap(), Extract::NoTable);
    // Only its owner may make a schema in a database.
    let missing =
        ["lacks invoice_number of user_purchase_schema", "sql/postgres/schema/[1-7]_*.sql"];
    refuses(&url, &missing, false).await;
    // Made by the owner, and no role given.
    let owner = open(&CLUSTER.url("rights"));
    drop(owner.begin("user_purchase/a.csv", "1").await.unwrap());
    let denied = ["permission denied for schema user_purchase_schema", "sql/postgres/roles.sql"];
    refuses(&url, &denied, false).await;
    let extract = database.extract(&lake, "r", None).await.unwrap_err().to_string();
    assert!(extract.contains("permission denied for schema"), "{extract}");
    // The role for the extract reads, and cannot load.
    let roles = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/postgres/roles.sql");
    assert!(CLUSTER.psql("rights").args(["-f", roles]).status().unwrap().success());
    CLUSTER.query("GRANT user_purchase_reader TO rights").unwrap();
    database.extract(&Lake::memory(), "r", None).await.unwrap();
    refuses(&url, &["permission denied for table load_history"], false).await;
    CLUSTER.query("GRANT user_purchase_loader TO rights").unwrap();
    // Each role is enough for its work.
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::local(folder.path()).unwrap();
    let raw = folder.path().join("raw/user_purchase");
    std::fs::create_dir_all(&raw).unwrap();
    let table = Arc::new(database.clone());
    for quantity in [1, 2] {
        let file = format!(
            "invoice_number,stock_code,detail,quantity,invoice_date,unit_price,customer_id,country\n\
             1,1,lantern,{quantity},2010-12-01,2.5,7,EIRE\n"
        );
        std::fs::write(raw.join("a.csv"), file).unwrap();
        let options = IngestOptions { table: Some(table.clone()), ..IngestOptions::default() };
        let loaded = ingest(&lake, "user_purchase/a.csv", &options).await.unwrap();
        assert!(matches!(loaded, Outcome::Accepted(_)), "{loaded:?}");
        let recipe = options.recipe(pipeline::Dataset::UserPurchase);
        let taken = database.extract(&lake, &recipe, None).await.unwrap();
        assert_eq!(taken, Extract::Taken { rows: 1 });
    }
    let update = "UPDATE user_purchase_schema.user_purchase SET quantity = 3";
    let update = format!("SET ROLE user_purchase_loader; {update}");
    let refused = CLUSTER.query_in("rights", &update).unwrap_err().to_string();
    assert!(refused.contains("permission denied for table user_purchase"), "{refused}");
}

#[tokio::test]
async fn a_column_of_another_type_is_named_before_anything_is_loaded() {
    database("columns");
    let owner = CLUSTER.url("columns");
    drop(open(&owner).begin("user_purchase/a.csv", "1").await.unwrap());
    let alter = "ALTER TABLE user_purchase_schema.user_purchase ALTER customer_id TYPE bigint";
    CLUSTER.query_in("columns", alter).unwrap();
    refuses(&owner, &["column customer_id is bigint where integer is expected"], false).await;
}

#[tokio::test]
async fn a_table_that_the_application_made_gets_what_loads_need() {
    database("theirs");
    let make = "CREATE SCHEMA user_purchase_schema; \
        CREATE TABLE user_purchase_schema.user_purchase (invoice_number varchar(10), \
        stock_code varchar(20), detail varchar(1000), quantity int, invoice_date timestamp, \
        unit_price numeric(8,3), customer_id int, country varchar(20)); \
        INSERT INTO user_purchase_schema.user_purchase (customer_id) VALUES (7)";
    CLUSTER.query_in("theirs", make).unwrap();
    drop(open(&CLUSTER.url("theirs")).begin("user_purchase/a.csv", "1").await.unwrap());
    let rows = "SELECT customer_id, source_file IS NULL FROM user_purchase_schema.user_purchase";
    assert_eq!(CLUSTER.query_in("theirs", rows).unwrap(), "7|t");
}

/// An identity whose tokens are these, one after the other.
struct Given(Mutex<Vec<&'static str>>);

#[async_trait]
impl Tokens for Given {
    async fn token(&self) -> Result<String, NoToken> {
        Ok(self.0.lock().unwrap().pop().unwrap().to_owned())
    }
}

fn openssl(folder: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split(' ')).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn certificates_are_trusted_as_far_as_the_url_says() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let new = "req -x509 -newkey rsa:2048 -nodes -days 2";
    openssl(folder, &format!("{new} -subj /CN=signer -keyout ca.key -out ca.crt"));
    openssl(folder, &format!("{new} -subj /CN=other -keyout other.key -out other.crt"));
    let server = "-subj /CN=server -addext subjectAltName=DNS:localhost,DNS:db.example -addext \
        basicConstraints=CA:FALSE -CA ca.crt -CAkey ca.key -keyout server.key -out server.crt";
    openssl(folder, &format!("{new} {server}"));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let tls = Tls { certificate: read("server.crt"), key: read("server.key") };
    let cluster = Cluster::start_with_tls(&tls).unwrap();
    cluster.query("ALTER ROLE postgres PASSWORD 'right'").unwrap();
    let by_address = format!("postgres://postgres:right@{}/postgres", cluster.address());
    let by_name = by_address.replace("127.0.0.1", "localhost");
    let root = |name: &str| format!("sslrootcert={}", folder.join(name).display());
    let (ca, other, itself) = (root("ca.crt"), root("other.crt"), root("server.crt"));
    for trusted in [
        format!("{by_name}?sslmode=verify-full&{ca}"),
        format!("{by_name}?sslmode=verify-full&{itself}"),
        format!("{by_address}?sslmode=verify-ca&{ca}"),
        format!("{by_address}?sslmode=require&{ca}"),
        format!("{by_address}?sslmode=require"),
        by_address.clone(),
    ] {
        drop(open(&trusted).begin("user_purchase/a.csv", "1").await.unwrap());
    }
    for untrusted in [
        // Another name, another signer, and a signer that this machine does not know.
        format!("{by_address}?sslmode=verify-full&{ca}"),
        format!("{by_address}?sslmode=verify-full&{itself}"),
        format!("{by_name}?sslmode=verify-full&{other}"),
        format!("{by_name}?sslmode=verify-ca&{other}"),
        format!("{by_name}?sslmode=verify-full"),
    ] {
        let words = ["the certificate of the database postgres on", "sslrootcert=FILE"];
        refuses(&untrusted, &words, false).await;
    }
    // A token takes the place of a password, a new one for each connection, and goes to no server
    // that does not prove its name.
    let port = cluster.address().replace("127.0.0.1:", "");
    let elsewhere = format!("postgres://postgres@db.example:{port}/postgres?hostaddr=127.0.0.1");
    let by_token = Setting::parse(&format!("{elsewhere}&{ca}"), Some(None)).unwrap();
    let tokens = Given(Mutex::new(vec!["expired", "right", "right"]));
    let database = PurchaseDb::new(by_token).with_tokens(Arc::new(tokens));
    drop(database.begin("user_purchase/a.csv", "1").await.unwrap());
    drop(database.begin("user_purchase/b.csv", "1").await.unwrap());
    let refused = database.begin("user_purchase/c.csv", "1").await.err().unwrap();
    assert!(refused.to_string().contains("refused the login (28P01)"), "{refused}");
    let plain = format!("postgres://postgres:right@{}/postgres", CLUSTER.address());
    for (url, words) in [
        (format!("{by_name}?sslmode=verify-full&{ca}x"), "check sslrootcert="),
        (format!("{by_name}?sslmode=disable"), "requires TLS (sslmode=verify-full)"),
        (format!("{plain}?sslmode=require"), "offers no encryption: let the server use TLS"),
    ] {
        refuses(&url, &[words], false).await;
    }
}
