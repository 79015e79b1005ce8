-- The sums of the dashboard, spelled out. Grain: as agg_daily.
SELECT
    {name}.{name},
    daily.id_dim_date, daily.review_score, daily.review_count, daily.fact_count
FROM $(dw).agg_daily AS daily
JOIN $(dw).{table} AS {name} ON {name}.{key} = daily.{key}
