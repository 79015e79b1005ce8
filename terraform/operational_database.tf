# The operational database, where purchases are kept before they are staged. Optional. Entra ID
# only, as the warehouse; the app comes by a private endpoint, people by allowed_ip_ranges.

locals {
  # Each file that is loaded has one connection, host.json loads two in one instance, and the
  # extract and people have the rest. There is no pool in front: the built-in PgBouncer does not
  # come with the Burstable tier, and a load keeps its connection for one transaction anyway.
  purchase_connections = 2 * var.maximum_instance_count + 3
  purchase_sku         = local.purchase_connections <= 35 ? "B_Standard_B1ms" : "B_Standard_B2s"
}

resource "azurerm_postgresql_flexible_server" "this" {
  count = var.operational_database ? 1 : 0

  name                = local.names.operational_server
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  version                       = "16"
  sku_name                      = coalesce(var.operational_database_sku, local.purchase_sku)
  storage_mb                    = 32768
  auto_grow_enabled             = true
  backup_retention_days         = 14
  geo_redundant_backup_enabled  = true
  public_network_access_enabled = length(var.allowed_ip_ranges) > 0

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = false
    tenant_id                     = data.azurerm_client_config.current.tenant_id
  }

  lifecycle {
    ignore_changes = [zone] # chosen by Azure
  }
}

resource "azurerm_postgresql_flexible_server_active_directory_administrator" "this" {
  count = var.operational_database ? 1 : 0

  resource_group_name = azurerm_resource_group.this.name
  server_name         = azurerm_postgresql_flexible_server.this[0].name
  tenant_id           = data.azurerm_client_config.current.tenant_id
  object_id           = local.administrator.object_id
  principal_name      = local.administrator.name
  principal_type      = local.administrator.type
}

resource "azurerm_postgresql_flexible_server_database" "purchases" {
  count = var.operational_database ? 1 : 0

  name      = "purchases"
  server_id = azurerm_postgresql_flexible_server.this[0].id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_postgresql_flexible_server_firewall_rule" "people" {
  for_each = var.operational_database ? toset(var.allowed_ip_ranges) : []

  name             = "people-${replace(replace(each.value, "/", "-"), ".", "-")}"
  server_id        = azurerm_postgresql_flexible_server.this[0].id
  start_ip_address = cidrhost(each.value, 0)
  end_ip_address   = cidrhost(each.value, -1)
}

resource "azurerm_private_dns_zone" "postgres" {
  count = var.operational_database ? 1 : 0

  name                = "privatelink.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "postgres" {
  count = var.operational_database ? 1 : 0

  name                  = "app"
  resource_group_name   = azurerm_resource_group.this.name
  private_dns_zone_name = azurerm_private_dns_zone.postgres[0].name
  virtual_network_id    = azurerm_virtual_network.this.id
  tags                  = local.tags
}

resource "azurerm_private_endpoint" "postgres" {
  count = var.operational_database ? 1 : 0

  name                = local.names.operational_endpoint
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  subnet_id           = azurerm_subnet.endpoints.id
  tags                = local.tags

  private_service_connection {
    name                           = "postgres"
    private_connection_resource_id = azurerm_postgresql_flexible_server.this[0].id
    subresource_names              = ["postgresqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "postgres"
    private_dns_zone_ids = [azurerm_private_dns_zone.postgres[0].id]
  }
}
