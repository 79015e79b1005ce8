# Two values are enough, and what they build is closed.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
  alert_emails    = []
}

run "storage_is_entered_by_identities_only" {
  assert {
    condition = alltrue([for account in [azurerm_storage_account.lake, azurerm_storage_account.host] : alltrue([
      !account.shared_access_key_enabled,
      !account.allow_nested_items_to_be_public,
      !account.local_user_enabled,
      !account.cross_tenant_replication_enabled,
      account.https_traffic_only_enabled,
      account.min_tls_version == "TLS1_2",
      account.infrastructure_encryption_enabled,
    ])])
    error_message = "An account takes keys, anonymous readers or old TLS."
  }

  assert {
    condition = alltrue([for account in [azurerm_storage_account.lake, azurerm_storage_account.host] : alltrue([
      account.network_rules[0].default_action == "Deny",
      length(coalesce(account.network_rules[0].ip_rules, [])) == 0,
      length(account.network_rules[0].virtual_network_subnet_ids) == 1,
    ])])
    error_message = "By default only the app's subnet reaches the accounts."
  }

  assert {
    condition     = azurerm_storage_account.lake.is_hns_enabled
    error_message = "The lake has a hierarchical namespace."
  }
}

run "raw_cools_and_nothing_is_deleted_or_archived" {
  assert {
    condition     = azurerm_storage_management_policy.lake[0].rule[0].filters[0].prefix_match == toset(["raw/"])
    error_message = "Only raw has a lifecycle."
  }

  assert {
    condition = alltrue([for name, days in azurerm_storage_management_policy.lake[0].rule[0].actions[0].base_blob[0] :
      days == null || name == "tier_to_cool_after_days_since_modification_greater_than" || days == false
    ])
    error_message = "Cooling is the only action."
  }

  assert {
    condition = alltrue([
      length(azurerm_storage_management_policy.lake[0].rule) == 1,
      length(azurerm_storage_management_policy.lake[0].rule[0].actions[0].snapshot) == 0,
      length(azurerm_storage_management_policy.lake[0].rule[0].actions[0].version) == 0,
    ])
    error_message = "Cooling is the only rule."
  }
}

run "databases_take_no_password_and_nobody_from_outside" {
  assert {
    condition = alltrue([
      azurerm_mssql_server.this.azuread_administrator[0].azuread_authentication_only,
      azurerm_mssql_server.this.administrator_login == null || azurerm_mssql_server.this.administrator_login_password == null,
      azurerm_mssql_server.this.minimum_tls_version == "1.2",
      length(azurerm_mssql_firewall_rule.people) == 0,
      length(azurerm_mssql_firewall_rule.power_bi_service) == 0,
    ])
    error_message = "The warehouse takes passwords or strangers."
  }

  assert {
    condition     = azurerm_mssql_server.this.azuread_administrator[0].object_id == data.azurerm_client_config.current.object_id
    error_message = "Without a group, the identity that applies is the administrator."
  }

  assert {
    condition     = startswith(azurerm_mssql_database.warehouse.sku_name, "GP_S_") && azurerm_mssql_database.warehouse.auto_pause_delay_in_minutes == 60
    error_message = "The warehouse is serverless and pauses."
  }
}

run "vault_is_closed_and_kept" {
  assert {
    condition = alltrue([
      azurerm_key_vault.this.rbac_authorization_enabled,
      azurerm_key_vault.this.purge_protection_enabled,
      azurerm_key_vault.this.network_acls[0].default_action == "Deny",
      length(azurerm_key_vault.this.network_acls[0].ip_rules) == 0,
      length(azurerm_key_vault.this.access_policy) == 0,
    ])
    error_message = "The vault is open, or can be purged."
  }
}

run "app_is_reached_by_https_and_deployed_by_identities" {
  assert {
    condition = alltrue([
      azurerm_function_app_flex_consumption.this.https_only,
      !azurerm_function_app_flex_consumption.this.webdeploy_publish_basic_authentication_enabled,
      azurerm_function_app_flex_consumption.this.storage_authentication_type == "SystemAssignedIdentity",
      azurerm_function_app_flex_consumption.this.storage_access_key == null,
      azurerm_function_app_flex_consumption.this.runtime_name == "custom",
      azurerm_function_app_flex_consumption.this.identity[0].type == "SystemAssigned",
    ])
    error_message = "The app takes http, passwords or keys."
  }
}

run "the_portal_alone_may_call_from_a_browser_and_nothing_waits_warm" {
  assert {
    condition = alltrue([
      azurerm_function_app_flex_consumption.this.site_config[0].cors[0].allowed_origins == toset(["https://portal.azure.com"]),
      length(azurerm_function_app_flex_consumption.this.always_ready) == 0,
    ])
    error_message = "Another origin may call the app, or an instance costs while it waits."
  }
}

run "keys_that_azure_makes_open_nothing" {
  variables {
    completion_events = true
  }

  assert {
    condition = alltrue([
      !azurerm_storage_account.lake.shared_access_key_enabled,
      !azurerm_storage_account.host.shared_access_key_enabled,
      !azurerm_log_analytics_workspace.this.local_authentication_enabled,
      !azurerm_eventgrid_topic.completion[0].local_auth_enabled,
      !azurerm_function_app_flex_consumption.this.webdeploy_publish_basic_authentication_enabled,
    ])
    error_message = "A key that the provider reads into the state is good for something."
  }
}

run "optional_parts_are_off" {
  assert {
    condition = alltrue([
      length(azurerm_postgresql_flexible_server.this) == 0,
      length(azurerm_eventgrid_topic.completion) == 0,
      length(azurerm_user_assigned_identity.sign_in) == 0,
      length(azurerm_role_assignment.app_vault) == 0,
      length(azurerm_role_assignment.vendor) == 0,
    ])
    error_message = "An optional part is on by default."
  }

  assert {
    condition     = output.dashboard_url == null && local.app_settings["AzureWebJobs.dashboard.Disabled"] == "true"
    error_message = "A dashboard that nobody signs in to must be off."
  }

  assert {
    condition     = local.app_settings["AzureWebJobs.extract_user_purchase.Disabled"] == "true" && local.app_settings.EXTRACT_SCHEDULE == "0 0 * * * *"
    error_message = "Without an operational database the timer that reads it is off, and still has a schedule."
  }

  assert {
    condition     = local.app_settings.PII_MODE == "mask" && local.app_settings.PII_TEXTS == "mask" && !contains(keys(local.app_settings), "PII_KEY") && !contains(keys(local.app_settings), "PII_KEY_OLD")
    error_message = "Personal data is masked by default."
  }
}

run "names_and_tags_follow_the_rules" {
  assert {
    condition     = alltrue([for name in [local.names.lake, local.names.host] : can(regex("^[a-z0-9]{3,24}$", name))])
    error_message = "A storage account has 3 to 24 lower-case letters and digits."
  }

  assert {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", local.names.vault))
    error_message = "A vault has 3 to 24 letters, digits and hyphens."
  }

  assert {
    condition     = local.names.resource_group == "rg-movie-analytics-prod-northeurope" && startswith(local.names.app, "func-movie-analytics-prod-")
    error_message = "Names are <type>-<workload>-<environment>-<region or suffix>."
  }

  assert {
    condition = alltrue([for kind, prefix in {
      network              = "vnet-", security_group = "nsg-", lake = "st", host = "st", storage_events = "egst-", completion_events = "evgt-",
      plan                 = "asp-", app = "func-", sign_in = "id-", sql_server = "sql-", warehouse = "sqldb-", operational_server = "psql-",
      operational_endpoint = "pep-", vault = "kv-", logs = "log-", insights = "appi-", operators = "ag-", resource_group = "rg-",
    } : startswith(local.names[kind], prefix)])
    error_message = "Types are abbreviated as the Cloud Adoption Framework does."
  }

  assert {
    condition     = azurerm_storage_account.lake.tags == tomap({ workload = "movie-analytics", environment = "prod", managed-by = "terraform" })
    error_message = "Everything is tagged with workload, environment and managed-by."
  }
}

run "longest_names_still_fit" {
  command = plan

  variables {
    name        = "a-name-of-20-letters"
    environment = "test"
  }

  assert {
    condition     = length(local.names.lake) <= 24 && length(local.names.host) <= 24 && length(local.names.vault) <= 24
    error_message = "Storage accounts and vaults have 24 characters."
  }

  assert {
    condition     = length(local.names.app) <= 60 && length(local.names.sql_server) <= 63
    error_message = "Apps have 60 characters, SQL servers 63."
  }
}
