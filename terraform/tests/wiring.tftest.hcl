# Each part is joined to the right other part.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
  alert_emails    = []
}

run "each_dataset_has_a_queue_a_poison_queue_and_a_subscription" {
  assert {
    condition     = { for key, queue in azurerm_storage_queue.dataset : key => queue.name } == local.queues
    error_message = "Queues are those of local.queues."
  }

  assert {
    condition     = alltrue([for key, name in local.queues : azurerm_storage_queue.poison[key].name == "${name}-poison"])
    error_message = "The host moves what it gives up to <queue>-poison."
  }

  assert {
    condition = alltrue([for key, name in local.datasets : alltrue([
      azurerm_eventgrid_system_topic_event_subscription.dataset[key].storage_queue_endpoint[0].queue_name == name,
      azurerm_eventgrid_system_topic_event_subscription.dataset[key].subject_filter[0].subject_begins_with == "/blobServices/default/containers/raw/blobs/${key}/",
      azurerm_eventgrid_system_topic_event_subscription.dataset[key].included_event_types == tolist(["Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted", "Microsoft.Storage.BlobRenamed"]),
    ])])
    error_message = "A subscription carries its folder of raw to its queue."
  }
}

run "subscriptions_deliver_by_identity_and_only_complete_or_removed_files" {
  assert {
    condition = alltrue([for subscription in azurerm_eventgrid_system_topic_event_subscription.dataset : alltrue([
      one(subscription.advanced_filter[0].string_in).key == "data.api",
      toset(one(subscription.advanced_filter[0].string_in).values) == toset(["PutBlob", "PutBlockList", "CopyBlob", "FlushWithClose", "SftpCommit", "DeleteBlob", "DeleteFile", "SftpRemove", "RenameFile", "SftpRename"]),
      subscription.delivery_identity[0].type == "SystemAssigned",
      subscription.dead_letter_identity[0].type == "SystemAssigned",
      subscription.storage_blob_dead_letter_destination[0].storage_blob_container_name == "dead-letter",
    ])])
    error_message = "A subscription delivers without an identity, half files, or without a dead letter."
  }
}

run "containers_are_those_of_the_lake" {
  assert {
    condition     = toset([for container in azurerm_storage_container.lake : container.name]) == toset(["raw", "staging", "quarantine"])
    error_message = "The app knows raw, staging and quarantine."
  }
}

run "app_finds_lake_and_warehouse" {
  assert {
    condition = alltrue([
      local.app_settings.LAKE__blobServiceUri == "https://stmock.blob.core.windows.net",
      local.app_settings.LAKE__queueServiceUri == "https://stmock.queue.core.windows.net",
      local.app_settings.WAREHOUSE == "sqlserver://sql.database.windows.net/sqldb-movie-analytics",
      local.app_settings.AzureWebJobsStorage__accountName == azurerm_storage_account.host.name,
    ])
    error_message = "A setting names something else than what is built."
  }

  assert {
    condition     = azurerm_function_app_flex_consumption.this.app_settings == tomap(local.app_settings)
    error_message = "The app has all settings."
  }
}

run "settings_written_last_are_the_same_without_azurewebjobsstorage" {
  assert {
    condition = alltrue([
      !contains(keys(local.app_settings), "AzureWebJobsStorage"),
      toset(keys(jsondecode(azurerm_resource_group_template_deployment.app_settings.parameters_content).settings.value))
      == toset(concat(keys(local.app_settings), ["APPLICATIONINSIGHTS_CONNECTION_STRING"])),
      jsondecode(azurerm_resource_group_template_deployment.app_settings.parameters_content).app.value == azurerm_function_app_flex_consumption.this.name,
    ])
    error_message = "The last write of the settings adds or loses one."
  }
}

run "roles_of_the_app_are_the_least_that_work" {
  assert {
    condition = { for key, role in azurerm_role_assignment.app_container : key => role.role_definition_name } == {
      raw        = "Storage Blob Data Reader"
      staging    = "Storage Blob Data Contributor"
      quarantine = "Storage Blob Data Contributor"
    }
    error_message = "The app reads raw and writes staging and quarantine."
  }

  assert {
    condition     = alltrue([for role in azurerm_role_assignment.app_queue : endswith(role.scope, "/queues/mock")]) && alltrue([for role in azurerm_role_assignment.app_container : endswith(role.scope, "/containers/mock")])
    error_message = "Roles on the lake are given by container and queue."
  }

  assert {
    condition = alltrue([
      for role in concat(
        values(azurerm_role_assignment.app_container), values(azurerm_role_assignment.app_queue),
        values(azurerm_role_assignment.app_poison), values(azurerm_role_assignment.app_host),
      ) :
      can(regex("^Storage (Blob|Queue|Table) Data (Reader|Contributor|Message Sender)$", role.role_definition_name)) && role.principal_id == "20000000-0000-0000-0000-000000000002"
    ])
    error_message = "A role of the app is above data contributor, or somebody else's."
  }

  assert {
    condition     = alltrue([for role in azurerm_role_assignment.events_to_queue : role.role_definition_name == "Storage Queue Data Message Sender" && role.principal_id == "20000000-0000-0000-0000-000000000001"])
    error_message = "Event Grid only sends to the queues."
  }
}

run "alerts_reach_the_operators" {
  assert {
    condition     = toset(keys(azurerm_monitor_scheduled_query_rules_alert_v2.this)) == toset(["poison", "refused-share", "refused-days", "held-customers", "held-days", "unread", "withdrawn", "deaths", "freshness", "freshness-objective", "delivery", "failures", "restarts"])
    error_message = "An alert is missing."
  }

  assert {
    condition = alltrue([for alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : alltrue([
      alert.action[0].action_groups == tolist([azurerm_monitor_action_group.operators.id]),
      !strcontains(alert.criteria[0].query, "$${"),
      alert.criteria[0].threshold == 0,
    ])])
    error_message = "An alert tells nobody, or its query was not filled in."
  }

  assert {
    condition = alltrue([
      one(azurerm_monitor_metric_alert.events["dead-letter"].criteria).metric_name == "DeadLetteredCount",
      one(azurerm_monitor_metric_alert.events["dropped-events"].criteria).metric_name == "DroppedEventCount",
      azurerm_monitor_metric_alert.events["dropped-events"].scopes == toset([azurerm_eventgrid_system_topic.lake.id]),
    ])
    error_message = "Dead letters alert, and lost events do."
  }
}

run "tables_that_alerts_read_are_there_first" {
  assert {
    condition     = toset([for table in azurerm_log_analytics_workspace_table.read : table.name]) == toset(["AppExceptions", "AppRequests", "AppTraces", "StorageQueueLogs"])
    error_message = "A table is missing."
  }
}

run "workbook_is_json_about_our_workspace" {
  assert {
    condition     = jsondecode(azurerm_application_insights_workbook.this.data_json).fallbackResourceIds[0] == azurerm_log_analytics_workspace.this.id
    error_message = "The workbook reads another workspace."
  }
}
