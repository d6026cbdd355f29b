-- Whose an integration is. `end_user` is JSON; null for one of whom only the name is known.
ALTER TABLE integrations ADD COLUMN environment TEXT NOT NULL DEFAULT 'production';
ALTER TABLE integrations ADD COLUMN end_user TEXT;
