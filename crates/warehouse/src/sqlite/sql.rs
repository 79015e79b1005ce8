//! The statements, one file each under `sql/sqlite/`.

use pipeline::dimensions::{COUNT, all, daily, each, fill};

use crate::statements::{statements, templates};

statements! { "sqlite":
    CONNECTION = "connection",

    ADD_DATE = "dimensions/add_date",

    DELETE_DAY = "facts/delete_day",
    DELETE_DAILY = "facts/delete_daily",
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

    HEAD = "operations/head",
    ADD_PUBLISH = "operations/add_publish",
    ADD_ABSORPTION = "operations/add_absorption",
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

    DASHBOARD_SPAN = "dashboard/span",
    DASHBOARD_BUYERS = "dashboard/buyers",
    DASHBOARD_FRESHNESS = "dashboard/freshness",
}

templates! { "sqlite", |text| fill(text, all()) => String:
    ADD_FACT = "facts/add_fact",
    SUMMARY = "read/summary",
}

templates! { "sqlite", |text| fill(text, daily()) => String:
    ADD_DAILY = "facts/add_daily",
    DASHBOARD_MEMBERS = "dashboard/members",
    DASHBOARD_DAILY = "dashboard/daily",
    DASHBOARD_CUSTOMERS = "dashboard/customers",
}

#[cfg(feature = "conformance")]
crate::statements::inspection!("sqlite");

// One for each dimension.
templates! { "sqlite", each => [String; COUNT]:
    FIND_TEXT = "dimensions/find_text",
    ADD_TEXT = "dimensions/add_text",
}
