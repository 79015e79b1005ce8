//! Each setting that somebody may write into a file, with its default and a line about it: what
//! `init` writes and `config` shows.

/// A setting.
pub struct Described {
    /// Name in the environment and in files.
    pub name: &'static str,
    /// What holds where it is not set; empty: nothing.
    pub default: &'static str,
    /// What it does and what may stand there, in one line.
    pub what: &'static str,
    /// Whether its value may hold a key or a password.
    pub is_secret: bool,
}

const fn open(name: &'static str, default: &'static str, what: &'static str) -> Described {
    Described { name, default, what, is_secret: false }
}

const fn secret(name: &'static str, what: &'static str) -> Described {
    Described { name, default: "", what, is_secret: true }
}

/// All but those that the platform sets.
pub const DESCRIBED: &[Described] = &[
    secret("LAKE", "file:DIR, UseDevelopmentStorage=true or a storage connection string"),
    open("LAKE__blobServiceUri", "", "instead of LAKE: https://ACCOUNT.blob.core.windows.net"),
    open("LAKE__queueServiceUri", "", "likewise: https://ACCOUNT.queue.core.windows.net"),
    open("LAKE__clientId", "", "client id of a user-assigned managed identity"),
    secret("WAREHOUSE", "sqlite:FILE, sqlserver://SERVER/DATABASE or a connection string"),
    secret("USER_PURCHASE_DB", "postgres://USER@HOST/DATABASE, where purchases go first"),
    open("PII_MODE", "mask", "addresses and phone numbers in staging: mask, hash or keep"),
    secret("PII_KEY", "key of PII_MODE=hash and of erased customers: 32 bytes, base64 or hex"),
    secret("PII_KEY_OLD", "keys before it, separated by commas, until status needs them no more"),
    open("PII_TEXTS", "mask", "the same in texts of dimensions: mask, or refuse the row"),
    open("RETENTION_DAYS", "30", "days that refused rows lie in quarantine"),
    open("MAX_REFUSED_SHARE", "0.2", "share of refused rows above which a file is rejected"),
    open("DATES_FROM", "1990-01-01", "days before it are refused as bad_date"),
    open("DATES_TO", "", "days after it are refused; default: soon after the file came"),
    open("PURCHASE_DATE_ORDER", "month-first", "of dates with slashes: month-first, day-first"),
    open("BROWSER_BY_OS", "", "browsers of logs that name none: SYSTEM=BROWSER;..."),
    open("MAX_FIELD_BYTES", "1048576", "longest field; above it the row is refused"),
    open("MAX_LINE_BYTES", "4194304", "longest line; above it the file is rejected"),
    open("MAX_XML_DEPTH", "8", "deepest nesting of a log"),
    open("MAX_FILE_BYTES", "68719476736", "largest file, unpacked"),
    open("MAX_GZIP_RATIO", "200", "how many times gzip may expand"),
    open("MAX_DAY_SHRINK", "0.5", "share of its reviews that a day may lose"),
    open("MAX_DAY_GROWTH", "10", "how many times the usual reviews a day may count"),
    open("MAX_UNKNOWN_JUMP", "0.5", "by how much the share of Unknown in a dimension may rise"),
    open("CHECKS", "", "folder of staging with checks of your own, such as _checks"),
    open("MAX_CUSTOMER_CHANGES", "0", "share of reviews that may have another customer elsewhere"),
    open("WITHDRAWN", "alert", "files that are gone from raw: keep, alert or forget:7d"),
    open("PUBLISH", "event", "facts follow each accepted file (event), or the schedule (timer)"),
    open("PUBLISH_DELAY", "5", "seconds without a file before such a publish, at most 30"),
    open("FEED_RHYTHM", "", "how often a feed brings a file: log_reviews:6h,user_purchase:off"),
    open("ENGINE", "embedded", "embedded, or sc://HOST:PORT for a Spark cluster"),
    open("ENGINE_MEMORY_MB", "256", "memory for one batch of days, in MiB"),
    open("BUILD_FACT_SCHEDULE", "", "timer of publishes, for the Functions host"),
    open("EXTRACT_SCHEDULE", "", "timer of the extract, likewise"),
    open("RECONCILE_SCHEDULE", "", "timer of reconcile, likewise"),
    open("EVENTGRID_TOPIC_ENDPOINT", "", "topic for events of files and publishes"),
    secret("EVENTGRID_TOPIC_KEY", "its key; without it the managed identity signs in"),
    secret("APPLICATIONINSIGHTS_CONNECTION_STRING", "traces and events"),
    open("OTEL_EXPORTER_OTLP_ENDPOINT", "", "a collector of OpenTelemetry"),
];
