-- The sums of the dashboard, spelled out. Grain: as agg_daily.
SELECT
    log_date, review_score, review_count, fact_count,
    {name}{,}
FROM agg_daily
JOIN dim_date USING (id_dim_date)
JOIN {table} USING ({key})
