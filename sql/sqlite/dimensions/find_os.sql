-- Key of a os. Grain: at most one row; key: os, byte for byte.
SELECT id_dim_os FROM dim_os WHERE os = ?1
