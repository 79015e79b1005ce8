# Every combination of the parts that can be switched, planned. What each part builds is tested in
# flags.tftest.hcl; here it is that none is in another one's way, and that no setting of the app
# holds a secret (a precondition of app_settings.tf). A test of the repository counts them.

mock_provider "azurerm" {
  source = "./tests/mocks"
}

variables {
  subscription_id = "00000000-0000-0000-0000-000000000000"
  name            = "movie-analytics"
  alert_emails    = []
  administrators  = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
}

run "nothing" {
  command = plan
}

run "purchases" {
  command = plan

  variables {
    operational_database = true
  }
}

run "events" {
  command = plan

  variables {
    completion_events = true
  }
}

run "page" {
  command = plan

  variables {
    dashboard_client_id = "30000000-0000-0000-0000-000000000001"
  }
}

run "hash" {
  command = plan

  variables {
    pii_mode = "hash"
  }
}

run "power_bi" {
  command = plan

  variables {
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_events" {
  command = plan

  variables {
    operational_database = true
    completion_events    = true
  }
}

run "purchases_page" {
  command = plan

  variables {
    operational_database = true
    dashboard_client_id  = "30000000-0000-0000-0000-000000000001"
  }
}

run "purchases_hash" {
  command = plan

  variables {
    operational_database = true
    pii_mode             = "hash"
  }
}

run "purchases_power_bi" {
  command = plan

  variables {
    operational_database               = true
    power_bi_service_reaches_warehouse = true
  }
}

run "events_page" {
  command = plan

  variables {
    completion_events   = true
    dashboard_client_id = "30000000-0000-0000-0000-000000000001"
  }
}

run "events_hash" {
  command = plan

  variables {
    completion_events = true
    pii_mode          = "hash"
  }
}

run "events_power_bi" {
  command = plan

  variables {
    completion_events                  = true
    power_bi_service_reaches_warehouse = true
  }
}

run "page_hash" {
  command = plan

  variables {
    dashboard_client_id = "30000000-0000-0000-0000-000000000001"
    pii_mode            = "hash"
  }
}

run "page_power_bi" {
  command = plan

  variables {
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    power_bi_service_reaches_warehouse = true
  }
}

run "hash_power_bi" {
  command = plan

  variables {
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_events_page" {
  command = plan

  variables {
    operational_database = true
    completion_events    = true
    dashboard_client_id  = "30000000-0000-0000-0000-000000000001"
  }
}

run "purchases_events_hash" {
  command = plan

  variables {
    operational_database = true
    completion_events    = true
    pii_mode             = "hash"
  }
}

run "purchases_events_power_bi" {
  command = plan

  variables {
    operational_database               = true
    completion_events                  = true
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_page_hash" {
  command = plan

  variables {
    operational_database = true
    dashboard_client_id  = "30000000-0000-0000-0000-000000000001"
    pii_mode             = "hash"
  }
}

run "purchases_page_power_bi" {
  command = plan

  variables {
    operational_database               = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_hash_power_bi" {
  command = plan

  variables {
    operational_database               = true
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "events_page_hash" {
  command = plan

  variables {
    completion_events   = true
    dashboard_client_id = "30000000-0000-0000-0000-000000000001"
    pii_mode            = "hash"
  }
}

run "events_page_power_bi" {
  command = plan

  variables {
    completion_events                  = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    power_bi_service_reaches_warehouse = true
  }
}

run "events_hash_power_bi" {
  command = plan

  variables {
    completion_events                  = true
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "page_hash_power_bi" {
  command = plan

  variables {
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_events_page_hash" {
  command = plan

  variables {
    operational_database = true
    completion_events    = true
    dashboard_client_id  = "30000000-0000-0000-0000-000000000001"
    pii_mode             = "hash"
  }
}

run "purchases_events_page_power_bi" {
  command = plan

  variables {
    operational_database               = true
    completion_events                  = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_events_hash_power_bi" {
  command = plan

  variables {
    operational_database               = true
    completion_events                  = true
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_page_hash_power_bi" {
  command = plan

  variables {
    operational_database               = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "events_page_hash_power_bi" {
  command = plan

  variables {
    completion_events                  = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}

run "purchases_events_page_hash_power_bi" {
  command = plan

  variables {
    operational_database               = true
    completion_events                  = true
    dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
    pii_mode                           = "hash"
    power_bi_service_reaches_warehouse = true
  }
}
