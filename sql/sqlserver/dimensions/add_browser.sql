-- Gives new texts their keys, counting on from the greatest: the lock of publishers is held.
-- Grain: one row per new text; key: id_dim_browser.
INSERT INTO $(dw).dim_browser (id_dim_browser, browser)
SELECT
    CAST(
        (SELECT MAX(id_dim_browser) FROM $(dw).dim_browser)
            + ROW_NUMBER() OVER (ORDER BY staged.code)
        AS int
    ),
    staged.text
FROM #staged_text AS staged
WHERE staged.dimension = 4
  AND NOT EXISTS (SELECT 1 FROM $(dw).dim_browser AS known WHERE known.browser = staged.text);
