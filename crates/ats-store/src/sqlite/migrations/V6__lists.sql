-- What the lists of the unified API stand on.
--
-- `records.touched_at` is when a record, or what its list shows as belonging to it, last changed. It is
-- given as the change is written and rises from one transaction of an integration to the next, so
-- that whoever reads on from one misses nothing. `integrations.touched` is the last one given. While
-- a mirror is read for the first time it is not looked for what belongs together: everything counts
-- as changed up to `integrations.all_touched`. `answered` is whether there may be answers.
ALTER TABLE integrations ADD COLUMN touched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE integrations ADD COLUMN all_touched INTEGER NOT NULL DEFAULT 0;
ALTER TABLE integrations ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;
UPDATE integrations SET touched = latest, all_touched = latest;
ALTER TABLE records ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX records_by_touch ON records (integration, model, touched_at, key, deleted_at);

-- A page of a list is found without a look at the records.
DROP INDEX records_by_model;
CREATE INDEX records_by_model ON records (integration, model, key, deleted_at);

-- Which records refer to one, by its id: it need not be there.
CREATE TABLE links (
    target TEXT NOT NULL,
    model INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (target, model, record)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO links
SELECT e.value, r.model, r.key FROM records AS r CROSS JOIN models AS m ON m.key = r.model
    CROSS JOIN json_each(r.content) AS e
WHERE e.type = 'text' AND (m.name, e.key) IN (VALUES
    ('job_postings', 'job_id'),
    ('applications', 'candidate_id'),
    ('applications', 'job_id'),
    ('applications', 'current_stage_id'),
    ('interviews', 'application_id'),
    ('offers', 'application_id'),
    ('candidate_tags', 'candidate_id'),
    ('candidate_tags', 'tag_id'),
    ('job_application_stages', 'job_id'),
    ('job_application_stages', 'stage_id'),
    ('job_screening_questions', 'job_id'),
    ('job_screening_questions', 'question_id'),
    ('job_hiring_team_members', 'job_id'),
    ('job_hiring_team_members', 'user_id'),
    ('interviewing_team_members', 'interview_id'),
    ('interviewing_team_members', 'user_id'));
DROP INDEX records_by_candidate;

-- Records as their list shows them.
CREATE TABLE answers (
    record INTEGER PRIMARY KEY,
    json TEXT NOT NULL
) STRICT;
