//! The request log; how long things are kept; what goes with an integration.

use ats_core::IntegrationId;
use ats_store::{Activation, Link, LinkKind, LogKind, LogQuery, NewLogEntry, PRODUCTION, Platform};

use super::{
    build::at,
    tenancy::{connected, link},
};

/// An entry that came at so many seconds.
fn entry(id: &str, seconds: i64) -> NewLogEntry {
    NewLogEntry {
        id: id.to_owned(),
        at: at(seconds),
        environment: Some(PRODUCTION.to_owned()),
        api_key: Some("key".to_owned()),
        integration: None,
        kind: LogKind::Api,
        method: "GET".to_owned(),
        path: "/v1/ats/jobs".to_owned(),
        query: None,
        status: 200,
        code: None,
        message: None,
        duration_ms: 5,
    }
}

const ALL: LogQuery = LogQuery {
    environment: None,
    integration: None,
    kind: None,
    only_errors: false,
    since: None,
    before: None,
    limit: 99,
};

/// The ids of the entries that a query finds.
fn found(platform: &dyn Platform, query: &LogQuery) -> Vec<String> {
    let entries = platform.log_entries(query).unwrap();
    entries.into_iter().map(|entry| entry.entry.id).collect()
}

pub(crate) fn an_entry_comes_back_as_it_was_written(platform: &dyn Platform) {
    let full = NewLogEntry {
        integration: Some(connected(platform, "acme")),
        query: Some("page_size=5".to_owned()),
        code: Some("PLATFORM.INPUT_INVALID".to_owned()),
        message: Some("`page_size` is odd".to_owned()),
        status: 400,
        ..entry("full", 2)
    };
    let empty = NewLogEntry {
        environment: None,
        api_key: None,
        ..entry("empty", 1)
    };
    platform
        .log_requests(&[empty.clone(), full.clone()])
        .unwrap();
    let read = |id: &str| platform.log_entry(id).unwrap().map(|found| found.entry);
    assert_eq!((read("empty"), read("full")), (Some(empty), Some(full)));
    assert_eq!(read("unheard of"), None);
    platform.log_requests(&[]).unwrap();
}

pub(crate) fn entries_are_written_together_or_not_at_all(platform: &dyn Platform) {
    platform.log_requests(&[entry("a", 1)]).unwrap();
    let twice = [entry("b", 2), entry("a", 3)];
    assert!(platform.log_requests(&twice).is_err());
    assert_eq!(found(platform, &ALL), ["a"]);
}

pub(crate) fn entries_are_found_by_what_they_say(platform: &dyn Platform) {
    let (acme, other) = (connected(platform, "acme"), connected(platform, "other"));
    let about = |id: &str, seconds, integration: &IntegrationId| NewLogEntry {
        integration: Some(integration.clone()),
        ..entry(id, seconds)
    };
    let action = NewLogEntry {
        kind: LogKind::Action,
        ..about("action", 1, &acme)
    };
    let failed = NewLogEntry {
        code: Some("REMOTE.RATE_LIMIT_EXCEEDED".to_owned()),
        ..about("failed", 2, &other)
    };
    let elsewhere = NewLogEntry {
        environment: Some("development".to_owned()),
        ..entry("elsewhere", 3)
    };
    platform.log_requests(&[action, failed]).unwrap();
    platform
        .log_requests(&[elsewhere, about("list", 4, &acme)])
        .unwrap();

    let all = ["list", "elsewhere", "failed", "action"];
    assert_eq!(found(platform, &ALL), all, "the latest first");
    let of_acme = LogQuery {
        integration: Some(acme),
        ..ALL
    };
    assert_eq!(found(platform, &of_acme), ["list", "action"]);
    let actions = LogQuery {
        kind: Some(LogKind::Action),
        ..of_acme
    };
    assert_eq!(found(platform, &actions), ["action"]);
    let errors = LogQuery {
        only_errors: true,
        ..ALL
    };
    assert_eq!(found(platform, &errors), ["failed"]);
    let late = LogQuery {
        since: Some(at(3)),
        ..ALL
    };
    assert_eq!(found(platform, &late), ["list", "elsewhere"]);
    let development = LogQuery {
        environment: Some("development".to_owned()),
        ..ALL
    };
    assert_eq!(found(platform, &development), ["elsewhere"]);
}

pub(crate) fn entries_are_paged(platform: &dyn Platform) {
    let ids = ["a", "b", "c", "d", "e"];
    platform.log_requests(&ids.map(|id| entry(id, 1))).unwrap();
    let mut query = LogQuery { limit: 2, ..ALL };
    let mut pages = Vec::new();
    loop {
        let page = platform.log_entries(&query).unwrap();
        let Some(last) = page.last() else { break };
        query.before = Some(last.key);
        pages.push(
            page.iter()
                .map(|entry| entry.entry.id.clone())
                .collect::<String>(),
        );
    }
    assert_eq!(pages, ["ed", "cb", "a"]);
}

pub(crate) fn what_is_older_is_pruned(platform: &dyn Platform) {
    let id = connected(platform, "acme");
    for (token, until) in [("old", 10), ("new", 20)] {
        let link = Link {
            expires_at: at(until),
            ..link()
        };
        platform.add_link(token, &link).unwrap();
        let activation = Activation {
            integration: id.clone(),
            expires_at: at(until),
        };
        platform.add_activation(token, &activation).unwrap();
        platform.add_session(token, at(until)).unwrap();
    }
    let entries = [("a", 9), ("b", 10), ("c", 11)].map(|(id, seconds)| entry(id, seconds));
    platform.log_requests(&entries).unwrap();
    assert_eq!(platform.prune(at(11)).unwrap(), 2);
    assert_eq!(platform.prune(at(11)).unwrap(), 0);
    assert_eq!(found(platform, &ALL), ["c"]);
    for (token, is_there) in [("old", false), ("new", true)] {
        assert_eq!(platform.link(token).unwrap().is_some(), is_there);
        let activation = platform.activation(token, at(1)).unwrap();
        assert_eq!(activation.is_some(), is_there);
        assert_eq!(platform.has_session(token, at(1)).unwrap(), is_there);
    }
}

pub(crate) fn what_is_about_an_integration_is_erased_with_it(platform: &dyn Platform) {
    let fill = |name: &str| {
        let id = connected(platform, name);
        platform
            .map_custom_field(&id, "custom", Some("field"))
            .unwrap();
        platform.set_passthrough(&id, "field", true).unwrap();
        let activation = Activation {
            integration: id.clone(),
            expires_at: at(99),
        };
        platform.add_activation(name, &activation).unwrap();
        let relink = Link {
            kind: LinkKind::Relink,
            integration: Some(id.clone()),
            ..link()
        };
        platform.add_link(name, &relink).unwrap();
        let entry = NewLogEntry {
            integration: Some(id.clone()),
            ..entry(name, 1)
        };
        platform.log_requests(&[entry]).unwrap();
        id
    };
    let (kept, erased) = (fill("kept"), fill("erased"));
    platform.log_requests(&[entry("of nobody", 2)]).unwrap();
    platform.erase_integration(&erased).unwrap();

    assert_eq!(found(platform, &ALL), ["of nobody", "kept"]);
    assert_eq!(platform.link("erased").unwrap(), None);
    assert_eq!(platform.activation("erased", at(1)).unwrap(), None);
    assert!(platform.link("kept").unwrap().is_some());
    assert!(platform.activation("kept", at(1)).unwrap().is_some());
    assert_eq!(platform.custom_mappings(&kept).unwrap().len(), 1);
    assert_eq!(platform.passthrough_fields(&kept).unwrap(), ["field"]);

    let again = connected(platform, "erased");
    assert_eq!(platform.custom_mappings(&again).unwrap(), []);
    assert!(platform.passthrough_fields(&again).unwrap().is_empty());
}
