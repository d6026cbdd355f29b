//! The costly steps that do no harm.

/// What may be searched from end to end or sorted aside: a part of the statement, what SQLite says,
/// and why it does no harm.
pub(super) const FINE: &[(&str, &str, &str)] = &[
    (
        "FROM integrations ORDER BY connector",
        "SCAN integrations USING INDEX sqlite_autoindex_integrations_2",
        "there are few",
    ),
    (
        "FROM due AS d",
        "SCAN d",
        "what is due is what is asked for",
    ),
    (
        "SELECT DISTINCT s.name FROM due",
        "USE TEMP B-TREE FOR DISTINCT",
        "streams are few",
    ),
    (
        "INSERT INTO due SELECT b.key, ?2",
        "SEARCH b USING COVERING INDEX sqlite_autoindex_bundles_1 (stream=?)",
        "all are marked",
    ),
    (
        "FROM rivals AS r",
        "USE TEMP B-TREE FOR ORDER BY",
        "a record has few rivals",
    ),
    (
        "LEFT JOIN sightings",
        "SEARCH b USING INDEX sqlite_autoindex_bundles_1 (stream=?)",
        "only a look at each bundle of a stream tells which are missing",
    ),
    (
        "LEFT JOIN sightings",
        "SEARCH b USING COVERING INDEX sqlite_autoindex_bundles_1 (stream=?)",
        "only a look at each bundle of a stream tells which are missing",
    ),
    ("WITH unseen", "SCAN unseen", "each may have given a record"),
    (
        "WITH unseen",
        "USE TEMP B-TREE FOR GROUP BY",
        "only what is missing is counted",
    ),
    (
        "SELECT count(*) FROM bundles",
        "SEARCH bundles USING COVERING INDEX sqlite_autoindex_bundles_1 (stream=?)",
        "an index counts quickly",
    ),
    (
        "SELECT model, count(*) FROM records",
        "SEARCH records USING COVERING INDEX records_by_model (integration=?)",
        "an index counts quickly",
    ),
    (
        "SELECT model, count(*) FROM records",
        "SEARCH records USING INDEX records_deleted (integration=?)",
        "tombstones are few",
    ),
    (
        "SELECT r.key FROM aliases",
        "SCAN a",
        "applications that moved are few",
    ),
    ("WITH RECURSIVE merged", "SCAN m", "a chain is short"),
    ("WITH RECURSIVE merged", "SCAN merged", "a chain is short"),
    (
        "WITH RECURSIVE merged",
        "USE TEMP B-TREE FOR ORDER BY",
        "a chain is short",
    ),
    (
        "FROM losses AS l",
        "SCAN l",
        "losses are asked for in their order",
    ),
    (
        "FROM losses AS l",
        "USE TEMP B-TREE FOR ORDER BY",
        "losses are asked for in their order",
    ),
    (
        "FROM deliveries WHERE integration = ?1 AND state = 'WAITING'",
        "USE TEMP B-TREE FOR ORDER BY",
        "few deliveries wait at once",
    ),
    (
        "json_each(r.content, '$.email_addresses')",
        "SCAN e VIRTUAL TABLE INDEX 3:",
        "only a dry run looks for an address",
    ),
    (
        "json_each(r.content, '$.email_addresses')",
        "USE TEMP B-TREE FOR DISTINCT",
        "only a dry run looks for an address",
    ),
    (
        "json_each(r.content, '$.email_addresses')",
        "USE TEMP B-TREE FOR ORDER BY",
        "only a dry run looks for an address",
    ),
    (
        "WHERE k.target = ?1 AND r.integration = ?2",
        "USE TEMP B-TREE FOR ORDER BY",
        "a candidate has few applications and tags",
    ),
    (
        "SELECT count(*) FROM (SELECT 1 FROM links",
        "SCAN (subquery-1)",
        "it counts no further than to its limit",
    ),
    (
        "DELETE FROM answers WHERE record IN (SELECT key FROM records WHERE integration = ?1)",
        "SEARCH records USING COVERING INDEX records_by_model (integration=?)",
        "all are dropped",
    ),
    (
        "UPDATE sightings SET walk = 0",
        "SCAN sightings",
        "a walk seldom begins again",
    ),
];
