# The warehouse: Azure SQL, serverless. Only Entra ID signs in, so there is no password to keep.

locals {
  # Azure wants at least an eighth of the most vCores, and half a one.
  warehouse_vcores     = tonumber(element(split("_", var.warehouse_sku), 3))
  warehouse_min_vcores = max(0.5, local.warehouse_vcores / 8)
}

resource "azurerm_mssql_server" "this" {
  name                = local.names.sql_server
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  version                       = "12.0"
  minimum_tls_version           = "1.2"
  public_network_access_enabled = true # only for the addresses and the subnet below

  azuread_administrator {
    login_username              = local.administrator.name
    object_id                   = local.administrator.object_id
    azuread_authentication_only = true
  }

  identity {
    type = "SystemAssigned" # looks up the app in Entra ID when a pipeline makes its user
  }
}

# READ_COMMITTED_SNAPSHOT is on, the default of Azure SQL, which no argument here changes: readers do
# not wait for publishes, see docs/SQL_SERVER.md.
resource "azurerm_mssql_database" "warehouse" {
  name      = local.names.warehouse
  server_id = azurerm_mssql_server.this.id
  tags      = local.tags

  sku_name                    = var.warehouse_sku
  min_capacity                = local.warehouse_min_vcores
  auto_pause_delay_in_minutes = var.warehouse_auto_pause_minutes
  max_size_gb                 = 32
  storage_account_type        = "Geo" # of backups

  short_term_retention_policy {
    retention_days = 14
  }
}

resource "azurerm_mssql_virtual_network_rule" "app" {
  name      = "app"
  server_id = azurerm_mssql_server.this.id
  subnet_id = azurerm_subnet.app.id
}

resource "azurerm_mssql_firewall_rule" "people" {
  for_each = toset(var.allowed_ip_ranges)

  name             = "people-${replace(each.value, "/", "-")}"
  server_id        = azurerm_mssql_server.this.id
  start_ip_address = cidrhost(each.value, 0)
  end_ip_address   = cidrhost(each.value, -1)
}

# 0.0.0.0 means "addresses of Azure".
resource "azurerm_mssql_firewall_rule" "power_bi_service" {
  count = var.power_bi_service_reaches_warehouse ? 1 : 0

  name             = "azure-services"
  server_id        = azurerm_mssql_server.this.id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "0.0.0.0"
}

# Who did what goes to the logs: the policy turns it on, the setting on master sends it.
resource "azurerm_mssql_server_extended_auditing_policy" "this" {
  server_id              = azurerm_mssql_server.this.id
  log_monitoring_enabled = true
}

resource "azurerm_monitor_diagnostic_setting" "sql_audit" {
  name                       = "audit"
  target_resource_id         = "${azurerm_mssql_server.this.id}/databases/master"
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "SQLSecurityAuditEvents"
  }
}
