//! The statements, one file each under `sql/sqlserver/`. The schemas in them are placeholders, see
//! [`Schemas`](super::schemas::Schemas).

use pipeline::dimensions::{COUNT, all, daily, each, fill};

use crate::statements::{statements, templates};

statements! { "sqlserver":
    OPTIONS = "session/options",
    VERSION = "session/version",
    LOCK = "session/lock",
    LOCK_SESSION = "session/lock_session",
    ROLL_BACK = "session/roll_back",

    CLEAR_STAGING = "staging/clear",
    CLEAR_TOTALS = "staging/clear_totals",
    STAGE_LONG_BODY = "staging/long_body",

    ADD_DATES = "dimensions/add_dates",

    DELETE_FACTS = "facts/delete_facts",
    DELETE_DAILY = "facts/delete_daily",
    DELETE_DAY_TOTALS = "facts/delete_day_totals",
    CLEAR_REFUSED_DAYS = "facts/clear_refused_days",
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

    HEAD = "operations/head",
    PUBLISHES = "operations/publishes",
    ADD_PUBLISH = "operations/add_publish",
    ADD_ABSORPTION = "operations/add_absorption",
    ADD_RECEIPTS = "operations/add_receipts",
    ADD_REFUSALS = "operations/add_refusals",
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

    DASHBOARD_SPAN = "dashboard/span",
    DASHBOARD_BUYERS = "dashboard/buyers",
    DASHBOARD_FRESHNESS = "dashboard/freshness",
}

templates! { "sqlserver", |text| fill(text, all()) => String:
    MAKE_STAGING = "staging/make",
    ADD_FACTS = "facts/add_facts",
    SUMMARY = "read/summary",
}

templates! { "sqlserver", |text| fill(text, daily()) => String:
    ADD_DAILY = "facts/add_daily",
    DASHBOARD_MEMBERS = "dashboard/members",
    DASHBOARD_SUMS = "dashboard/sums",
    DASHBOARD_CUSTOMERS = "dashboard/customers",
}

#[cfg(feature = "conformance")]
crate::statements::inspection!("sqlserver");

// One for each dimension.
templates! { "sqlserver", each => [String; COUNT]:
    ADD_TEXTS = "dimensions/add_texts",
    FIND_KEYS = "dimensions/find_keys",
}
