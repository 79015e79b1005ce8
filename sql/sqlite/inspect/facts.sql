-- The facts as reports see them. Grain: as v_fact_movie_analytics.
SELECT
    customerid, log_date, amount_spent, review_score, review_count, insert_date,
    {name}{,}
FROM v_fact_movie_analytics
ORDER BY
    log_date, customerid,
    {name}{,}
