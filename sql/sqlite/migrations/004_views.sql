-- What reports read.

-- Grain: as fact_movie_analytics. Money is shown as a number, the table holds it exactly.
CREATE VIEW v_fact_movie_analytics AS
SELECT
    fact.customerid,
    dim_date.log_date,
    dim_devices.device,
    dim_location.location,
    dim_os.os,
    dim_browser.browser,
    fact.amount_spent_e5 / 100000.0 AS amount_spent,
    fact.review_score,
    fact.review_count,
    fact.insert_date
FROM fact_movie_analytics AS fact
JOIN dim_date USING (id_dim_date)
JOIN dim_devices USING (id_dim_devices)
JOIN dim_location USING (id_dim_location)
JOIN dim_os USING (id_dim_os)
JOIN dim_browser USING (id_dim_browser);

-- Grain and key: one row per customer with purchases. The only place to add spend up: the
-- facts repeat it on each row of a customer.
CREATE VIEW v_customer_spend AS
SELECT customerid, amount_spent_e5 / 100000.0 AS amount_spent
FROM customer_spend;
