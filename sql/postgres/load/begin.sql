-- A load takes as long as its file does; its statements wait for nobody longer than lock_timeout.
BEGIN;
SET LOCAL statement_timeout = 0
