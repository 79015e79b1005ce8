# Wrong values are rejected before anything is built.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
  alert_emails    = []
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
    pii_texts              = "keep"
    retention_days         = 0
    build_fact_schedule    = "*/5 * * * *"
    reconcile_schedule     = "hourly"
    extract_schedule       = "@daily"
    max_refused_share      = 20
    max_day_shrink         = -0.1
    max_day_growth         = 0.5
    max_unknown_jump       = 1.5
    checks                 = "checks"
    max_customer_changes   = 2
    publish                = "never"
    publish_delay          = 31
    feed_rhythm            = "log_reviews:weekly"
    file_limits            = { MAX_FIELDS = 1 }
    row_rules              = { DATE_FROM = "1990-01-01" }
    instance_memory_mb     = 1024
    maximum_instance_count = 0
    always_ready           = { "everything" = 1 }
    otlp_endpoint          = "otlp.example.com"
    otlp_headers           = "api-key=not-in-the-state"
  }

  expect_failures = [
    var.pii_mode, var.pii_texts, var.retention_days, var.build_fact_schedule, var.reconcile_schedule, var.extract_schedule, var.max_refused_share,
    var.max_day_shrink, var.max_day_growth, var.max_unknown_jump, var.checks, var.max_customer_changes, var.publish, var.publish_delay, var.feed_rhythm, var.file_limits, var.row_rules, var.instance_memory_mb, var.maximum_instance_count,
    var.always_ready, var.otlp_endpoint, var.otlp_headers,
  ]
}

run "an_old_key_without_a_newer_one" {
  command = plan

  variables {
    pii_key_old = true
  }

  expect_failures = [var.pii_key_old]
}

run "engine_takes_too_much_of_an_instance" {
  command = plan

  variables {
    instance_memory_mb = 2048
    engine_memory_mb   = 1025
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

run "a_region_that_is_often_closed" {
  command = plan

  variables {
    location = "westeurope"
  }

  expect_failures = [var.location]
}

run "the_same_region_after_the_preflight" {
  command = plan

  variables {
    location                 = "westeurope"
    location_has_sql_servers = true
  }
}

run "instances_that_the_chosen_server_cannot_connect" {
  command = plan

  variables {
    operational_database     = true
    administrators           = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
    operational_database_sku = "B_Standard_B1ms"
    maximum_instance_count   = 17
  }

  expect_failures = [var.operational_database_sku]
}

run "instances_that_no_small_server_can_connect" {
  command = plan

  variables {
    operational_database   = true
    administrators         = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
    maximum_instance_count = 206
  }

  expect_failures = [var.operational_database]
}

run "a_secret_in_a_setting" {
  command = plan

  variables {
    engine = "sc://spark.example.com:15002/;password=not-in-the-state"
  }

  expect_failures = [azurerm_resource_group_template_deployment.app_settings]
}

run "a_user_of_postgresql_with_a_password" {
  command = plan

  variables {
    engine = "sc://user:not-in-the-state@spark.example.com:15002/"
  }

  expect_failures = [azurerm_resource_group_template_deployment.app_settings]
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
    operational_database_sku     = "tiny"
    freshness_objective_minutes  = 0
    alert_refused_share          = 5
    alert_failures               = 0
    log_retention_days           = 7
    log_daily_cap_gb             = 0
  }

  expect_failures = [
    var.lake_replication, var.raw_cool_after_days, var.warehouse_sku, var.warehouse_auto_pause_minutes,
    var.dashboard_client_id, var.dashboard_group_ids, var.alert_emails, var.freshness_objective_minutes,
    var.alert_refused_share, var.alert_failures, var.log_retention_days, var.log_daily_cap_gb,
    var.operational_database_sku,
  ]
}
