//! Names of settings. One that looks like ours and is none is a typo: ignored, it would leave the
//! default in force without a word, and `PII_MOD=hash` would hash nothing.

use super::WrongSetting;

/// All that this program reads, and the schedules, which the host reads for its functions.
const OURS: [&str; 40] = [
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "BROWSER_BY_OS",
    "BUILD_FACT_SCHEDULE",
    "CHECKS",
    "DATES_FROM",
    "DATES_TO",
    "ENGINE",
    "ENGINE_MEMORY_MB",
    "EVENTGRID_TOPIC_ENDPOINT",
    "EVENTGRID_TOPIC_KEY",
    "EXTRACT_SCHEDULE",
    "FEED_RHYTHM",
    "LAKE",
    "LAKE__blobServiceUri",
    "LAKE__clientId",
    "LAKE__queueServiceUri",
    "MAX_CUSTOMER_CHANGES",
    "MAX_DAY_GROWTH",
    "MAX_DAY_SHRINK",
    "MAX_FIELD_BYTES",
    "MAX_FILE_BYTES",
    "MAX_GZIP_RATIO",
    "MAX_LINE_BYTES",
    "MAX_REFUSED_SHARE",
    "MAX_UNKNOWN_JUMP",
    "MAX_XML_DEPTH",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "PII_KEY",
    "PII_KEY_OLD",
    "PII_MODE",
    "PII_TEXTS",
    "PUBLISH",
    "PUBLISH_DELAY",
    "PURCHASE_DATE_ORDER",
    "RECONCILE_SCHEDULE",
    "RETENTION_DAYS",
    "USER_PURCHASE_DB",
    "WAREHOUSE",
    "WEBSITE_INSTANCE_ID",
    "WITHDRAWN",
];

/// Names that begin like ours, which the host reads of a connection.
const OF_THE_HOST: [&str; 7] = [
    "LAKE__accountName",
    "LAKE__clientSecret",
    "LAKE__credential",
    "LAKE__managedIdentityResourceId",
    "LAKE__serviceUri",
    "LAKE__tableServiceUri",
    "LAKE__tenantId",
];

/// No other program's names begin so.
const PREFIXES: [&str; 5] =
    ["ENGINE_MEMORY_", "EVENTGRID_TOPIC_", "LAKE__", "PII_", "USER_PURCHASE_"];

/// Names in `local.settings.json` that are for the host and its tools.
const FOR_OTHERS: [&str; 7] = [
    "APPLICATIONINSIGHTS_",
    "AzureFunctions",
    "AzureWebJobs",
    "ConnectionStrings__",
    "FUNCTIONS_",
    "OTEL_",
    "WEBSITE_",
];

fn is_known(name: &str) -> bool {
    OURS.contains(&name) || OF_THE_HOST.contains(&name)
}

/// Refuses the first name that is a typo of one of ours.
pub fn check<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), WrongSetting> {
    for name in names {
        if let Some(meant) = meant(name) {
            let problem = format!("there is no setting `{name}`; the nearest is {meant}");
            return Err(WrongSetting::new(meant, problem));
        }
    }
    Ok(())
}

/// Whether a name in `local.settings.json` is of no use to this program, nor to the host.
pub(super) fn is_unknown(name: &str) -> bool {
    !is_known(name) && !FOR_OTHERS.iter().any(|prefix| name.starts_with(prefix))
}

/// The setting that a name misspells. Short names are near to many that others use, `API_KEY` for
/// one: of these, fewer letters may differ.
fn meant(name: &str) -> Option<&'static str> {
    if is_known(name) {
        return None;
    }
    let upper = name.to_uppercase();
    let is_near = |ours: &&str| {
        let allowed = match ours.len() {
            ..7 => 0,
            7..10 => 1,
            _ => 2,
        };
        // Most names of other programs are longer or shorter, which costs nothing to see.
        upper.len().abs_diff(ours.len()) <= allowed
            && strsim::osa_distance(&upper, &ours.to_uppercase()) <= allowed
    };
    // Names that begin alike are nearer than others with as many letters in common.
    let likeness = |ours: &&str| strsim::jaro_winkler(&upper, &ours.to_uppercase());
    let nearest = |a: &&str, b: &&str| likeness(a).total_cmp(&likeness(b));
    let near = OURS.into_iter().filter(is_near).max_by(nearest);
    let like_ours = || PREFIXES.iter().any(|prefix| upper.starts_with(&prefix.to_uppercase()));
    near.or_else(|| like_ours().then(|| OURS.into_iter().max_by(nearest))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_refused_with_the_nearest_name() {
        for (typo, nearest) in [
            ("PII_MOD", "PII_MODE"),
            ("PII_KEYS", "PII_KEY"),
            ("pii_key", "PII_KEY"),
            ("Lake", "LAKE"),
            ("LAKE__blobServiceURI", "LAKE__blobServiceUri"),
            ("LAKE__queueUri", "LAKE__queueServiceUri"),
            ("WAREHOSUE", "WAREHOUSE"),
            ("MAX_DAY_SHRNIK", "MAX_DAY_SHRINK"),
            ("MAX_CUSTOMERS_CHANGE", "MAX_CUSTOMER_CHANGES"),
            ("DATE_FROM", "DATES_FROM"),
            ("ENGINE_MEMORY_GB", "ENGINE_MEMORY_MB"),
        ] {
            let error = check(["PATH", typo]).unwrap_err().to_string();
            let expected = format!("there is no setting `{typo}`; the nearest is {nearest}");
            assert_eq!(error, format!("{nearest}: {expected}"));
        }
    }

    #[test]
    fn names_of_others_are_left_alone() {
        for name in [
            "API_KEY",
            "API_MODE",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
            "BROWSER",
            "CAKE",
            "CHECK",
            "AzureWebJobsStorage",
            "DATABASE_URL",
            "ENGINE_URL",
            "HOME",
            "LANG",
            "LAKE__serviceUri",
            "MAKE",
            "MAX_WORKERS",
            "OTEL_EXPORTER_OTLP_HEADERS",
            "PAGER",
            "PGPASSWORD",
            "SCHEDULE",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "WEBSITE_SITE_NAME",
            "WAREHOUSE_DIR",
            "PII",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
        OURS.into_iter().for_each(|name| assert_eq!(meant(name), None, "{name}"));
    }

    /// Else `init` and `config` would leave it out.
    #[test]
    fn every_setting_is_described_but_those_that_azure_sets() {
        let described: Vec<_> = super::super::DESCRIBED.iter().map(|of| of.name).collect();
        for name in OURS.iter().filter(|name| !name.starts_with("WEBSITE_")) {
            assert!(described.contains(name), "{name} is missing in described.rs");
        }
        assert!(described.iter().all(|name| OURS.contains(name)), "{described:?}");
    }

    #[test]
    fn a_name_that_is_nobodys_is_unknown() {
        assert!(is_unknown("VERBOSE"));
        for name in ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "LAKE", "LAKE__credential"]
        {
            assert!(!is_unknown(name), "{name}");
        }
    }

    /// Else this program would refuse a setting of its own.
    #[test]
    fn every_name_that_is_read_is_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("functions/settings");
        let mut read = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if ["names.rs", "tests.rs"].iter().any(|own| path.ends_with(own)) {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for call in ["get(\"", "number(\"", "share(\"", "factor(\"", "day(\""] {
                for after in source.split(call).skip(1) {
                    let (name, _) = after.split_once('"').unwrap();
                    let known = is_known(name) || name.starts_with("FUNCTIONS_");
                    assert!(known, "`{name}` of {} is missing in OURS", path.display());
                    read += 1;
                }
            }
        }
        assert!(read >= 20, "{read} names were found: the calls look different now");
    }
}
