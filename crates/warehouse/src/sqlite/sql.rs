//! The statements over dimensions, one file each under `sql/sqlite/`.

use pipeline::dimensions::{COUNT, all, daily, each, fill};

use crate::statements::templates;

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

// One for each dimension.
templates! { "sqlite", each => [String; COUNT]:
    FIND_TEXT = "dimensions/find_text",
    ADD_TEXT = "dimensions/add_text",
}
