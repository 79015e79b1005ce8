-- The receipts whose rows are in the facts. Grain and key: one row per path.
SELECT path, body FROM $(ops).load_history WHERE live = 1;
