-- The exact number of reviews without a log is no longer kept: it cost every publish a look at the
-- ids of the history.
IF OBJECT_ID(N'$(ops).v_unmatched', N'V') IS NOT NULL
    DROP VIEW $(ops).v_unmatched;
GO
-- Logs without their review, and reviews that no fact counts. Grain and key: one row per day with
-- logs whose review is not there, and one row without a day for the staged reviews less the counted
-- ones: their log is not there yet, or another file has the latest row of their id.
CREATE VIEW $(ops).v_unmatched AS
WITH
sum_staged AS (
    SELECT COALESCE(SUM(rows_staged), 0) AS staged
    FROM $(ops).load_history
    WHERE live = 1 AND dataset = N'classified_movie_review'
),
sum_counted AS (SELECT COALESCE(SUM(matched), 0) AS counted FROM $(ops).day_total)
SELECT N'log' AS what, calendar.log_date, total.unmatched AS waiting
FROM $(ops).day_total AS total
JOIN $(dw).dim_date AS calendar ON calendar.id_dim_date = total.id_dim_date
WHERE total.unmatched > 0
UNION ALL
SELECT N'uncounted review', NULL, sum_staged.staged - sum_counted.counted
FROM sum_staged
CROSS JOIN sum_counted
WHERE sum_staged.staged > sum_counted.counted;
GO
IF COL_LENGTH(N'$(ops).publish_log', N'live_reviews') IS NOT NULL
    ALTER TABLE $(ops).publish_log DROP COLUMN live_reviews;
GO
IF NOT EXISTS (SELECT 1 FROM $(ops).schema_version WHERE version = 6)
    INSERT INTO $(ops).schema_version (version, name, applied_at)
    VALUES (6, N'uncounted_reviews', SYSUTCDATETIME());
