# The app leaves through a subnet that the lake, the vault and the warehouse trust. Service
# endpoints cost nothing; only the operational database, which has none, gets a private endpoint.

locals {
  # Of a /24 the first two /26.
  app_subnet      = cidrsubnet(var.address_space, 2, 0)
  endpoint_subnet = cidrsubnet(var.address_space, 2, 1)

  # Storage accounts want a single address without /32.
  people_addresses = [for range in var.allowed_ip_ranges : trimsuffix(range, "/32")]
  vendor_addresses = [for range in var.vendor_ip_ranges : trimsuffix(range, "/32")]
}

resource "azurerm_virtual_network" "this" {
  name                = local.names.network
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.address_space]
  tags                = local.tags
}

resource "azurerm_subnet" "app" {
  name                 = "snet-app"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.app_subnet]
  service_endpoints    = ["Microsoft.KeyVault", "Microsoft.Sql", "Microsoft.Storage"]

  delegation {
    name = "flex-consumption"
    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "endpoints" {
  name                            = "snet-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.endpoint_subnet]
  default_outbound_access_enabled = false
}

# Nothing comes in from the internet by this network: the default rules of a security group say so.
resource "azurerm_network_security_group" "this" {
  name                = local.names.security_group
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = {
    app       = azurerm_subnet.app.id
    endpoints = azurerm_subnet.endpoints.id
  }

  subnet_id                 = each.value
  network_security_group_id = azurerm_network_security_group.this.id
}
