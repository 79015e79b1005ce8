-- What every session sets before its first statement.
-- XACT_ABORT: an error in a transaction ends all of it, never a part. NOCOUNT: rows that were
-- written are counted, whatever the server's default. The others are what filtered indexes ask of
-- whoever writes, said here because drivers differ in their defaults.
SET XACT_ABORT ON;
SET NOCOUNT OFF;
SET ANSI_NULLS ON;
SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON;
SET ARITHABORT ON;
SET CONCAT_NULL_YIELDS_NULL ON;
SET QUOTED_IDENTIFIER ON;
SET NUMERIC_ROUNDABORT OFF;
