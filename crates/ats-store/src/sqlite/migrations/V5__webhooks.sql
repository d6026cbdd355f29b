-- Subscriptions to events of the vendor. `segment` is the end of the address that the vendor calls;
-- nobody can guess it. Secrets are sealed. `vendor_id` is null until the vendor has answered.
CREATE TABLE subscriptions (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL,
    event TEXT NOT NULL,
    vendor_id TEXT,
    segment TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    secret BLOB NOT NULL,
    previous_secret BLOB,
    previous_until INTEGER,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    renewed_at INTEGER
) STRICT;
CREATE INDEX subscriptions_by_integration ON subscriptions (integration, key);

-- Calls of the vendor that were accepted: what they are about, never what they said. `effects` holds
-- names of streams and ids of the vendor.
CREATE TABLE deliveries (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    integration INTEGER NOT NULL,
    dedupe_key TEXT NOT NULL,
    event TEXT NOT NULL,
    effects TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL,
    problem TEXT,
    UNIQUE (integration, dedupe_key)
) STRICT;
CREATE INDEX deliveries_waiting ON deliveries (integration, not_before, key) WHERE state = 'WAITING';
CREATE INDEX deliveries_by_date ON deliveries (integration, received_at);
