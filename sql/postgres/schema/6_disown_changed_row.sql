-- Not where an update leaves the row as it was.
CREATE OR REPLACE TRIGGER disown_changed_row
    BEFORE UPDATE ON user_purchase_schema.user_purchase
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION user_purchase_schema.disown_row()
