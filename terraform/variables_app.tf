# What the app does. Defaults are those of the program.

variable "pii_mode" {
  description = "What staging keeps of IP addresses and phone numbers: mask, hash (needs the secret pii-key in the vault first, see docs/PLATFORM.md) or keep."
  type        = string
  default     = "mask"

  validation {
    condition     = contains(["mask", "hash", "keep"], var.pii_mode)
    error_message = "Write mask, hash or keep."
  }
}

variable "pii_texts" {
  description = "What becomes of a device, location, system or browser that holds an address or a phone number: mask it, or refuse its row."
  type        = string
  default     = "mask"

  validation {
    condition     = contains(["mask", "refuse"], var.pii_texts)
    error_message = "Write mask or refuse."
  }
}

variable "pii_key" {
  description = "Whether the vault holds the secret pii-key though nothing is hashed: the list of erased customers is kept under it (docs/PRIVACY.md)."
  type        = bool
  default     = false
}

variable "pii_key_old" {
  description = "Whether the vault holds the secret pii-key-old: earlier keys, separated by commas, after a new version of pii-key."
  type        = bool
  default     = false

  validation {
    condition     = !var.pii_key_old || var.pii_key || var.pii_mode == "hash"
    error_message = "Old keys are of use beside the newest one: set pii_key = true, or pii_mode = \"hash\"."
  }
}

variable "retention_days" {
  description = "How many days refused rows lie in quarantine."
  type        = number
  default     = 30

  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "Write a whole number of days, at least 1."
  }
}

variable "build_fact_schedule" {
  description = "Schedule of the build of facts: NCRONTAB with six fields, in UTC."
  type        = string
  default     = "0 */5 * * * *"

  validation {
    condition     = length(split(" ", var.build_fact_schedule)) == 6
    error_message = "NCRONTAB has six fields: second minute hour day month weekday."
  }
}

variable "reconcile_schedule" {
  description = "Schedule of the search for files whose event was lost: NCRONTAB with six fields, in UTC."
  type        = string
  default     = "0 0 * * * *"

  validation {
    condition     = length(split(" ", var.reconcile_schedule)) == 6
    error_message = "NCRONTAB has six fields: second minute hour day month weekday."
  }
}

variable "extract_schedule" {
  description = "Schedule of the extract from the operational database; without one the timer is off: NCRONTAB with six fields, in UTC."
  type        = string
  default     = "0 0 * * * *"

  validation {
    condition     = length(split(" ", var.extract_schedule)) == 6
    error_message = "NCRONTAB has six fields: second minute hour day month weekday."
  }
}

variable "max_refused_share" {
  description = "Largest share of refused rows; above it a file is rejected."
  type        = number
  default     = 0.2

  validation {
    condition     = var.max_refused_share >= 0 && var.max_refused_share <= 1
    error_message = "Write a share from 0 to 1."
  }
}

variable "file_limits" {
  description = "Limits of vendors' files that override the program's defaults, by the names of docs/DATA.md."
  type        = map(number)
  default     = {}

  validation {
    condition = length(setsubtract(keys(var.file_limits), [
      "MAX_FIELD_BYTES", "MAX_LINE_BYTES", "MAX_XML_DEPTH", "MAX_FILE_BYTES", "MAX_GZIP_RATIO",
    ])) == 0
    error_message = "Limits are MAX_FIELD_BYTES, MAX_LINE_BYTES, MAX_XML_DEPTH, MAX_FILE_BYTES and MAX_GZIP_RATIO."
  }
}

variable "row_rules" {
  description = "How rows of vendors' files are read, by the names of docs/DATA.md; a change stages the files again."
  type        = map(string)
  default     = {}

  validation {
    condition = length(setsubtract(keys(var.row_rules), [
      "DATES_FROM", "DATES_TO", "PURCHASE_DATE_ORDER", "BROWSER_BY_OS",
    ])) == 0
    error_message = "Rules are DATES_FROM, DATES_TO, PURCHASE_DATE_ORDER and BROWSER_BY_OS."
  }
}

variable "max_day_shrink" {
  description = "Largest share of its reviews that a day may lose without a restated file; above it the day is held back."
  type        = number
  default     = 0.5

  validation {
    condition     = var.max_day_shrink >= 0 && var.max_day_shrink <= 1
    error_message = "Write a share from 0 to 1."
  }
}

variable "max_day_growth" {
  description = "How many times the usual reviews a day may count: the median of the two weeks before it; above it the day is held back."
  type        = number
  default     = 10

  validation {
    condition     = var.max_day_growth >= 1 && var.max_day_growth <= 1000000000
    error_message = "Write a number from 1 to 1,000,000,000."
  }
}

variable "max_unknown_jump" {
  description = "By how much the share of Unknown in a dimension may rise from one day to the next; above it the day is held back."
  type        = number
  default     = 0.5

  validation {
    condition     = var.max_unknown_jump >= 0 && var.max_unknown_jump <= 1
    error_message = "Write a share from 0 to 1."
  }
}

variable "checks" {
  description = "Folder of the container staging with checks of your own, *.sql, such as _checks; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.checks == null || can(regex("^_[A-Za-z0-9_-]*$", var.checks))
    error_message = "Write the name of a folder that begins with _, such as _checks."
  }
}

variable "max_customer_changes" {
  description = "Largest share of its reviews that may have another customer in another file; above it the day is held back."
  type        = number
  default     = 0

  validation {
    condition     = var.max_customer_changes >= 0 && var.max_customer_changes <= 1
    error_message = "Write a share from 0 to 1."
  }
}

variable "withdrawn" {
  description = "What becomes of a file that counts and is gone from raw: keep, alert, or forget:7d (excluded after that many days)."
  type        = string
  default     = "alert"

  validation {
    condition     = can(regex("^(keep|alert|forget:[0-9]+d)$", var.withdrawn))
    error_message = "Write keep, alert or forget:7d."
  }
}

variable "publish" {
  description = "What makes facts of accepted files: event (each file orders a publish; build_fact_schedule is the net) or timer (build_fact_schedule alone)."
  type        = string
  default     = "event"

  validation {
    condition     = contains(["event", "timer"], var.publish)
    error_message = "Write event or timer."
  }
}

variable "publish_delay" {
  description = "Seconds without another accepted file before an ordered publish, which waits for seven quarters of them at most."
  type        = number
  default     = 5

  validation {
    condition     = var.publish_delay >= 1 && var.publish_delay <= 30 && floor(var.publish_delay) == var.publish_delay
    error_message = "Write a whole number of seconds from 1 to 30."
  }
}

variable "feed_rhythm" {
  description = "How often each feed brings a file: FEED:RHYTHM, separated by commas, in hours or days, or off. A feed that is left out brings one each day; it is late after a quarter more."
  type        = string
  default     = "movie_review:1d,log_reviews:1d,user_purchase:1d"

  validation {
    condition     = alltrue([for part in split(",", var.feed_rhythm) : can(regex("^(movie_review|log_reviews|user_purchase):([1-9][0-9]?[0-9]?h|(36[0-6]|3[0-5][0-9]|[12][0-9][0-9]|[1-9][0-9]?)d|off)$", part))])
    error_message = "Write movie_review, log_reviews or user_purchase with a rhythm, as in log_reviews:6h,user_purchase:off."
  }
}

variable "instance_memory_mb" {
  description = "Memory of one instance of the app; its processors follow from it."
  type        = number
  default     = 2048

  validation {
    condition     = contains([2048, 4096], var.instance_memory_mb)
    error_message = "Write 2048 or 4096: some versions of Azure's interface reject 512, and host and program need more."
  }
}

variable "engine_memory_mb" {
  description = "Memory for one batch of days, part of the instance's memory."
  type        = number
  default     = 256

  validation {
    condition     = var.engine_memory_mb >= 64 && var.engine_memory_mb * 2 <= var.instance_memory_mb
    error_message = "At least 64, and at most half of instance_memory_mb: the other half is for files, the host and the program."
  }
}

variable "engine" {
  description = "Where to compute facts that outgrow one instance: null for the app itself, or sc://HOST:PORT/;... of a Spark cluster (docs/SPARK.md). Put an address with a token into the vault and write its reference: @Microsoft.KeyVault(...)."
  type        = string
  default     = null

  validation {
    condition     = var.engine == null || try(startswith(var.engine, "sc://") || startswith(var.engine, "@Microsoft.KeyVault"), false)
    error_message = "Write sc://HOST:PORT/;KEY=VALUE;..., or a reference to a secret of the vault."
  }

  validation {
    condition     = !can(regex(";token=", var.engine))
    error_message = "The state would hold the token: put the address into the vault and write a reference to it."
  }
}

variable "maximum_instance_count" {
  description = "Most instances at once of each function that reads a queue: a bound on cost, and on connections to PostgreSQL. Below 40 where the region allows it (docs/PLATFORM.md)."
  type        = number
  default     = 40

  validation {
    condition     = var.maximum_instance_count >= 1 && var.maximum_instance_count <= 1000
    error_message = "Flex Consumption allows 1 to 1000 instances."
  }
}

variable "always_ready" {
  description = "Instances that never sleep, by function (function:NAME) or group (http), for who wants no cold start: {\"http\" = 1}. Each costs while it waits."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for name, count in var.always_ready : can(regex("^(http|function:[a-z_]+)$", name)) && count >= 1 && count <= 1000])
    error_message = "Write http or function:NAME, and 1 to 1000 instances for each."
  }
}

variable "run_from_portal" {
  description = "Lets the portal's pages call the app (CORS), so that Run works there. Keys are needed as before."
  type        = bool
  default     = true
}

variable "otlp_endpoint" {
  description = "Address of a collector of OpenTelemetry that gets traces, logs and metrics beside Application Insights (docs/MONITORING.md), or null."
  type        = string
  default     = null

  validation {
    condition     = var.otlp_endpoint == null || can(regex("^https://[^/@]+(:[0-9]+)?(/.*)?$", var.otlp_endpoint))
    error_message = "Write https://HOST, without /v1/traces: the signals have paths of their own below it."
  }
}

variable "otlp_headers" {
  description = "Headers for the collector, such as its key: a reference to a secret of the vault (@Microsoft.KeyVault(...)) that holds NAME=VALUE, or null."
  type        = string
  default     = null

  validation {
    condition     = var.otlp_headers == null || can(regex("^@Microsoft[.]KeyVault[(].+[)]$", var.otlp_headers))
    error_message = "The state would hold the key: put NAME=VALUE into the vault and write a reference to it."
  }
}
