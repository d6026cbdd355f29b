-- The ledger of actions: what was asked for, and what was answered. No input is kept, only its hash.
CREATE TABLE actions (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    action TEXT NOT NULL,
    idempotency_key TEXT,
    input_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT,
    problem TEXT,
    started_at INTEGER NOT NULL,
    moved_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX actions_by_idempotency_key ON actions (integration, idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX actions_by_integration ON actions (integration, key);

-- The writes of an action. `before` and `result` hold ids of the vendor; `result` is null until the
-- write is confirmed.
CREATE TABLE steps (
    action INTEGER NOT NULL,
    name TEXT NOT NULL,
    before TEXT NOT NULL,
    result TEXT,
    PRIMARY KEY (action, name)
) STRICT, WITHOUT ROWID;

-- The applications and tags of a candidate.
CREATE INDEX records_by_candidate ON records (content ->> 'candidate_id')
    WHERE content ->> 'candidate_id' IS NOT NULL;
