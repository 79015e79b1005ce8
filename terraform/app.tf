# The app: a custom handler on Flex Consumption, which scales to nothing.

resource "azurerm_service_plan" "this" {
  name                = local.names.plan
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  os_type  = "Linux"
  sku_name = "FC1"
}

resource "azurerm_function_app_flex_consumption" "this" {
  name                = local.names.app
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  service_plan_id     = azurerm_service_plan.this.id
  tags                = local.tags

  runtime_name    = "custom"
  runtime_version = "1.0"

  storage_container_type      = "blobContainer"
  storage_container_endpoint  = "${azurerm_storage_account.host.primary_blob_endpoint}${azurerm_storage_container.package.name}"
  storage_authentication_type = "SystemAssignedIdentity"

  instance_memory_in_mb  = var.instance_memory_mb
  maximum_instance_count = var.maximum_instance_count

  dynamic "always_ready" {
    for_each = var.always_ready

    content {
      name           = always_ready.key
      instance_count = always_ready.value
    }
  }

  virtual_network_subnet_id                      = azurerm_subnet.app.id
  https_only                                     = true
  webdeploy_publish_basic_authentication_enabled = false

  app_settings = local.app_settings

  # The system-assigned identity does the work; the other one only vouches for sign-ins.
  identity {
    type         = local.signs_in ? "SystemAssigned, UserAssigned" : "SystemAssigned"
    identity_ids = azurerm_user_assigned_identity.sign_in[*].id
  }

  site_config {
    application_insights_connection_string = azurerm_application_insights.this.connection_string
    minimum_tls_version                    = "1.2"
    scm_minimum_tls_version                = "1.2"
    http2_enabled                          = true

    # Without it, Run in the portal fails: that page calls the app from the browser.
    dynamic "cors" {
      for_each = var.run_from_portal ? [true] : []

      content {
        allowed_origins = ["https://portal.azure.com"]
      }
    }
  }

  # A request for the page is redirected to sign-in; functions with a key of their own are not.
  dynamic "auth_settings_v2" {
    for_each = local.signs_in ? [true] : []

    content {
      auth_enabled           = true
      require_authentication = true
      require_https          = true
      unauthenticated_action = "RedirectToLoginPage"
      default_provider       = "azureactivedirectory"
      excluded_paths         = local.paths_with_keys

      active_directory_v2 {
        client_id                  = var.dashboard_client_id
        tenant_auth_endpoint       = "https://login.microsoftonline.com/${data.azurerm_client_config.current.tenant_id}/v2.0"
        allowed_audiences          = [var.dashboard_client_id]
        allowed_groups             = var.dashboard_group_ids
        client_secret_setting_name = local.sign_in_setting
      }

      login {
        token_store_enabled = false # nothing calls others in the name of who signs in
      }
    }
  }

  lifecycle {
    # Set by Azure with Application Insights. Taking it off would write the app in every apply.
    ignore_changes = [tags["hidden-link: /app-insights-resource-id"]]
  }
}
