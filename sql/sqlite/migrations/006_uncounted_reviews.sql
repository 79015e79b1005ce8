-- The exact number of reviews without a log is no longer kept: it cost every publish a look at the
-- ids of the history.
DROP VIEW ops_v_unmatched;

-- Logs without their review, and reviews that no fact counts. Grain and key: one row per day with
-- logs whose review is not there, and one row without a day for the staged reviews less the counted
-- ones: their log is not there yet, or another file has the latest row of their id.
CREATE VIEW ops_v_unmatched AS
WITH
sum_staged AS (
    SELECT coalesce(sum(rows_staged), 0) AS staged
    FROM ops_load_history
    WHERE live = 1 AND dataset = 'classified_movie_review'
),
sum_counted AS (SELECT coalesce(sum(matched), 0) AS counted FROM ops_day_total)
SELECT 'log' AS what, dim_date.log_date, total.unmatched AS waiting
FROM ops_day_total AS total
JOIN dim_date USING (id_dim_date)
WHERE total.unmatched > 0
UNION ALL
SELECT 'uncounted review', NULL, staged - counted
FROM sum_staged, sum_counted
WHERE staged > counted;

ALTER TABLE ops_publish_log DROP COLUMN live_reviews;
