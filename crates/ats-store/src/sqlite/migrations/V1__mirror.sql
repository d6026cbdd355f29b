-- The mirror. Instants are milliseconds since 1970, UTC. Models are numbers of the table `models`.
-- `integrations.latest` is the latest moment that anything of the integration was written at.
-- The views, one for each model, are made from the models' schemas when a database is opened.

CREATE TABLE models (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE integrations (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    connector TEXT NOT NULL,
    name TEXT NOT NULL,
    base_url TEXT,
    state TEXT NOT NULL,
    credentials BLOB NOT NULL,
    settings TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    credentials_changed_at INTEGER NOT NULL,
    latest INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connector, name)
) STRICT;

-- Candidates and applications that were created or imported through us.
CREATE TABLE tracked (
    integration INTEGER NOT NULL,
    model INTEGER NOT NULL,
    remote_id TEXT NOT NULL,
    PRIMARY KEY (integration, model, remote_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE streams (
    key INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL,
    name TEXT NOT NULL,
    checkpoint TEXT,
    UNIQUE (integration, name)
) STRICT;

-- Raw documents, packed. `lookups` repeats the rows of the table `lookups`, eight bytes each, so
-- that a mapping can be compared with the one before.
CREATE TABLE bundles (
    key INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    id TEXT NOT NULL,
    grp TEXT,
    hash BLOB NOT NULL,
    lookups BLOB NOT NULL,
    documents BLOB,
    UNIQUE (stream, id)
) STRICT;
CREATE INDEX bundles_by_group ON bundles (stream, grp, id) WHERE grp IS NOT NULL;

-- Which bundles looked something up, by the number of the look-up.
CREATE TABLE lookups (
    lookup INTEGER NOT NULL,
    bundle INTEGER NOT NULL,
    PRIMARY KEY (lookup, bundle)
) STRICT, WITHOUT ROWID;

-- The last walk that brought a bundle.
CREATE TABLE sightings (
    bundle INTEGER PRIMARY KEY,
    walk INTEGER NOT NULL
) STRICT;

-- Bundles that are to be mapped again.
CREATE TABLE due (
    bundle INTEGER PRIMARY KEY,
    cause TEXT NOT NULL
) STRICT;

-- The definitions in lists of the vendor's own fields, which many records share.
CREATE TABLE layouts (
    integration INTEGER NOT NULL,
    key INTEGER NOT NULL,
    definitions TEXT NOT NULL,
    PRIMARY KEY (integration, key)
) STRICT, WITHOUT ROWID;

-- `bundle` gives the record; it is null once nothing does.
CREATE TABLE records (
    key INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL,
    model INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    bundle INTEGER,
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER,
    reason TEXT,
    pass INTEGER NOT NULL,
    hash BLOB NOT NULL,
    raw_hash BLOB,
    layout INTEGER,
    field_values TEXT,
    documents BLOB,
    content TEXT NOT NULL
) STRICT;
CREATE INDEX records_by_model ON records (integration, model);
CREATE INDEX records_by_bundle ON records (bundle, model) WHERE bundle IS NOT NULL;
CREATE INDEX records_deleted ON records (integration, model) WHERE deleted_at IS NOT NULL;

-- Bundles that give a record too, and come after the one that the record shows.
CREATE TABLE rivals (
    record INTEGER NOT NULL,
    bundle INTEGER NOT NULL,
    PRIMARY KEY (record, bundle)
) STRICT, WITHOUT ROWID;
CREATE INDEX rivals_by_bundle ON rivals (bundle);

-- The first column is a candidate whose applications moved to another one. If it is gone, it was
-- merged.
CREATE TABLE aliases (
    old TEXT PRIMARY KEY,
    new TEXT NOT NULL,
    integration INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE passes (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    whole INTEGER NOT NULL,
    state TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    requests INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0,
    throttled INTEGER NOT NULL DEFAULT 0,
    resumed INTEGER NOT NULL DEFAULT 0,
    problem TEXT
) STRICT;
CREATE INDEX passes_by_integration ON passes (integration, key);

-- `since` is the checkpoint that the walk began at; null if it began at the beginning.
CREATE TABLE walks (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    pass INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    since TEXT,
    state TEXT NOT NULL,
    cursor TEXT,
    checkpoint TEXT,
    pages INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    distinct_ids INTEGER NOT NULL DEFAULT 0,
    rejects INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    swept INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX walks_by_pass ON walks (pass);
CREATE INDEX walks_by_stream ON walks (stream, key);

CREATE TABLE tallies (
    pass INTEGER NOT NULL,
    model INTEGER NOT NULL,
    created INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    rejects INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pass, model)
) STRICT, WITHOUT ROWID;

-- Values that could not be mapped, of the bundles as they are mapped now.
CREATE TABLE losses (
    bundle INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    path TEXT NOT NULL,
    expected TEXT NOT NULL
) STRICT;
CREATE INDEX losses_by_bundle ON losses (bundle);

CREATE TABLE rejects (
    walk INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX rejects_by_walk ON rejects (walk);

-- The change log. `cause` is null for what the vendor sent, the usual cause. Places are never used
-- again, so that a reader who remembers one misses nothing.
CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL,
    record INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    cause TEXT,
    reason TEXT,
    fields TEXT
) STRICT;
CREATE INDEX changes_by_record ON changes (record) WHERE kind <> 'created';
