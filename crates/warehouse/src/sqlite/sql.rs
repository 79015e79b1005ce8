//! The statements, one file each under `sql/sqlite/`.

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str =
            include_str!(concat!("../../../../sql/sqlite/", $file, ".sql"));)*
    };
}

statements! {
    CONNECTION = "connection",

    FIND_DEVICE = "dimensions/find_device",
    FIND_LOCATION = "dimensions/find_location",
    FIND_OS = "dimensions/find_os",
    FIND_BROWSER = "dimensions/find_browser",
    ADD_DEVICE = "dimensions/add_device",
    ADD_LOCATION = "dimensions/add_location",
    ADD_OS = "dimensions/add_os",
    ADD_BROWSER = "dimensions/add_browser",
    ADD_DATE = "dimensions/add_date",

    DELETE_DAY = "facts/delete_day",
    ADD_FACT = "facts/add_fact",
    DELETE_DAILY = "facts/delete_daily",
    ADD_DAILY = "facts/add_daily",
    DELETE_DAY_TOTAL = "facts/delete_day_total",
    ADD_DAY_TOTAL = "facts/add_day_total",
    RESPEND = "facts/respend",

    FIND_SPEND = "spend/find",
    PUT_SPEND = "spend/put",
    REMOVE_SPEND = "spend/remove",
    REMOVE_ALL_SPEND = "spend/remove_all",
    MARK_CHANGED = "spend/mark_changed",
    MARK_ALL_CHANGED = "spend/mark_all_changed",
    FORGET_CHANGED = "spend/forget_changed",

    NEWEST_PUBLISH = "operations/newest_publish",
    ADD_PUBLISH = "operations/add_publish",
    PUBLISHES = "operations/publishes",
    ADD_RECEIPT = "operations/add_receipt",
    ADD_REFUSAL = "operations/add_refusal",
    CLEAR_LIVE = "operations/clear_live",
    SET_LIVE = "operations/set_live",
    NEWEST_RECEIPTS = "operations/newest_receipts",
    LIVE_RECEIPTS = "operations/live_receipts",
    REFUSED_DAYS = "operations/refused_days",
    PUT_REFUSED_DAY = "operations/put_refused_day",
    CLEAR_REFUSED_DAY = "operations/clear_refused_day",

    DAY_COUNTS = "read/day_counts",
    DAY_COUNT = "read/day_count",
    SUMMARY = "read/summary",

    DASHBOARD_MEMBERS = "dashboard/members",
    DASHBOARD_SPAN = "dashboard/span",
    DASHBOARD_DAILY = "dashboard/daily",
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

/// The schema's history: `PRAGMA user_version` counts how many of these a file has seen. Only
/// ever append to it.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../../../sql/sqlite/migrations/001_dimensions.sql"),
    include_str!("../../../../sql/sqlite/migrations/002_facts.sql"),
    include_str!("../../../../sql/sqlite/migrations/003_operations.sql"),
    include_str!("../../../../sql/sqlite/migrations/004_views.sql"),
    include_str!("../../../../sql/sqlite/migrations/005_quarantine.sql"),
    include_str!("../../../../sql/sqlite/migrations/006_uncounted_reviews.sql"),
];
