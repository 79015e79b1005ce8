# Sends events of staged and rejected files and of published facts, as CloudEvents. The app signs
# with its identity; the topic's keys are off.

resource "azurerm_eventgrid_topic" "completion" {
  count = var.completion_events ? 1 : 0

  name                = local.names.completion_events
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  input_schema       = "CloudEventSchemaV1_0"
  local_auth_enabled = false

  identity {
    type = "SystemAssigned" # for subscribers that want deliveries signed
  }
}
