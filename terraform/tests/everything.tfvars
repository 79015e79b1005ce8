# Every optional part at once, for checkov, which looks at what the files would build. Without
# subscription_id and name: it cannot follow the hash in names that are made of them.
allowed_ip_ranges                  = ["203.0.113.7/32"]
vendor_ip_ranges                   = ["198.51.100.0/24"]
vendor_principal_ids               = ["30000000-0000-0000-0000-000000000004"]
alert_emails                       = ["operations@example.com"]
pii_mode                           = "hash"
pii_key_old                        = true
operational_database               = true
completion_events                  = true
power_bi_service_reaches_warehouse = true
dashboard_client_id                = "30000000-0000-0000-0000-000000000001"
administrators                     = { name = "sg-admins", object_id = "30000000-0000-0000-0000-000000000003" }
