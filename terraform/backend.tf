# The state is in a storage account of its own, created once by hand (docs/DEPLOY.md), because
# Terraform cannot keep its state in what it has yet to build. Its name and resource group
# come from backend.hcl; it is entered with Entra ID, never with a key.
terraform {
  backend "azurerm" {
    container_name   = "tfstate"
    key              = "movie-analytics.tfstate"
    use_azuread_auth = true
  }
}
