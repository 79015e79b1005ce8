-- Reviews of one day that show `Unknown` in each dimension. Grain: one row; ?1 and ?2 are the
-- day's range of fact_id.
SELECT
    coalesce(sum(CASE WHEN {key} = 0 THEN review_count ELSE 0 END), 0){,}
FROM fact_movie_analytics
WHERE fact_id BETWEEN ?1 AND ?2
