# What the next step needs. Nothing here is secret.

output "resource_group" {
  description = "Resource group of all resources."
  value       = azurerm_resource_group.this.name
}

output "function_app" {
  description = "Name of the app; also of its user in both databases."
  value       = azurerm_function_app_flex_consumption.this.name
}

output "deploy_command" {
  description = "Command that deploys the package of `cargo xtask package --zip`; run it in the repository's root."
  value       = "az functionapp deployment source config-zip --resource-group ${azurerm_resource_group.this.name} --name ${azurerm_function_app_flex_consumption.this.name} --src dist.zip"
}

output "dashboard_url" {
  description = "URL of the dashboard, or null without sign-in."
  value       = local.signs_in ? "https://${azurerm_function_app_flex_consumption.this.default_hostname}/api/dashboard" : null
}

output "status_url" {
  description = "URL of freshness, loads and rejected files as JSON; needs a function key."
  value       = "https://${azurerm_function_app_flex_consumption.this.default_hostname}/api/status"
}

output "sign_in_redirect_url" {
  description = "Redirect URL of the app registration that signs people in."
  value       = "https://${azurerm_function_app_flex_consumption.this.default_hostname}/.auth/login/aad/callback"
}

output "sign_in_identity" {
  description = "Object id of the identity that the app registration must trust, or null without sign-in."
  value       = one(azurerm_user_assigned_identity.sign_in[*].principal_id)
}

output "sql_server" {
  description = "Server for Power BI, sqlcmd and the migration."
  value       = azurerm_mssql_server.this.fully_qualified_domain_name
}

output "sql_database" {
  description = "Database for Power BI, sqlcmd and the migration."
  value       = azurerm_mssql_database.warehouse.name
}

output "lake_account" {
  description = "Storage account of the lake: vendors write to its container raw."
  value       = azurerm_storage_account.lake.name
}

output "host_account" {
  description = "Storage account of the host: a deployment may need its firewall open (docs/DEPLOY.md, step 4)."
  value       = azurerm_storage_account.host.name
}

output "vault" {
  description = "Key Vault for the remaining secrets."
  value       = azurerm_key_vault.this.name
}

output "operational_server" {
  description = "PostgreSQL server, or null without one."
  value       = one(azurerm_postgresql_flexible_server.this[*].fqdn)
}

output "completion_topic" {
  description = "Endpoint of the topic for completion events, or null without one."
  value       = one(azurerm_eventgrid_topic.completion[*].endpoint)
}
