# The lake: an account with a hierarchical namespace and the three containers that the app knows.
# Shared keys are off, so only identities with a role on a container get in.

locals {
  containers = toset(["raw", "staging", "quarantine"])
}

resource "azurerm_storage_account" "lake" {
  name                = local.names.lake
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.lake_replication
  is_hns_enabled           = true

  shared_access_key_enabled        = false
  default_to_oauth_authentication  = true
  local_user_enabled               = false
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  https_traffic_only_enabled       = true
  min_tls_version                  = "TLS1_2"

  infrastructure_encryption_enabled = true

  network_rules {
    default_action             = "Deny"
    ip_rules                   = concat(local.people_addresses, local.vendor_addresses)
    virtual_network_subnet_ids = [azurerm_subnet.app.id]
    bypass                     = ["AzureServices"] # Event Grid delivers to our queues
  }

  blob_properties {
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }
}

resource "azurerm_storage_container" "lake" {
  for_each = local.containers

  name               = each.key
  storage_account_id = azurerm_storage_account.lake.id
}

# Only raw cools. A replay reads raw again, at the price of the cool tier but at once, which an
# archive could not; and the live version of a file may be years old, so nothing is deleted.
# Staging is read by every publish and stays hot.
resource "azurerm_storage_management_policy" "lake" {
  count = var.raw_cool_after_days == null ? 0 : 1

  storage_account_id = azurerm_storage_account.lake.id

  rule {
    name    = "raw-cools"
    enabled = true

    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["${azurerm_storage_container.lake["raw"].name}/"]
    }

    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than = var.raw_cool_after_days
      }
    }
  }
}
