# Each option, switched on; defaults.tftest.hcl has them off.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
  alert_emails    = []
}

run "operational_database" {
  variables {
    operational_database = true
    administrators       = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
  }

  assert {
    condition = alltrue([
      azurerm_postgresql_flexible_server.this[0].authentication[0].active_directory_auth_enabled,
      !azurerm_postgresql_flexible_server.this[0].authentication[0].password_auth_enabled,
      !azurerm_postgresql_flexible_server.this[0].public_network_access_enabled,
      azurerm_postgresql_flexible_server_active_directory_administrator.this[0].principal_name == "sg-admins",
      azurerm_private_endpoint.postgres[0].private_service_connection[0].private_connection_resource_id == azurerm_postgresql_flexible_server.this[0].id,
    ])
    error_message = "The operational database takes passwords, or is open."
  }

  assert {
    condition     = local.app_settings.USER_PURCHASE_DB == "postgres://${local.names.app}@psql.postgres.database.azure.com/purchases?sslmode=verify-full" && !contains(keys(local.app_settings), "AzureWebJobs.extract_user_purchase.Disabled")
    error_message = "The app has no setting of the operational database."
  }
}

run "few_instances_and_a_small_server" {
  variables {
    operational_database   = true
    administrators         = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
    maximum_instance_count = 16
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this[0].sku_name == "B_Standard_B1ms" && azurerm_function_app_flex_consumption.this.maximum_instance_count == 16
    error_message = "16 instances need 35 connections, which the smallest server has."
  }
}

run "many_instances_and_a_larger_server" {
  variables {
    operational_database = true
    administrators       = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this[0].sku_name == "B_Standard_B2s"
    error_message = "40 instances need 83 connections, and the smallest server has 35."
  }
}

run "a_warm_app_that_the_portal_cannot_run" {
  variables {
    always_ready    = { "function:build_fact_movie_analytics" = 1, "http" = 2 }
    run_from_portal = false
  }

  assert {
    condition     = { for ready in azurerm_function_app_flex_consumption.this.always_ready : ready.name => ready.instance_count } == { "function:build_fact_movie_analytics" = 1, "http" = 2 }
    error_message = "Instances that never sleep are those that were asked for."
  }

  assert {
    condition     = length(azurerm_function_app_flex_consumption.this.site_config[0].cors) == 0
    error_message = "No origin may call the app."
  }
}

run "completion_events" {
  variables {
    completion_events = true
  }

  assert {
    condition = alltrue([
      azurerm_eventgrid_topic.completion[0].input_schema == "CloudEventSchemaV1_0",
      !azurerm_eventgrid_topic.completion[0].local_auth_enabled,
      azurerm_role_assignment.app_completion_events[0].role_definition_name == "EventGrid Data Sender",
      local.app_settings.EVENTGRID_TOPIC_ENDPOINT == azurerm_eventgrid_topic.completion[0].endpoint,
      !contains(keys(local.app_settings), "EVENTGRID_TOPIC_KEY"),
    ])
    error_message = "The topic wants another schema or a key, or the app may not send to it."
  }
}

run "dashboard" {
  variables {
    dashboard_client_id = "30000000-0000-0000-0000-000000000001"
    dashboard_group_ids = ["30000000-0000-0000-0000-000000000002"]
  }

  assert {
    condition = alltrue([
      azurerm_function_app_flex_consumption.this.auth_settings_v2[0].auth_enabled,
      azurerm_function_app_flex_consumption.this.auth_settings_v2[0].require_authentication,
      azurerm_function_app_flex_consumption.this.auth_settings_v2[0].unauthenticated_action == "RedirectToLoginPage",
      azurerm_function_app_flex_consumption.this.auth_settings_v2[0].active_directory_v2[0].allowed_groups == tolist(["30000000-0000-0000-0000-000000000002"]),
      azurerm_function_app_flex_consumption.this.auth_settings_v2[0].active_directory_v2[0].client_secret_setting_name == "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
    ])
    error_message = "The dashboard is shown to those who did not sign in."
  }

  assert {
    condition = alltrue([
      !contains(keys(local.app_settings), "AzureWebJobs.dashboard.Disabled"),
      local.app_settings["OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"] == "20000000-0000-0000-0000-000000000003",
      azurerm_function_app_flex_consumption.this.identity[0].type == "SystemAssigned, UserAssigned",
      output.dashboard_url == "https://func.azurewebsites.net/api/dashboard",
    ])
    error_message = "The dashboard is off, or its identity is missing."
  }
}

run "hashed_personal_data" {
  variables {
    pii_mode = "hash"
  }

  assert {
    condition     = local.app_settings.PII_KEY == "@Microsoft.KeyVault(VaultName=${azurerm_key_vault.this.name};SecretName=pii-key)"
    error_message = "The key is named by a reference."
  }

  assert {
    condition     = azurerm_role_assignment.app_vault[0].role_definition_name == "Key Vault Secrets User"
    error_message = "The app may read the key."
  }
}

run "a_list_of_erased_customers_without_hashes" {
  variables {
    pii_key        = true
    pii_key_old    = true
    pii_texts      = "refuse"
    retention_days = 7
  }

  assert {
    condition     = local.app_settings.PII_MODE == "mask" && can(regex("SecretName=pii-key\\)$", local.app_settings.PII_KEY)) && can(regex("SecretName=pii-key-old\\)$", local.app_settings.PII_KEY_OLD))
    error_message = "Both keys are named by references."
  }

  assert {
    condition     = length(azurerm_role_assignment.app_vault) == 1
    error_message = "The app may read the keys."
  }

  assert {
    condition     = local.app_settings.PII_TEXTS == "refuse" && local.app_settings.RETENTION_DAYS == "7"
    error_message = "Texts are protected, and quarantine is emptied, as the variables say."
  }
}

run "a_collector_of_opentelemetry" {
  variables {
    otlp_endpoint = "https://otlp.example.com"
    otlp_headers  = "@Microsoft.KeyVault(VaultName=kv;SecretName=otlp-headers)"
  }

  assert {
    condition = alltrue([
      local.app_settings.OTEL_EXPORTER_OTLP_ENDPOINT == "https://otlp.example.com",
      startswith(local.app_settings.OTEL_EXPORTER_OTLP_HEADERS, "@Microsoft.KeyVault("),
      azurerm_role_assignment.app_vault[0].role_definition_name == "Key Vault Secrets User",
    ])
    error_message = "The app does not know the collector, or may not read its key."
  }
}

run "people_vendors_and_power_bi" {
  variables {
    administrators                     = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
    allowed_ip_ranges                  = ["203.0.113.7/32", "198.51.100.0/28"]
    vendor_ip_ranges                   = ["192.0.2.0/24"]
    vendor_principal_ids               = ["30000000-0000-0000-0000-000000000004"]
    power_bi_service_reaches_warehouse = true
    alert_emails                       = ["operations@example.com"]
  }

  assert {
    condition = alltrue([
      toset(azurerm_storage_account.lake.network_rules[0].ip_rules) == toset(["203.0.113.7", "198.51.100.0/28", "192.0.2.0/24"]),
      toset(azurerm_key_vault.this.network_acls[0].ip_rules) == toset(["203.0.113.7/32", "198.51.100.0/28"]),
      azurerm_mssql_firewall_rule.people["198.51.100.0/28"].start_ip_address == "198.51.100.0",
      azurerm_mssql_firewall_rule.people["198.51.100.0/28"].end_ip_address == "198.51.100.15",
      azurerm_mssql_firewall_rule.power_bi_service[0].end_ip_address == "0.0.0.0",
    ])
    error_message = "People reach the lake, the vault and the warehouse; vendors the lake alone."
  }

  assert {
    condition = alltrue([
      azurerm_mssql_server.this.azuread_administrator[0].login_username == "sg-admins",
      azurerm_role_assignment.administrators["Key Vault Secrets Officer"].principal_id == "30000000-0000-0000-0000-000000000003",
      endswith(azurerm_role_assignment.vendor["30000000-0000-0000-0000-000000000004"].scope, "/containers/mock"),
      one(azurerm_monitor_action_group.operators.email_receiver).email_address == "operations@example.com",
    ])
    error_message = "Administrators administer, vendors write to one container, operators get mail."
  }
}

run "raw_never_cools" {
  command = plan

  variables {
    raw_cool_after_days = null
  }

  assert {
    condition     = length(azurerm_storage_management_policy.lake) == 0
    error_message = "Without a number of days there is no lifecycle."
  }
}

run "larger_warehouse" {
  command = plan

  variables {
    warehouse_sku = "GP_S_Gen5_8"
  }

  assert {
    condition     = azurerm_mssql_database.warehouse.min_capacity == 1
    error_message = "A serverless database keeps an eighth of its vCores."
  }
}

run "warehouse_never_pauses" {
  command = plan

  variables {
    warehouse_auto_pause_minutes = -1
  }

  assert {
    condition     = azurerm_mssql_database.warehouse.auto_pause_delay_in_minutes == -1
    error_message = "-1 means never."
  }
}
