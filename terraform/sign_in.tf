# Sign-in to the dashboard without a client secret: the app registration trusts this identity
# (a federated credential, docs/PLATFORM.md) instead.

locals {
  signs_in        = var.dashboard_client_id != null
  sign_in_setting = "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID" # the name that App Service wants

  # HTTP functions that programs call with a function key.
  paths_with_keys = ["/api/erase", "/api/plan", "/api/publish", "/api/replay", "/api/status"]
}

resource "azurerm_user_assigned_identity" "sign_in" {
  count = local.signs_in ? 1 : 0

  name                = local.names.sign_in
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}
