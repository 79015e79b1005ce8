//! The statements over dimensions, one file each under `sql/sqlserver/`. The schemas in them are placeholders, see
//! [`Schemas`](super::schemas::Schemas).

use pipeline::dimensions::{COUNT, all, daily, each, fill};

use crate::statements::templates;

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

// One for each dimension.
templates! { "sqlserver", each => [String; COUNT]:
    ADD_TEXTS = "dimensions/add_texts",
    FIND_KEYS = "dimensions/find_keys",
}
