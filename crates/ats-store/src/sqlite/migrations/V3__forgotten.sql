-- How often the checkpoint of a stream was forgotten, and how often it had been when a walk began: a
-- walk that was under way meanwhile may have left out what is now wanted, so its checkpoint is not
-- kept.
ALTER TABLE streams ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
ALTER TABLE walks ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
