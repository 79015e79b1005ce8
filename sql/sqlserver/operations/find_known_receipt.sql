-- A receipt that is no news. Grain: at most one row.
SELECT TOP (1) staged.path, staged.receipt
FROM #staged_receipt AS staged
JOIN $(ops).load_history AS known
    ON known.path = staged.path AND known.receipt = staged.receipt
ORDER BY staged.path, staged.receipt;
