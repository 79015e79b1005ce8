# Alerts. Each query is a file in queries/ and returns a row when the alert has to fire;
# docs/OPERATIONS.md says what to do about each. They read items that are never sampled: the
# program's own items, and requests and exceptions of the host. Never the console: under load the
# host drops a part of it.

locals {
  log_alerts = {
    poison = {
      says     = "A message was given up, and reconcile has not brought its file in within three hours."
      severity = 1
      every    = "PT15M"
      within   = "P2D"
      values   = {}
    }
    refused-share = {
      says     = "A file was rejected, or more than ${var.alert_refused_share * 100} % of its rows refused, however small it is."
      severity = 2
      every    = "PT15M"
      within   = "PT1H"
      values   = { share = var.alert_refused_share }
    }
    refused-days = {
      says     = "A quality check held days back; they keep their last good rows."
      severity = 2
      every    = "PT15M"
      within   = "PT1H"
      values   = {}
    }
    held-customers = {
      says     = "Customers keep their last total, because the new one does not fit."
      severity = 2
      every    = "PT15M"
      within   = "PT1H"
      values   = {}
    }
    held-days = {
      says     = "Days have been held back for more than a day."
      severity = 2
      every    = "PT1H"
      within   = "P2D"
      values   = {}
    }
    unread = {
      says     = "The container raw holds files that are not read because of their names."
      severity = 3
      every    = "PT1H"
      within   = "PT3H"
      values   = {}
    }
    withdrawn = {
      says     = "Files are gone from the container raw, and their rows still count."
      severity = 3
      every    = "PT1H"
      within   = "PT3H"
      values   = {}
    }
    deaths = {
      says     = "Files killed the program, and were given up until a retry."
      severity = 2
      every    = "PT1H"
      within   = "PT3H"
      values   = {}
    }
    freshness = {
      says     = "Accepted files of a feed have waited for their facts for more than ${var.freshness_objective_minutes} minutes."
      severity = 1
      every    = "PT15M"
      within   = "P2D"
      values   = { minutes = var.freshness_objective_minutes }
    }
    freshness-objective = {
      says     = "Files of a feed took more than ${var.freshness_objective_minutes} minutes from their last byte to their facts."
      severity = 2
      every    = "PT15M"
      within   = "PT1H"
      values   = { minutes = var.freshness_objective_minutes }
    }
    delivery = {
      says     = "A feed is late: its next file is overdue."
      severity = 2
      every    = "PT1H"
      within   = "PT3H"
      values   = {}
    }
    failures = {
      says     = "A function failed ${var.alert_failures} times within 15 minutes."
      severity = 2
      every    = "PT5M"
      within   = "PT15M"
      values   = { failures = var.alert_failures }
    }
    restarts = {
      says     = "The program ended or did not start; after the third time the host stops."
      severity = 1
      every    = "PT5M"
      within   = "PT15M"
      values   = {}
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.log_alerts

  name                = "alert-${each.key}-${local.base}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  display_name         = each.value.says
  description          = each.value.says
  severity             = each.value.severity
  scopes               = [azurerm_log_analytics_workspace.this.id]
  evaluation_frequency = each.value.every
  window_duration      = each.value.within

  auto_mitigation_enabled = true
  skip_query_validation   = true
  depends_on              = [azurerm_log_analytics_workspace_table.read]

  criteria {
    query                   = templatefile("${path.module}/queries/${each.key}.kql", each.value.values)
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0

    failing_periods {
      minimum_failing_periods_to_trigger_alert = 1
      number_of_evaluation_periods             = 1
    }
  }

  action {
    action_groups = [azurerm_monitor_action_group.operators.id]
  }
}

locals {
  event_alerts = {
    "dead-letter" = {
      metric      = "DeadLetteredCount"
      description = "Event Grid could not deliver events of the lake. Reconcile finds their files within the hour."
    }
    # Without a role on the container, Event Grid loses what it cannot deliver, and says so here alone.
    "dropped-events" = {
      metric      = "DroppedEventCount"
      description = "Event Grid lost events of the lake. Reconcile finds new files within the hour; a deleted one it finds as withdrawn."
    }
  }
}

resource "azurerm_monitor_metric_alert" "events" {
  for_each = local.event_alerts

  name                = "alert-${each.key}-${local.base}"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags

  description = each.value.description
  severity    = 2
  scopes      = [azurerm_eventgrid_system_topic.lake.id]
  frequency   = "PT5M"
  window_size = "PT15M"

  criteria {
    metric_namespace = "Microsoft.EventGrid/systemTopics"
    metric_name      = each.value.metric
    aggregation      = "Total"
    operator         = "GreaterThan"
    threshold        = 0
  }

  action {
    action_group_id = azurerm_monitor_action_group.operators.id
  }
}
