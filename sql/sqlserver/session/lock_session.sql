-- Takes the lock of those who migrate until the session ends. Negative: not granted in time.
-- Grain: one row.
DECLARE @granted int;
EXEC @granted = sp_getapplock
    @Resource = @P1,
    @LockMode = N'Exclusive',
    @LockOwner = N'Session',
    @LockTimeout = @P2;
SELECT @granted AS granted;
