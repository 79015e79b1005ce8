-- Where the statements of a publish count their rows.
DECLARE @rows_deleted bigint;
DECLARE @rows_inserted bigint;
DECLARE @rows_respent bigint;
SET @rows_deleted = 0;
SET @rows_inserted = 0;
SET @rows_respent = 0;
