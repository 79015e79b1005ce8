-- Gives a device its key, one above the greatest. Grain: one row; key: id_dim_devices.
INSERT INTO dim_devices (device) VALUES (?1) RETURNING id_dim_devices
