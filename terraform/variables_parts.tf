# Sizes, objectives, and the parts that are optional.

variable "lake_replication" {
  description = "Copies of the lake: LRS (one building), ZRS (three), GRS or GZRS (a second region too)."
  type        = string
  default     = "ZRS"

  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "GZRS"], var.lake_replication)
    error_message = "Write LRS, ZRS, GRS or GZRS."
  }
}

variable "raw_cool_after_days" {
  description = "Days after which a file in raw moves to the cool tier, or null for never. Nothing is ever archived or deleted."
  type        = number
  default     = 30

  validation {
    condition     = var.raw_cool_after_days == null || try(var.raw_cool_after_days >= 1, false)
    error_message = "At least 1 day, or null."
  }
}

variable "warehouse_sku" {
  description = "Size of the warehouse: a serverless General Purpose SKU; its number is the most vCores."
  type        = string
  default     = "GP_S_Gen5_2"

  validation {
    condition     = can(regex("^GP_S_Gen5_(1|2|4|6|8|10|12|14|16|18|20|24|32|40|80)$", var.warehouse_sku))
    error_message = "Write a serverless SKU such as GP_S_Gen5_2."
  }
}

variable "warehouse_auto_pause_minutes" {
  description = "Idle minutes after which the warehouse pauses and costs only its storage; -1 for never."
  type        = number
  default     = 60

  validation {
    condition     = var.warehouse_auto_pause_minutes == -1 || (var.warehouse_auto_pause_minutes >= 60 && var.warehouse_auto_pause_minutes <= 10080 && var.warehouse_auto_pause_minutes % 10 == 0)
    error_message = "60 to 10080 minutes in tens, or -1."
  }
}

variable "power_bi_service_reaches_warehouse" {
  description = "Lets the Power BI service reach the warehouse without a gateway. It opens the server's firewall to all addresses of Azure, other customers' too; then only Entra ID protects the warehouse."
  type        = bool
  default     = false
}

variable "operational_database" {
  description = "Loads purchases into a PostgreSQL database (user_purchase) first; without it they go straight to staging. Needs administrators."
  type        = bool
  default     = false

  validation {
    condition     = !var.operational_database || var.administrators != null
    error_message = "PostgreSQL signs its administrator in by name: set administrators, with the name in Entra ID."
  }

  validation {
    condition     = !var.operational_database || var.operational_database_sku != null || 2 * var.maximum_instance_count + 3 <= 414
    error_message = "B_Standard_B2s admits 414 connections: set maximum_instance_count to 205 or less, or operational_database_sku."
  }
}

variable "operational_database_sku" {
  description = "Size of the PostgreSQL server: null for the smallest whose connections suffice for maximum_instance_count, B_Standard_B1ms (35 connections) or B_Standard_B2s (414)."
  type        = string
  default     = null

  validation {
    condition     = var.operational_database_sku == null || can(regex("^(B_Standard_B(1ms|2s|2ms|4ms|8ms)|GP_Standard_D(2|4|8)ds_v5)$", var.operational_database_sku))
    error_message = "Write B_Standard_B1ms, B_Standard_B2s, a larger one of B, or GP_Standard_D2ds_v5 to D8ds_v5."
  }

  validation {
    condition     = var.operational_database_sku != "B_Standard_B1ms" || 2 * var.maximum_instance_count + 3 <= 35
    error_message = "B_Standard_B1ms admits 35 connections: set maximum_instance_count to 16 or less, or take B_Standard_B2s."
  }
}

variable "completion_events" {
  description = "Creates an Event Grid topic with events of staged files and published facts."
  type        = bool
  default     = false
}

variable "dashboard_client_id" {
  description = "Client id of the app registration that signs people in to the dashboard (docs/PLATFORM.md). Without it the dashboard is switched off."
  type        = string
  default     = null

  validation {
    condition     = var.dashboard_client_id == null || can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", lower(var.dashboard_client_id)))
    error_message = "Write the client id as a GUID."
  }
}

variable "dashboard_group_ids" {
  description = "Object ids of the Entra groups that may see the dashboard. Empty: everybody who can sign in to the app registration."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.dashboard_group_ids : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", lower(id)))])
    error_message = "Write each as the GUID of a group in Entra ID."
  }
}

variable "alert_emails" {
  description = "E-mail addresses that receive alerts; [] on purpose shows them in the portal alone."
  type        = set(string)

  validation {
    condition     = alltrue([for email in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", email))])
    error_message = "Write e-mail addresses."
  }
}

variable "freshness_objective_minutes" {
  description = "Minutes that a file may take from its last byte to its facts, and an accepted file may wait for them, before an alert."
  type        = number
  default     = 60

  validation {
    condition     = var.freshness_objective_minutes >= 1 && var.freshness_objective_minutes <= 1440
    error_message = "A minute to a day."
  }
}

variable "alert_refused_share" {
  description = "Share of refused rows of a file, of any size, that causes an alert; below the share that rejects a file."
  type        = number
  default     = 0.05

  validation {
    condition     = var.alert_refused_share >= 0 && var.alert_refused_share <= 1
    error_message = "Write a share from 0 to 1."
  }
}

variable "alert_failures" {
  description = "Failed invocations of one function within 15 minutes that cause an alert. A queue tries five times, so one or two may pass by themselves."
  type        = number
  default     = 3

  validation {
    condition     = var.alert_failures >= 1
    error_message = "At least 1."
  }
}

variable "log_retention_days" {
  description = "Days to keep logs."
  type        = number
  default     = 90

  validation {
    condition     = var.log_retention_days >= 30 && var.log_retention_days <= 730
    error_message = "30 to 730 days."
  }
}

variable "log_daily_cap_gb" {
  description = "Most gigabytes of logs a day: a bound on cost. Logs above it are lost, and so are their alerts."
  type        = number
  default     = 1

  validation {
    condition     = var.log_daily_cap_gb > 0
    error_message = "More than 0."
  }
}
