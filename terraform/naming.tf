# Names follow the Cloud Adoption Framework: <type>-<workload>-<environment>-<region>. Where a
# name must be unique in the world, a suffix made of the subscription replaces the region.

locals {
  base   = "${var.name}-${var.environment}-${var.location}"
  suffix = substr(sha256(lower("${var.subscription_id}/${var.name}/${var.environment}")), 0, 5)
  unique = "${var.name}-${var.environment}-${local.suffix}"

  # Storage accounts and vaults have 24 characters.
  short = substr(replace(var.name, "-", ""), 0, 9)

  names = {
    resource_group       = "rg-${local.base}"
    network              = "vnet-${local.base}"
    security_group       = "nsg-${local.base}"
    lake                 = "st${local.short}lake${var.environment}${local.suffix}"
    host                 = "st${local.short}host${var.environment}${local.suffix}"
    storage_events       = "egst-${local.base}"
    completion_events    = "evgt-${local.unique}"
    plan                 = "asp-${local.base}"
    app                  = "func-${local.unique}"
    sign_in              = "id-${local.base}-sign-in"
    sql_server           = "sql-${local.unique}"
    warehouse            = "sqldb-${var.name}"
    operational_server   = "psql-${local.unique}"
    operational_endpoint = "pep-psql-${local.base}"
    vault                = "kv-${local.short}-${var.environment}-${local.suffix}"
    logs                 = "log-${local.base}"
    insights             = "appi-${local.base}"
    operators            = "ag-${local.base}"
  }

  tags = merge({
    workload    = var.name
    environment = var.environment
    managed-by  = "terraform"
  }, var.tags)

  # The administrators: the given group, or the identity that applies.
  administrator = {
    name      = try(var.administrators.name, "platform-administrator")
    object_id = try(var.administrators.object_id, data.azurerm_client_config.current.object_id)
    type      = try(var.administrators.type, "User")
  }
}

resource "azurerm_resource_group" "this" {
  name     = local.names.resource_group
  location = var.location
  tags     = local.tags
}
