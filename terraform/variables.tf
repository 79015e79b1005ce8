# What must be given, then where and under which name, then who and from where. Settings of
# the app are in variables_app.tf, optional parts in variables_parts.tf.

variable "subscription_id" {
  description = "Subscription to deploy to."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", lower(var.subscription_id)))
    error_message = "Write the subscription id as a GUID: `az account show --query id` prints it."
  }
}

variable "name" {
  description = "Name of the workload; part of every resource name. Its first nine letters and digits name the storage accounts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "Write 3 to 20 lower-case letters, digits and hyphens; begin with a letter, end with a letter or digit."
  }
}

variable "environment" {
  description = "Stage of the workload; part of every resource name."
  type        = string
  default     = "prod"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "Write dev, test or prod."
  }
}

variable "location" {
  description = "Azure region that gives this subscription Flex Consumption and new SQL servers; docs/DEPLOY.md, step 1, has the preflight."
  type        = string
  default     = "northeurope"

  validation {
    condition     = can(regex("^[a-z0-9]{3,20}$", var.location))
    error_message = "Write the region's short name, such as northeurope."
  }

  # Only Azure knows what it gives to whom; these two turn most new subscriptions away.
  validation {
    condition     = !contains(["eastus", "westeurope"], var.location) || var.location_has_sql_servers
    error_message = "This region refuses new SQL servers to many subscriptions (ProvisioningDisabled): run the preflight of docs/DEPLOY.md, step 1, and set location_has_sql_servers, or take another region."
  }
}

variable "location_has_sql_servers" {
  description = "Says that the preflight of docs/DEPLOY.md found the region open, for a region that is often closed."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for every resource; they override those of naming.tf."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 40
    error_message = "Azure allows at most 50 tags on a resource, and naming.tf adds some."
  }
}

variable "administrators" {
  description = "Entra group (or user) that administers both databases, reads and writes the lake and the queues, and writes the vault. Without it, the identity that applies. Give a group as soon as a pipeline applies too; otherwise the administrator changes with each apply."
  type = object({
    name      = string
    object_id = string
    type      = optional(string, "Group")
  })
  default = null

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", lower(var.administrators.object_id))) || var.administrators == null
    error_message = "Write administrators.object_id as the GUID of a group or user in Entra ID."
  }

  validation {
    condition     = try(contains(["Group", "User", "ServicePrincipal"], var.administrators.type), var.administrators == null)
    error_message = "Write administrators.type as Group, User or ServicePrincipal."
  }
}

variable "vendor_principal_ids" {
  description = "Object ids of the identities that drop files: they may write to the container raw, and nowhere else."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.vendor_principal_ids : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", lower(id)))])
    error_message = "Write each as the GUID of an identity in Entra ID."
  }
}

variable "allowed_ip_ranges" {
  description = "Public IPv4 ranges of people: they can reach the lake, the warehouse, the vault and the operational database. None by default."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.allowed_ip_ranges : can(cidrhost(range, 0)) && can(regex("/(1[6-9]|2[0-9]|30|32)$", range))])
    error_message = "Write CIDR ranges such as 203.0.113.7/32; a range wider than /16 allows too much, and storage accounts reject /31."
  }
}

variable "vendor_ip_ranges" {
  description = "Public IPv4 ranges of vendors: they can reach the lake only."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.vendor_ip_ranges : can(cidrhost(range, 0)) && can(regex("/(1[6-9]|2[0-9]|30|32)$", range))])
    error_message = "Write CIDR ranges such as 203.0.113.7/32; a range wider than /16 allows too much, and storage accounts reject /31."
  }
}

variable "address_space" {
  description = "Private address range of the virtual network, a /24 or larger."
  type        = string
  default     = "10.64.0.0/24"

  validation {
    condition     = can(cidrhost(var.address_space, 255))
    error_message = "Write a CIDR range of /24 or larger, such as 10.64.0.0/24."
  }
}
