-- What a server keeps beside the mirror. Keys, tokens and sessions are kept as SHA-256 hashes only.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    environment TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- `settings` is JSON.
CREATE TABLE scope_configs (
    id TEXT PRIMARY KEY,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    is_default INTEGER NOT NULL,
    settings TEXT NOT NULL,
    UNIQUE (environment, name)
) STRICT, WITHOUT ROWID;

-- `link` is JSON; what is asked for stands in columns.
CREATE TABLE connect_links (
    hash BLOB PRIMARY KEY,
    link TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE activations (
    hash BLOB PRIMARY KEY,
    integration TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE custom_fields (
    id TEXT PRIMARY KEY,
    environment TEXT NOT NULL,
    model TEXT NOT NULL,
    key TEXT NOT NULL,
    label TEXT,
    description TEXT,
    UNIQUE (environment, model, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE custom_mappings (
    integration INTEGER NOT NULL,
    custom_field TEXT NOT NULL,
    integration_field TEXT NOT NULL,
    PRIMARY KEY (integration, custom_field)
) STRICT, WITHOUT ROWID;

-- Fields of the vendor that records show among their `integration_fields`.
CREATE TABLE passthrough_fields (
    integration INTEGER NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (integration, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    hash BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE request_log (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    environment TEXT,
    api_key TEXT,
    integration TEXT,
    kind TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT,
    status INTEGER NOT NULL,
    code TEXT,
    message TEXT,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX request_log_by_date ON request_log (at);
CREATE INDEX request_log_by_integration ON request_log (integration, key);
CREATE INDEX request_log_errors ON request_log (key) WHERE code IS NOT NULL;
