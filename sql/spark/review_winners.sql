-- The review that counts of each id: that of the greatest path; and whether others of the id have
-- another customer.
-- Grain: id.
-- In: files, with the rank of each row's file among the others.
WITH
placed AS (
    SELECT
        id,
        customer,
        positive,
        row_number() OVER (PARTITION BY id ORDER BY rank DESC) AS place,
        min(customer) OVER (PARTITION BY id) <> max(customer) OVER (PARTITION BY id) AS has_others
    FROM files
)
SELECT id, customer, positive, has_others FROM placed WHERE place = 1
