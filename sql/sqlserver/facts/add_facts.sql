-- The staged facts with their keys and with what their customers spent, 0 without purchases. Keys
-- are looked up one by one: a server that knows little of temporary tables takes four joins of
-- them for a handful of rows, and plans for that. Grain: one row per staged fact.
INSERT INTO $(dw).fact_movie_analytics (
    customerid, id_dim_date, id_dim_devices, id_dim_location, id_dim_os, id_dim_browser,
    amount_spent, review_score, review_count, insert_date
)
SELECT
    staged.customerid,
    staged.id_dim_date,
    (
        SELECT device.id FROM #staged_text AS device
        WHERE device.dimension = 1 AND device.code = staged.device_code
    ),
    (
        SELECT location.id FROM #staged_text AS location
        WHERE location.dimension = 2 AND location.code = staged.location_code
    ),
    (
        SELECT os.id FROM #staged_text AS os
        WHERE os.dimension = 3 AND os.code = staged.os_code
    ),
    (
        SELECT browser.id FROM #staged_text AS browser
        WHERE browser.dimension = 4 AND browser.code = staged.browser_code
    ),
    COALESCE(spend.amount_spent, 0),
    staged.review_score,
    staged.review_count,
    CAST(@P1 AS datetime2(0))
FROM #staged_fact AS staged
LEFT JOIN $(dw).customer_spend AS spend ON spend.customerid = staged.customerid;
