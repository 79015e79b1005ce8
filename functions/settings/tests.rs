use super::*;

fn read(values: &[(&str, &str)]) -> Result<Settings, String> {
    let get = |name: &str| {
        let value = values.iter().find(|(known, _)| *known == name);
        value.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(get).map_err(|error| error.to_string())
}

const GIVEN: [(&str, &str); 2] = [("LAKE", "file:lake"), ("WAREHOUSE", "sqlite:w.db")];

fn with(more: &[(&'static str, &'static str)]) -> Result<Settings, String> {
    read(&[&GIVEN, more].concat())
}

#[test]
fn lake_and_warehouse_are_enough() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.lake, LakeSetting::Folder("lake".into()));
    assert_eq!(settings.warehouse, WarehouseSetting::Sqlite("w.db".into()));
    assert!(matches!(settings.personal.pii, pipeline::logs::Pii::Mask));
    assert_eq!(settings.engine_memory_mb, 256);
}

#[test]
fn each_warehouse_has_a_marker_of_its_own() {
    let name = |file: &str| WarehouseSetting::Sqlite(file.into()).marker_name();
    assert_eq!(name("/a/b-c/w.db"), "sqlite-a-b_2dc-w_2edb");
    let names = ["/a/b/w.db", "/a-b/w.db", "/a/b-w.db", "/a_b/w.db", "/a_5fb/w.db", "/a\\b/w.db"];
    let different: std::collections::BTreeSet<_> = names.iter().map(|file| name(file)).collect();
    assert_eq!(different.len(), names.len());
}

#[test]
fn wrong_settings_say_what_to_write() {
    let wrong = |more| with(more).unwrap_err();
    assert!(read(&[]).unwrap_err().starts_with("LAKE: not set; write file:DIR for a local"));
    for (host, name) in [("FUNCTIONS_CUSTOMHANDLER_PORT", "40001"), ("WEBSITE_INSTANCE_ID", "x")] {
        for lake in [None, Some(("LAKE", "s3://bucket"))] {
            let values: Vec<_> = [Some((host, name)), lake].into_iter().flatten().collect();
            let error = read(&values).unwrap_err();
            assert!(error.starts_with("LAKE: "), "{error}");
            assert!(error.contains("; write a storage connection string, or UseDev"), "{error}");
            assert!(!error.contains("file:"), "the triggers of the host know no folder: {error}");
        }
    }
    let in_azure = [("LAKE", "file:lake"), ("WEBSITE_INSTANCE_ID", "x")];
    assert!(read(&in_azure).unwrap_err().starts_with("WAREHOUSE: not set; write sqlserver://"));
    assert_eq!(wrong(&[("PII_MODE", "hash")]), "PII_KEY: not set; PII_MODE=hash needs a key");
    let unresolved = [("PII_MODE", "hash"), ("PII_KEY", "@Microsoft.KeyVault(SecretUri=x)")];
    assert!(wrong(&unresolved).starts_with("PII_KEY: its Key Vault reference"));
    assert_eq!(wrong(&[("PII_MODE", "x")]), "PII_MODE: write mask, hash or keep");
    assert_eq!(
        wrong(&[("MAX_DAY_SHRINK", "50%")]),
        "MAX_DAY_SHRINK: `50%` is not a number from 0 to 1"
    );
    let growth = wrong(&[("MAX_DAY_GROWTH", "0.5")]);
    assert_eq!(growth, "MAX_DAY_GROWTH: `0.5` is not a number from 1 on");
    let outside: [&'static [_]; 3] =
        [&[("CHECKS", "checks")], &[("CHECKS", "_a/../b")], &[("CHECKS", "lake:_checks")]];
    for checks in outside {
        assert!(wrong(checks).starts_with("CHECKS: write the name"), "{checks:?}");
    }
    assert_eq!(
        wrong(&[("ENGINE_MEMORY_MB", "0")]),
        "ENGINE_MEMORY_MB: `0` is not a whole number above 0"
    );
    assert!(wrong(&[("ENGINE", "spark")]).starts_with("ENGINE: write embedded, or sc://"));
    let unresolved = [("ENGINE", "@Microsoft.KeyVault(SecretUri=x)")];
    assert!(wrong(&unresolved).starts_with("ENGINE: its Key Vault reference"));
    assert!(
        wrong(&[("WEBSITE_INSTANCE_ID", "x")]).starts_with("WAREHOUSE: sqlite is for a laptop")
    );
}

#[test]
#[cfg(not(feature = "spark-connect"))]
fn a_cluster_needs_the_feature_that_speaks_to_it() {
    let error = with(&[("ENGINE", "sc://h:443/;token=secret;use_ssl=true")]).unwrap_err();
    assert!(error.starts_with("ENGINE: ") && error.contains("spark-connect"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
#[cfg(feature = "spark-connect")]
fn a_cluster_is_named_without_its_token() {
    let settings = with(&[("ENGINE", "sc://h:443/;token=secret;use_ssl=true")]).unwrap();
    assert!(!format!("{settings:?}").contains("secret"));
    let error = with(&[("ENGINE", "sc://h:443/;token=secret")]).unwrap_err();
    assert_eq!(error, "ENGINE: a token needs use_ssl=true, or anybody could read it");
}

#[test]
fn a_warehouse_that_is_not_understood_is_not_repeated() {
    for wrong in ["Server=x;Password=secret", "secret", "sqlite:", "sqlserver://u:secret@h/d"] {
        let error = read(&[GIVEN[0], ("WAREHOUSE", wrong)]).unwrap_err();
        assert!(error.starts_with("WAREHOUSE: ") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn a_sql_server_is_named_without_its_password() {
    let value = "Server=tcp:H.example,1433;Database=Films;User ID=etl;Password=secret";
    let values = [GIVEN[0], ("WAREHOUSE", value), ("WEBSITE_INSTANCE_ID", "x")];
    let warehouse = read(&values).unwrap().warehouse;
    assert_eq!(warehouse.to_string(), "sqlserver://H.example/Films");
    assert_eq!(warehouse.marker_name(), "sqlserver-h_2eexample_2d1433_2dfilms");
    assert!(!format!("{warehouse:?}").contains("secret"));
}

fn lake_of(values: &[(&'static str, &'static str)]) -> Result<LakeSetting, String> {
    read(&[&[GIVEN[1]], values].concat()).map(|settings| settings.lake)
}

#[test]
fn a_lake_in_azure_names_its_account() {
    let account = |values: &[_]| lake_of(values).unwrap().account();
    assert_eq!(account(&[GIVEN[0]]), None);
    let emulator = account(&[("LAKE", "UseDevelopmentStorage=true")]);
    assert_eq!(emulator.as_deref(), Some("devstoreaccount1"));
    let key = account(&[("LAKE", "AccountName=films;AccountKey=c2VjcmV0")]);
    assert_eq!(key.as_deref(), Some("films"));
    let uri = ("LAKE__blobServiceUri", "https://films.blob.core.windows.net/");
    let queues = ("LAKE__queueServiceUri", "https://films.queue.core.windows.net/");
    assert_eq!(account(&[uri, queues, ("LAKE__clientId", "0f")]).as_deref(), Some("films"));
    // What a person writes on the command line wins.
    assert_eq!(account(&[GIVEN[0], uri]), None);
}

#[test]
fn a_lake_that_is_not_understood_is_not_repeated() {
    for value in ["AccountName=films;AccountKy=secret", "secret", "file:"] {
        let error = lake_of(&[("LAKE", value)]).unwrap_err();
        assert!(error.starts_with("LAKE: ") && !error.contains("secret"), "{error}");
    }
    let uri = ("LAKE__blobServiceUri", "https://films.blob.core.windows.net");
    let queues = ("LAKE__queueServiceUri", "https://other.queue.core.windows.net");
    let error = lake_of(&[uri, queues]).unwrap_err();
    let known =
        "LAKE__queueServiceUri: names the account other, but LAKE__blobServiceUri names films";
    assert_eq!(error, known);
    let error = lake_of(&[("LAKE__blobServiceUri", "films")]).unwrap_err();
    assert!(error.starts_with("LAKE__blobServiceUri: "), "{error}");
}

#[test]
fn described_defaults_are_those_that_hold() {
    let plain = format!("{:?}", with(&[]).unwrap());
    let mut compared = 0;
    for setting in DESCRIBED.iter().filter(|setting| !setting.default.is_empty()) {
        let set = with(&[(setting.name, setting.default)]).unwrap();
        assert_eq!(format!("{set:?}"), plain, "{}", setting.name);
        compared += 1;
    }
    assert!(compared >= 15, "{compared} settings have a default");
}
