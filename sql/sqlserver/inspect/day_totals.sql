-- Grain: as day_total.
SELECT N'day_totals' AS what, id_dim_date, matched, unmatched
FROM $(ops).day_total;
