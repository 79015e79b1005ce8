terraform {
  required_version = "~> 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.73.0" # exactly what the tests know; docs/PLATFORM.md has the way to 5
    }
  }
}

# Its feature switches are in provider_override.tf.example, and are needed for an apply.
provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true # shared keys are off
  features {}
}

data "azurerm_client_config" "current" {}
