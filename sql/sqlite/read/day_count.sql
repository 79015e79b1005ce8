-- Reviews and score of one day. Grain: no row without facts; key: id_dim_date.
SELECT id_dim_date, sum(review_count), sum(review_score) FROM agg_daily WHERE id_dim_date = ?1 GROUP BY id_dim_date
