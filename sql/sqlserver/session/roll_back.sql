-- Ends what an error may have left open.
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
