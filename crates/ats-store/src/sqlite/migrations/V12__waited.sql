-- How long the requests of a pass waited for the vendor's limit.
ALTER TABLE passes ADD COLUMN waited_ms INTEGER NOT NULL DEFAULT 0;
