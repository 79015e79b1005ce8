-- Key of a location. Grain: at most one row; key: location, byte for byte.
SELECT id_dim_location FROM dim_location WHERE location = ?1
