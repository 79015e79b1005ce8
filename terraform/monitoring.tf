# Where everything that happens is written: one workspace, with Application Insights on it.

resource "azurerm_log_analytics_workspace" "this" {
  name                = local.names.logs
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  sku                          = "PerGB2018"
  retention_in_days            = var.log_retention_days
  daily_quota_gb               = var.log_daily_cap_gb
  local_authentication_enabled = false
}

resource "azurerm_application_insights" "this" {
  name                = local.names.insights
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  application_type    = "other"
  workspace_id        = azurerm_log_analytics_workspace.this.id
  retention_in_days   = 90
  sampling_percentage = 100 # host.json samples lines of the host; alerts read what it keeps

  # The program's exporter does not sign. Its connection string says where telemetry goes; who
  # has it can send, but not read.
  local_authentication_disabled = false
}

# The tables that alerts and workbook read. Otherwise each comes into being with its first record,
# and until then Azure refuses an alert whose query names it.
resource "azurerm_log_analytics_workspace_table" "read" {
  for_each = toset(["AppExceptions", "AppRequests", "AppTraces", "StorageQueueLogs"])

  workspace_id      = azurerm_log_analytics_workspace.this.id
  name              = each.key
  retention_in_days = var.log_retention_days

  # A workspace that has just been made answers "Workspace not active" for a while. The app takes
  # longer.
  depends_on = [azurerm_function_app_flex_consumption.this]
}

# Which messages reach which queue: what the workbook shows of poison queues.
resource "azurerm_monitor_diagnostic_setting" "queues" {
  name                       = "writes"
  target_resource_id         = "${azurerm_storage_account.lake.id}/queueServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "StorageWrite"
  }
}

# Who deleted what. Reads and writes of the app would be most of the bill.
resource "azurerm_monitor_diagnostic_setting" "lake" {
  name                       = "changes"
  target_resource_id         = "${azurerm_storage_account.lake.id}/blobServices/default"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "StorageDelete"
  }
}

resource "azurerm_monitor_action_group" "operators" {
  name                = local.names.operators
  resource_group_name = azurerm_resource_group.this.name
  short_name          = "operators"
  tags                = local.tags

  dynamic "email_receiver" {
    for_each = var.alert_emails

    content {
      name                    = email_receiver.value
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

resource "azurerm_application_insights_workbook" "this" {
  # A workbook's name is a GUID; this one is the same in every apply.
  name                = uuidv5("url", "https://${local.names.app}/workbook")
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  display_name = "Movie analytics (${var.environment})"
  category     = "workbook"
  source_id    = lower(azurerm_log_analytics_workspace.this.id)
  data_json    = templatefile("${path.module}/workbook.json", { workspace_id = azurerm_log_analytics_workspace.this.id })
}
