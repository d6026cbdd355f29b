-- Whether nothing but ids is left of a record that has been gone for long.
ALTER TABLE records ADD COLUMN anonymised INTEGER NOT NULL DEFAULT 0;
CREATE INDEX records_to_anonymise ON records (integration, deleted_at)
    WHERE bundle IS NULL AND anonymised = 0 AND deleted_at IS NOT NULL;
