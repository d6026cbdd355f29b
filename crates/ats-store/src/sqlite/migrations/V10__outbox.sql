-- Webhooks out: who listens, what happened, and how far each delivery has come. Secrets are sealed.
-- `events` is JSON; null means all.
CREATE TABLE endpoints (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

-- `integration` is the id as text: the event of a deleted integration outlives it.
CREATE TABLE outgoing_events (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    integration TEXT,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outgoing_events_by_integration ON outgoing_events (integration);
CREATE INDEX outgoing_events_by_date ON outgoing_events (created_at, key);

-- What shares a lane is delivered in the order of the keys. `since` is when the tries began to count.
CREATE TABLE outgoing_deliveries (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    lane TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    since INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    outcome TEXT,
    tried_at INTEGER,
    UNIQUE (event, endpoint)
) STRICT;
CREATE INDEX outgoing_waiting ON outgoing_deliveries (endpoint, lane, key) WHERE state = 'WAITING';
CREATE INDEX outgoing_dead ON outgoing_deliveries (key) WHERE state = 'DEAD';

-- The last line of the change log that was told, for each integration.
CREATE TABLE told (
    integration INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT;

-- What is wrong with an integration; at most one of a kind is open.
CREATE TABLE issues (
    id TEXT PRIMARY KEY,
    integration TEXT NOT NULL,
    kind TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    resolved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX issues_open ON issues (integration, kind) WHERE resolved_at IS NULL;
CREATE INDEX issues_by_integration ON issues (integration);
