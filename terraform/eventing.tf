# From a file to a message: the lake's events, sorted by dataset into the queues that the
# functions read. Queues as destination need no handshake with a function that is not deployed
# yet, hold what arrives before it is, and let a file take longer than Event Grid waits.

locals {
  # Folder below raw -> queue of the function that reads it.
  datasets = {
    movie_review  = "blob-created-movie-review"
    log_reviews   = "blob-created-log-reviews"
    user_purchase = "blob-created-user-purchase"
  }

  # Those, and the one on which functions order a publish.
  queues = merge(local.datasets, { publish = "publish-requested" })

  # Operations that complete a file. A CreateFile of a Data Lake client comes first and is empty;
  # a writer who never closes is found by reconcile.
  completing_operations = ["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit"]

  # Operations that take a name away, or give a file another one.
  removing_operations = ["DeleteBlob", "DeleteFile", "SftpRemove", "RenameFile", "SftpRename"]
}

resource "azurerm_storage_queue" "dataset" {
  for_each = local.queues

  name               = each.value
  storage_account_id = azurerm_storage_account.lake.id
}

# The host makes a poison queue only with the first message in it; made up front, it can be
# given a role, and an alert, of its own.
resource "azurerm_storage_queue" "poison" {
  for_each = local.queues

  name               = "${each.value}-poison"
  storage_account_id = azurerm_storage_account.lake.id
}

# What Event Grid could not deliver within a day.
resource "azurerm_storage_container" "dead_letter" {
  name               = "dead-letter"
  storage_account_id = azurerm_storage_account.lake.id
}

resource "azurerm_eventgrid_system_topic" "lake" {
  name                = local.names.storage_events
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  source_resource_id = azurerm_storage_account.lake.id
  topic_type         = "Microsoft.Storage.StorageAccounts"

  identity {
    type = "SystemAssigned" # a user-assigned one is refused where the account has a firewall
  }
}

resource "azurerm_eventgrid_system_topic_event_subscription" "dataset" {
  for_each = local.datasets

  name                = replace(each.key, "_", "-")
  system_topic        = azurerm_eventgrid_system_topic.lake.name
  resource_group_name = azurerm_resource_group.this.name

  event_delivery_schema                = "EventGridSchema"
  included_event_types                 = ["Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted", "Microsoft.Storage.BlobRenamed"]
  advanced_filtering_on_arrays_enabled = true

  subject_filter {
    subject_begins_with = "/blobServices/default/containers/${azurerm_storage_container.lake["raw"].name}/blobs/${each.key}/"
  }

  advanced_filter {
    string_in {
      key    = "data.api"
      values = concat(local.completing_operations, local.removing_operations)
    }
  }

  delivery_identity {
    type = "SystemAssigned"
  }

  storage_queue_endpoint {
    storage_account_id                    = azurerm_storage_account.lake.id
    queue_name                            = azurerm_storage_queue.dataset[each.key].name
    queue_message_time_to_live_in_seconds = 604800 # a week; older files are found by reconcile
  }

  dead_letter_identity {
    type = "SystemAssigned"
  }

  storage_blob_dead_letter_destination {
    storage_account_id          = azurerm_storage_account.lake.id
    storage_blob_container_name = azurerm_storage_container.dead_letter.name
  }

  retry_policy {
    max_delivery_attempts = 30
    event_time_to_live    = 1440
  }

  # Event Grid tries both when the subscription is made.
  depends_on = [
    azurerm_role_assignment.events_to_queue,
    azurerm_role_assignment.events_to_dead_letter,
  ]
}
