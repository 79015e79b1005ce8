//! The statements, one file each under `sql/sqlserver/`. The schemas in them are placeholders, see
//! [`Schemas`](super::schemas::Schemas).

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str =
            include_str!(concat!("../../../../sql/sqlserver/", $file, ".sql"));)*
    };
}

statements! {
    OPTIONS = "session/options",
    VERSION = "session/version",
    LOCK = "session/lock",
    LOCK_SESSION = "session/lock_session",
    ROLL_BACK = "session/roll_back",

    MAKE_STAGING = "staging/make",
    CLEAR_STAGING = "staging/clear",
    CLEAR_TOTALS = "staging/clear_totals",
    STAGE_LONG_BODY = "staging/long_body",

    ADD_DATES = "dimensions/add_dates",

    DELETE_FACTS = "facts/delete_facts",
    DELETE_DAILY = "facts/delete_daily",
    DELETE_DAY_TOTALS = "facts/delete_day_totals",
    CLEAR_REFUSED_DAYS = "facts/clear_refused_days",
    ADD_FACTS = "facts/add_facts",
    ADD_DAILY = "facts/add_daily",
    ADD_DAY_TOTALS = "facts/add_day_totals",
    RESPEND = "facts/respend",

    CHECK_SPEND = "spend/check",
    MARK_ALL_CHANGED = "spend/mark_all_changed",
    REMOVE_ALL_SPEND = "spend/remove_all",
    ADD_UP_SPEND = "spend/add_up",
    UPDATE_SPEND = "spend/update",
    ADD_SPEND = "spend/add",
    REMOVE_SPEND = "spend/remove",
    UNMARK_CHANGED = "spend/unmark",
    MARK_CHANGED = "spend/mark",

    NEWEST_PUBLISH = "operations/newest_publish",
    PUBLISHES = "operations/publishes",
    ADD_PUBLISH = "operations/add_publish",
    ADD_RECEIPTS = "operations/add_receipts",
    ADD_REFUSALS = "operations/add_refusals",
    FIND_KNOWN_RECEIPT = "operations/find_known_receipt",
    FIND_STRAY_LIVE = "operations/find_stray_live",
    CLEAR_LIVE = "operations/clear_live",
    SET_LIVE = "operations/set_live",
    NEWEST_RECEIPTS = "operations/newest_receipts",
    LIVE_RECEIPTS = "operations/live_receipts",
    REFUSED_DAYS = "operations/refused_days",
    REMOVE_REFUSED_DAYS = "operations/remove_refused_days",
    ADD_REFUSED_DAYS = "operations/add_refused_days",

    DAY_COUNTS = "read/day_counts",
    DAY_COUNTS_OF = "read/day_counts_of",
    SUMMARY = "read/summary",

    DASHBOARD_MEMBERS = "dashboard/members",
    DASHBOARD_SPAN = "dashboard/span",
    DASHBOARD_SUMS = "dashboard/sums",
    DASHBOARD_CUSTOMERS = "dashboard/customers",
    DASHBOARD_BUYERS = "dashboard/buyers",
    DASHBOARD_FRESHNESS = "dashboard/freshness",

    INSPECT_FACTS = "inspect/facts",
    INSPECT_AMOUNTS = "inspect/amounts",
    INSPECT_SPEND = "inspect/spend",
    INSPECT_DAILY = "inspect/daily",
    INSPECT_DIMENSIONS = "inspect/dimensions",
    INSPECT_REFUSALS = "inspect/refusals",
}

macro_rules! dimensions {
    ($($file:literal),*) => {
        [$(
            (
                include_str!(concat!("../../../../sql/sqlserver/dimensions/add_", $file, ".sql")),
                include_str!(concat!("../../../../sql/sqlserver/dimensions/find_", $file, ".sql")),
            ),
        )*]
    };
}

/// How each dimension gets new keys and finds keys; the first is dimension 1 of `#staged_text`.
pub(super) const DIMENSIONS: [(&str, &str); 4] = dimensions!["device", "location", "os", "browser"];

/// The schema's history; the first is version 1. Only ever append to it.
pub(super) const MIGRATIONS: &[(&str, &str)] = &[
    ("001_dimensions", include_str!("../../../../sql/sqlserver/migrations/001_dimensions.sql")),
    ("002_facts", include_str!("../../../../sql/sqlserver/migrations/002_facts.sql")),
    ("003_operations", include_str!("../../../../sql/sqlserver/migrations/003_operations.sql")),
    ("004_views", include_str!("../../../../sql/sqlserver/migrations/004_views.sql")),
    ("005_quarantine", include_str!("../../../../sql/sqlserver/migrations/005_quarantine.sql")),
    (
        "006_uncounted_reviews",
        include_str!("../../../../sql/sqlserver/migrations/006_uncounted_reviews.sql"),
    ),
];
