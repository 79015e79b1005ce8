-- A row that was changed is the application's, whatever it was before.
CREATE OR REPLACE FUNCTION user_purchase_schema.disown_row() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.source_file := NULL;
    RETURN NEW;
END
$$
