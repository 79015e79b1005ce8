-- Key of a device. Grain: at most one row; key: device, byte for byte.
SELECT id_dim_devices FROM dim_devices WHERE device = ?1
