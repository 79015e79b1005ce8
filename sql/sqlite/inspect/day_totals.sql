-- Grain: as day_total.
SELECT 'day_totals' AS what, id_dim_date, matched, unmatched
FROM ops_day_total;
