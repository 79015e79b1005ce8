# Wrong values are rejected before anything is built.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
}

run "who_and_where" {
  command = plan

  variables {
    subscription_id      = "my subscription"
    name                 = "Movie_Analytics"
    environment          = "production"
    location             = "West Europe"
    vendor_principal_ids = ["a vendor"]
    allowed_ip_ranges    = ["0.0.0.0/0"]
    vendor_ip_ranges     = ["203.0.113.7"]
    address_space        = "10.0.0.0/26"
    administrators       = { name = "x", object_id = "x" }
  }

  expect_failures = [
    var.subscription_id, var.name, var.environment, var.location, var.vendor_principal_ids,
    var.allowed_ip_ranges, var.vendor_ip_ranges, var.address_space, var.administrators,
  ]
}

run "what_the_app_does" {
  command = plan

  variables {
    pii_mode               = "none"
    build_fact_schedule    = "*/5 * * * *"
    reconcile_schedule     = "hourly"
    extract_schedule       = "@daily"
    max_refused_share      = 20
    max_day_shrink         = -0.1
    file_limits            = { MAX_FIELDS = 1 }
    row_rules              = { DATE_FROM = "1990-01-01" }
    instance_memory_mb     = 1024
    maximum_instance_count = 1
  }

  expect_failures = [
    var.pii_mode, var.build_fact_schedule, var.reconcile_schedule, var.extract_schedule, var.max_refused_share,
    var.max_day_shrink, var.file_limits, var.row_rules, var.instance_memory_mb, var.maximum_instance_count,
  ]
}

run "engine_takes_too_much_of_an_instance" {
  command = plan

  variables {
    instance_memory_mb = 512
    engine_memory_mb   = 300
  }

  expect_failures = [var.engine_memory_mb]
}

run "an_operational_database_without_a_named_administrator" {
  command = plan

  variables {
    operational_database = true
  }

  expect_failures = [var.operational_database]
}

run "parts" {
  command = plan

  variables {
    lake_replication             = "RAGRS"
    raw_cool_after_days          = 0
    warehouse_sku                = "S0"
    warehouse_auto_pause_minutes = 5
    dashboard_client_id          = "x"
    dashboard_group_ids          = ["x"]
    alert_emails                 = ["operations"]
    freshness_objective_minutes  = 1
    delivery_objective_hours     = 72
    alert_refused_share          = 5
    alert_failures               = 0
    log_retention_days           = 7
    log_daily_cap_gb             = 0
  }

  expect_failures = [
    var.lake_replication, var.raw_cool_after_days, var.warehouse_sku, var.warehouse_auto_pause_minutes,
    var.dashboard_client_id, var.dashboard_group_ids, var.alert_emails, var.freshness_objective_minutes,
    var.delivery_objective_hours, var.alert_refused_share, var.alert_failures, var.log_retention_days, var.log_daily_cap_gb,
  ]
}
