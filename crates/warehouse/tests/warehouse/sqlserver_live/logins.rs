//! Logins with no more rights than `roles.sql` gives.

use std::sync::LazyLock;

use uuid::Uuid;
use warehouse::{
    Error, Warehouse,
    sqlserver::{Schemas, SqlServer},
};

use super::{facts, fresh, publish, server};

/// What of `roles.sql` every server understands, for other schemas and with other names of roles:
/// each batch, and whether the server may do without.
fn grants(schemas: &Schemas, roles: [&str; 2]) -> Vec<(String, bool)> {
    static ROLES: LazyLock<String> = LazyLock::new(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/sqlserver/roles.sql");
        std::fs::read_to_string(file).unwrap()
    });
    let batches = ROLES.split("\nGO\n").filter(|batch| !batch.contains("_principal)"));
    let spelled = batches.map(|batch| {
        let batch = batch
            .replace("SCHEMA::dw ", &format!("SCHEMA::{} ", schemas.dw()))
            .replace("SCHEMA::ops ", &format!("SCHEMA::{} ", schemas.ops()))
            .replace("OBJECT::ops.", &format!("OBJECT::{}.", schemas.ops()))
            .replace("etl_writer", roles[0])
            .replace("bi_reader", roles[1]);
        let may_lack = batch.contains("\nDENY ") || batch.starts_with("DENY ");
        (batch, may_lack)
    });
    spelled.collect()
}

#[test]
fn the_roles_of_the_tests_are_those_of_the_file() {
    let schemas = Schemas::with_suffix("a1").unwrap();
    let grants = grants(&schemas, ["writer", "reader"]);
    let all: String = grants.iter().map(|(batch, _)| batch.as_str()).collect();
    for part in [
        "CREATE ROLE writer",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::ops_a1 TO writer;",
        "GRANT SELECT ON SCHEMA::dw_a1 TO reader;",
        "GRANT SELECT ON OBJECT::ops_a1.v_quarantine TO reader;",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    // Servers that lack DENY need not lack the grants.
    let denied: Vec<_> = grants.iter().filter(|(batch, _)| batch.contains("DENY INSERT")).collect();
    assert!(matches!(&denied[..], [(batch, true)] if !batch.contains("GRANT ")), "{denied:?}");
    assert!(!all.contains("$(") && !all.contains("etl_writer"), "{all}");
}

#[tokio::test]
#[ignore = "needs a server"]
async fn logins_may_do_what_their_role_says_and_no_more() -> Result<(), Error> {
    let (guard, connect) = fresh().await;
    let mut admin = connect().client().await?;
    let unique = Uuid::new_v4().simple().to_string();
    let roles = [format!("w{unique}"), format!("r{unique}")];
    let logins = [format!("lw{unique}"), format!("lr{unique}")];
    let password = format!("Aa1-{unique}");
    let mut batches = grants(&guard.schemas, [&roles[0], &roles[1]]);
    for (login, role) in logins.iter().zip(&roles) {
        for batch in [
            format!("CREATE LOGIN {login} WITH PASSWORD = '{password}'"),
            format!("CREATE USER {login} FOR LOGIN {login}"),
            format!("ALTER ROLE {role} ADD MEMBER {login}"),
        ] {
            batches.push((batch, false));
        }
    }
    let version = admin.simple_query("SELECT @@VERSION").await.unwrap().into_row().await.unwrap();
    let version = version.unwrap().try_get::<&str, _>(0).unwrap().unwrap().to_owned();
    // Which knows no DENY, and keeps rights on a view apart from those on its schema.
    let is_babelfish = version.contains("Babelfish");
    for (batch, may_lack) in &batches {
        let ran = run(&mut admin, batch).await;
        assert!(ran.is_ok() || *may_lack && is_babelfish, "{ran:?}: {batch}");
    }

    let sign_in = |login: &str| {
        let server = server(&format!("User ID={login};Password={password}"));
        SqlServer::new(server).with_schemas(guard.schemas.clone())
    };
    let (mut writer, mut reader) = (sign_in(&logins[0]), sign_in(&logins[1]));
    publish(&mut writer, &facts(10)).await?;
    publish(&mut writer, &facts(7)).await?;
    assert_eq!(writer.summary().await?.facts, 7);

    let (dw, ops) = (guard.schemas.dw(), guard.schemas.ops());
    let mut reads = reader.client().await?;
    let facts = format!("SELECT CAST(COUNT(*) AS int) FROM {dw}.v_fact_movie_analytics");
    let row = reads.simple_query(facts).await.unwrap().into_row().await.unwrap().unwrap();
    assert_eq!(row.try_get::<i32, _>(0).unwrap(), Some(7));
    let history = run(&mut reads, &format!("SELECT * FROM {ops}.v_load_history")).await;
    assert!(history.is_ok() || is_babelfish, "{history:?}");
    for forbidden in [
        format!("DELETE FROM {dw}.fact_movie_analytics"),
        format!("SELECT * FROM {ops}.publish_log"),
    ] {
        assert!(run(&mut reads, &forbidden).await.is_err(), "{forbidden}");
    }
    let mut writes = writer.client().await?;
    for forbidden in
        [format!("DROP TABLE {ops}.refusal"), format!("CREATE TABLE {dw}.another (id int)")]
    {
        assert!(run(&mut writes, &forbidden).await.is_err(), "{forbidden}");
    }
    assert_eq!(connect().summary().await?.facts, 7);

    drop((reads, writes, reader, writer));
    for (login, role) in logins.iter().zip(&roles) {
        for batch in [
            format!("ALTER ROLE {role} DROP MEMBER {login}"),
            format!("DROP USER {login}"),
            format!("DROP LOGIN {login}"),
        ] {
            // What is left of it may do nothing: its schemas go next.
            if let Err(error) = run(&mut admin, &batch).await {
                super::say(&format!("{batch} was refused: {error}"));
            }
        }
    }
    drop_roles(&mut admin, &guard.schemas, &roles).await;
    Ok(())
}

/// Takes the rights back first: a role with some cannot be dropped everywhere.
async fn drop_roles<S>(admin: &mut tiberius::Client<S>, schemas: &Schemas, roles: &[String; 2])
where
    S: futures_util::AsyncRead + futures_util::AsyncWrite + Unpin + Send,
{
    let rights = grants(schemas, [&roles[0], &roles[1]]);
    let granted = rights.iter().flat_map(|(batch, _)| batch.lines());
    let revokes = granted
        .filter(|line| line.starts_with("GRANT "))
        .map(|line| line.replacen("GRANT ", "REVOKE ", 1).replace(" TO ", " FROM "));
    let drops = roles.iter().map(|role| format!("DROP ROLE {role}"));
    for batch in revokes.chain(drops) {
        if let Err(error) = run(admin, &batch).await {
            super::say(&format!("{batch} was refused: {error}"));
        }
    }
}

async fn run<S>(client: &mut tiberius::Client<S>, batch: &str) -> Result<(), tiberius::error::Error>
where
    S: futures_util::AsyncRead + futures_util::AsyncWrite + Unpin + Send,
{
    client.simple_query(batch).await?.into_results().await.map(drop)
}
