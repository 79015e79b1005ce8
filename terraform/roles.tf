# Who may do what, by container and by queue. The app has no role above data contributor.

# --- The app ---------------------------------------------------------------------------------

locals {
  app_id = azurerm_function_app_flex_consumption.this.identity[0].principal_id

  app_container_roles = {
    raw        = "Storage Blob Data Reader" # what vendors sent is not ours to change
    staging    = "Storage Blob Data Contributor"
    quarantine = "Storage Blob Data Contributor"
  }
}

resource "azurerm_role_assignment" "app_container" {
  for_each = local.app_container_roles

  scope                = azurerm_storage_container.lake[each.key].id
  role_definition_name = each.value
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

# Contributor, because a long file's message is kept hidden by updating it, which the roles for
# processing do not allow; and output bindings send.
resource "azurerm_role_assignment" "app_queue" {
  for_each = local.queues

  scope                = azurerm_storage_queue.dataset[each.key].id
  role_definition_name = "Storage Queue Data Contributor"
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "app_poison" {
  for_each = local.queues

  scope                = azurerm_storage_queue.poison[each.key].id
  role_definition_name = "Storage Queue Data Message Sender"
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

# The account is the host's alone, and the host makes containers and tables of its own in it.
resource "azurerm_role_assignment" "app_host" {
  for_each = toset([
    "Storage Blob Data Contributor",
    "Storage Queue Data Contributor",
    "Storage Table Data Contributor",
  ])

  scope                = azurerm_storage_account.host.id
  role_definition_name = each.key
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

# The vault holds the key of the hashes and that of a collector, and nothing else.
resource "azurerm_role_assignment" "app_vault" {
  count = local.has_pii_key || var.otlp_headers != null ? 1 : 0

  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "app_completion_events" {
  count = var.completion_events ? 1 : 0

  scope                = azurerm_eventgrid_topic.completion[0].id
  role_definition_name = "EventGrid Data Sender"
  principal_id         = local.app_id
  principal_type       = "ServicePrincipal"
}

# --- Event Grid ------------------------------------------------------------------------------

resource "azurerm_role_assignment" "events_to_queue" {
  for_each = local.datasets

  scope                = azurerm_storage_queue.dataset[each.key].id
  role_definition_name = "Storage Queue Data Message Sender"
  principal_id         = azurerm_eventgrid_system_topic.lake.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "events_to_dead_letter" {
  scope                = azurerm_storage_container.dead_letter.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_eventgrid_system_topic.lake.identity[0].principal_id
  principal_type       = "ServicePrincipal"
}

# --- People and vendors ----------------------------------------------------------------------

resource "azurerm_role_assignment" "administrators" {
  for_each = {
    "Storage Blob Data Contributor"  = azurerm_storage_account.lake.id
    "Storage Queue Data Contributor" = azurerm_storage_account.lake.id
    "Key Vault Secrets Officer"      = azurerm_key_vault.this.id
  }

  scope                = each.value
  role_definition_name = each.key
  principal_id         = local.administrator.object_id
}

resource "azurerm_role_assignment" "vendor" {
  for_each = var.vendor_principal_ids

  scope                = azurerm_storage_container.lake["raw"].id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = each.key
}
