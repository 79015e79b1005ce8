-- Takes the lock of publishers until the transaction ends. Negative: not granted in time.
-- Grain: one row.
DECLARE @granted int;
EXEC @granted = sp_getapplock
    @Resource = @P1,
    @LockMode = N'Exclusive',
    @LockOwner = N'Transaction',
    @LockTimeout = @P2;
SELECT @granted AS granted;
