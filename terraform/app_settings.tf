# All settings of the app. None is a secret: identities sign in to everything, and what remains
# secret is named by a reference to the vault.

locals {
  app_settings = merge(
    {
      # The host's own storage, and the lake for its triggers; the app reads the lake's too.
      AzureWebJobsStorage__accountName = azurerm_storage_account.host.name
      AzureWebJobsStorage__credential  = "managedidentity"
      LAKE__blobServiceUri             = trimsuffix(azurerm_storage_account.lake.primary_blob_endpoint, "/")
      LAKE__queueServiceUri            = trimsuffix(azurerm_storage_account.lake.primary_queue_endpoint, "/")
      LAKE__credential                 = "managedidentity"

      WAREHOUSE            = "sqlserver://${azurerm_mssql_server.this.fully_qualified_domain_name}/${azurerm_mssql_database.warehouse.name}"
      ENGINE_MEMORY_MB     = tostring(var.engine_memory_mb)
      MAX_REFUSED_SHARE    = tostring(var.max_refused_share)
      MAX_DAY_SHRINK       = tostring(var.max_day_shrink)
      MAX_DAY_GROWTH       = tostring(var.max_day_growth)
      MAX_UNKNOWN_JUMP     = tostring(var.max_unknown_jump)
      MAX_CUSTOMER_CHANGES = tostring(var.max_customer_changes)
      WITHDRAWN            = var.withdrawn
      PUBLISH              = var.publish
      PUBLISH_DELAY        = tostring(var.publish_delay)
      FEED_RHYTHM          = var.feed_rhythm
      PII_MODE             = var.pii_mode
      PII_TEXTS            = var.pii_texts
      RETENTION_DAYS       = tostring(var.retention_days)

      # Each timer has a schedule, used or not: the host loads no function whose schedule
      # it cannot resolve.
      BUILD_FACT_SCHEDULE = var.build_fact_schedule
      EXTRACT_SCHEDULE    = var.extract_schedule
      RECONCILE_SCHEDULE  = var.reconcile_schedule
    },
    { for name, value in var.file_limits : name => format("%d", value) },
    var.row_rules,
    var.checks == null ? {} : {
      CHECKS = var.checks
    },
    var.engine == null ? {} : {
      ENGINE = var.engine
    },
    !local.has_pii_key ? {} : {
      PII_KEY = "@Microsoft.KeyVault(VaultName=${azurerm_key_vault.this.name};SecretName=${local.pii_secret})"
    },
    !var.pii_key_old ? {} : {
      PII_KEY_OLD = "@Microsoft.KeyVault(VaultName=${azurerm_key_vault.this.name};SecretName=${local.pii_secret}-old)"
    },
    var.operational_database ? {
      # The app's identity is the user; there is no password. A token goes only to a server that
      # proves its name.
      USER_PURCHASE_DB = "postgres://${local.names.app}@${azurerm_postgresql_flexible_server.this[0].fqdn}/${azurerm_postgresql_flexible_server_database.purchases[0].name}?sslmode=verify-full"
      } : {
      "AzureWebJobs.extract_user_purchase.Disabled" = "true"
    },
    var.otlp_endpoint == null ? {} : {
      OTEL_EXPORTER_OTLP_ENDPOINT = var.otlp_endpoint
    },
    var.otlp_headers == null ? {} : {
      OTEL_EXPORTER_OTLP_HEADERS = var.otlp_headers
    },
    !var.completion_events ? {} : {
      EVENTGRID_TOPIC_ENDPOINT = azurerm_eventgrid_topic.completion[0].endpoint
    },
    # A dashboard without sign-in must not answer.
    local.signs_in ? {
      (local.sign_in_setting) = azurerm_user_assigned_identity.sign_in[0].client_id
      } : {
      "AzureWebJobs.dashboard.Disabled" = "true"
    },
  )
}

# Whenever the provider writes a Flex Consumption app, it adds AzureWebJobsStorage with an empty
# key, though an identity is configured, and the host prefers that setting to those above: no
# trigger starts. Giving it here as "" is not enough: some hosts of 2026 took that for a value, and as
# the provider leaves it out when it reads, every plan would show a change. It has to be absent, so
# each write of the app is followed by one of exactly the settings above. Take this away once
# https://github.com/hashicorp/terraform-provider-azurerm/issues/29693 is closed.
resource "terraform_data" "app_was_written" {
  lifecycle {
    replace_triggered_by = [azurerm_function_app_flex_consumption.this]
  }
}

resource "azurerm_resource_group_template_deployment" "app_settings" {
  name                = "app-settings"
  resource_group_name = azurerm_resource_group.this.name
  deployment_mode     = "Incremental"
  tags                = local.tags

  template_content = file("${path.module}/app_settings.arm.json")
  parameters_content = jsonencode({
    app     = { value = azurerm_function_app_flex_consumption.this.name }
    written = { value = terraform_data.app_was_written.id }
    settings = { value = merge(local.app_settings, {
      APPLICATIONINSIGHTS_CONNECTION_STRING = azurerm_application_insights.this.connection_string
    }) }
  })

  lifecycle {
    precondition {
      condition = alltrue([for name, value in local.app_settings :
        !can(regex("(?i)(key|password|pwd|secret|token|sig)=[^;@]", value)) && !can(regex("://[^/@]+:[^/@]+@", value))
      ])
      error_message = "A setting of the app holds a secret: put it into the vault and write a reference to it."
    }
  }
}
