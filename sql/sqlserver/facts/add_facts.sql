-- The staged facts with their keys and with what their customers spent, 0 without purchases.
-- Grain: one row per staged fact.
INSERT INTO $(dw).fact_movie_analytics (
    customerid, id_dim_date, id_dim_devices, id_dim_location, id_dim_os, id_dim_browser,
    amount_spent, review_score, review_count, insert_date
)
SELECT
    staged.customerid,
    staged.id_dim_date,
    device.id,
    location.id,
    os.id,
    browser.id,
    COALESCE(spend.amount_spent, 0),
    staged.review_score,
    staged.review_count,
    CAST(@P1 AS datetime2(0))
FROM #staged_fact AS staged
JOIN #staged_text AS device ON device.dimension = 1 AND device.code = staged.device_code
JOIN #staged_text AS location ON location.dimension = 2 AND location.code = staged.location_code
JOIN #staged_text AS os ON os.dimension = 3 AND os.code = staged.os_code
JOIN #staged_text AS browser ON browser.dimension = 4 AND browser.code = staged.browser_code
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid;
