# What remains secret. Its values are put in by people (docs/PLATFORM.md) and never pass Terraform,
# so that no state or plan holds them.

locals {
  pii_secret  = "pii-key"
  has_pii_key = var.pii_key || var.pii_mode == "hash"
}

resource "azurerm_key_vault" "this" {
  name                = local.names.vault
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true # without the key, hashes of old and new files no longer meet
  soft_delete_retention_days    = 90
  public_network_access_enabled = true # only for the addresses and the subnet below

  network_acls {
    default_action             = "Deny"
    bypass                     = "AzureServices"
    ip_rules                   = var.allowed_ip_ranges
    virtual_network_subnet_ids = [azurerm_subnet.app.id]
  }
}

resource "azurerm_monitor_diagnostic_setting" "vault" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {
    category = "AuditEvent"
  }
}
