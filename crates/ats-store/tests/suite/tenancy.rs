//! What a server keeps beside the mirror: keys, scope configs, links, sessions, custom fields.

use std::collections::BTreeMap;

use ats_core::IntegrationId;
use ats_store::{
    Activation, Connecting, CustomField, CustomMapping, EndUser, Link, LinkKind, NewEvent,
    PRODUCTION, Platform, ScopeConfig, ScopeSetting, ScopeSettings,
};

use super::build::{at, integration};

pub(crate) const MINUTE: i64 = 60;

/// A new integration.
pub(crate) fn connected(platform: &dyn Platform, name: &str) -> IntegrationId {
    let integration = integration(name);
    platform.save_integration(&integration).unwrap();
    integration.id
}

pub(crate) fn a_key_opens_its_environment_until_it_is_revoked(platform: &dyn Platform) {
    let made = platform.create_api_key("backend", "development", at(1));
    let made = made.unwrap();
    let other = platform.create_api_key("backend", PRODUCTION, at(2));
    let other = other.unwrap();
    assert!(made.key != other.key && made.id != other.id);
    assert!(made.key.len() > 40 && !made.key.contains(&made.id));
    assert!(!format!("{made:?}").contains(&made.key));

    let found = platform.authenticate(&made.key, at(3)).unwrap().unwrap();
    assert_eq!((&found.id, found.name.as_str()), (&made.id, "backend"));
    assert_eq!(found.environment, "development");
    assert_eq!((found.created_at, found.revoked_at), (at(1), None));

    assert!(platform.revoke_api_key(&made.id, at(4)).unwrap());
    assert!(!platform.revoke_api_key(&made.id, at(5)).unwrap());
    assert_eq!(platform.authenticate(&made.key, at(6)).unwrap(), None);
    let known = platform.api_keys().unwrap();
    let known: Vec<_> = known.iter().map(|key| (&key.id, key.revoked_at)).collect();
    assert_eq!(known, [(&made.id, Some(at(4))), (&other.id, None)]);
    assert!(platform.authenticate(&other.key, at(6)).unwrap().is_some());
}

pub(crate) fn what_is_no_key_opens_nothing(platform: &dyn Platform) {
    let made = platform.create_api_key("backend", PRODUCTION, at(1));
    let made = made.unwrap();
    for text in [
        "",
        "ats_",
        &made.id,
        &made.key[1..],
        &format!("{} ", made.key),
    ] {
        assert_eq!(platform.authenticate(text, at(2)).unwrap(), None, "{text}");
    }
    assert!(!platform.revoke_api_key("another", at(3)).unwrap());
    assert!(!platform.revoke_api_key(&made.key, at(3)).unwrap());
}

pub(crate) fn when_a_key_was_last_used_is_noted_now_and_then(platform: &dyn Platform) {
    let made = platform.create_api_key("backend", PRODUCTION, at(1));
    let made = made.unwrap();
    let last = || platform.api_keys().unwrap()[0].last_used_at;
    assert_eq!(last(), None);
    for (seconds, noted) in [
        (10, 10),
        (11, 10),
        (9 * MINUTE, 10),
        (11 * MINUTE, 11 * MINUTE),
    ] {
        platform.authenticate(&made.key, at(seconds)).unwrap();
        assert_eq!(last(), Some(at(noted)), "after {seconds} seconds");
    }
    platform
        .authenticate("ats_another", at(60 * MINUTE))
        .unwrap();
    assert_eq!(last(), Some(at(11 * MINUTE)));
}

fn config(environment: &str, name: &str, is_default: bool) -> ScopeConfig {
    let off = BTreeMap::from([("email_addresses".to_owned(), ScopeSetting::Disabled)]);
    let settings = ScopeSettings {
        models: BTreeMap::from([("offers".to_owned(), ScopeSetting::Optional)]),
        fields: BTreeMap::from([("candidates".to_owned(), off)]),
        actions: BTreeMap::from([("create_candidate".to_owned(), ScopeSetting::Enabled)]),
    };
    ScopeConfig {
        id: format!("{environment} {name}"),
        environment: environment.to_owned(),
        name: name.to_owned(),
        is_default,
        settings,
    }
}

pub(crate) fn scope_configs_come_back_as_they_were_saved(platform: &dyn Platform) {
    let (b, mut a) = (config("x", "b", false), config("x", "a", false));
    for config in [&b, &a, &config("y", "c", true)] {
        platform.save_scope_config(config).unwrap();
    }
    assert_eq!(platform.scope_configs("x").unwrap(), [a.clone(), b.clone()]);
    a.name = "z".to_owned();
    a.settings = ScopeSettings::default();
    platform.save_scope_config(&a).unwrap();
    assert_eq!(platform.scope_configs("x").unwrap(), [b.clone(), a]);
    platform.remove_scope_config("x z").unwrap();
    platform.remove_scope_config("x a").unwrap();
    assert_eq!(platform.scope_configs("x").unwrap(), [b]);
    assert_eq!(platform.scope_configs("unheard of").unwrap(), []);
}

pub(crate) fn an_environment_has_one_default(platform: &dyn Platform) {
    for (environment, name) in [("x", "a"), ("y", "b"), ("x", "c")] {
        let config = config(environment, name, true);
        platform.save_scope_config(&config).unwrap();
    }
    let defaults = |environment: &str| -> Vec<String> {
        let configs = platform.scope_configs(environment).unwrap();
        let defaults = configs.into_iter().filter(|config| config.is_default);
        defaults.map(|config| config.name).collect()
    };
    assert_eq!(
        (defaults("x"), defaults("y")),
        (vec!["c".into()], vec!["b".into()])
    );
    platform
        .save_scope_config(&config("x", "c", false))
        .unwrap();
    assert_eq!((defaults("x"), defaults("y")), (vec![], vec!["b".into()]));
}

pub(crate) fn a_name_is_given_once_in_an_environment(platform: &dyn Platform) {
    platform.save_scope_config(&config("x", "a", true)).unwrap();
    let mut other = config("x", "a", true);
    other.id = "another".to_owned();
    assert!(platform.save_scope_config(&other).is_err());
    let kept = platform.scope_configs("x").unwrap();
    assert_eq!(kept, [config("x", "a", true)], "what fails changes nothing");
}

/// A link that is good for a minute after the first.
pub(crate) fn link() -> Link {
    Link {
        kind: LinkKind::Connect,
        environment: PRODUCTION.to_owned(),
        end_user: EndUser {
            organization_name: "Acme".to_owned(),
            creator_email: Some("ada@example.com".to_owned()),
            origin_id: None,
        },
        integration: None,
        connector: Some("ashby".to_owned()),
        language: "en".to_owned(),
        scope_config: None,
        embedded: true,
        created_at: at(MINUTE),
        expires_at: at(2 * MINUTE),
        used_at: None,
    }
}

/// Connects by a link; tells whether that could be done.
fn uses(platform: &dyn Platform, link: &str, seconds: i64) -> bool {
    let integration = integration("by a link");
    let activation = Activation {
        integration: integration.id.clone(),
        expires_at: at(9 * MINUTE),
    };
    let event = NewEvent {
        id: format!("{link} {seconds}"),
        environment: PRODUCTION.to_owned(),
        integration: None,
        kind: ats_store::INTEGRATION_CREATED.to_owned(),
        body: String::new(),
        at: at(seconds),
    };
    let connecting = Connecting {
        link,
        integration: &integration,
        activation_token: &event.id,
        activation: &activation,
        event: &event,
        now: at(seconds),
    };
    platform.connect(&connecting).unwrap()
}

pub(crate) fn a_link_is_used_once(platform: &dyn Platform) {
    platform.add_link("secret", &link()).unwrap();
    assert_eq!(platform.link("secret").unwrap(), Some(link()));
    assert_eq!(platform.link("another").unwrap(), None);
    assert!(!uses(platform, "another", 70));
    assert!(uses(platform, "secret", 70));
    assert!(!uses(platform, "secret", 71));
    let used = platform.link("secret").unwrap().unwrap();
    assert_eq!(
        used.used_at,
        Some(at(70)),
        "when it was used does not change"
    );
    assert!(platform.add_link("secret", &link()).is_err());
}

pub(crate) fn a_link_that_expired_is_not_used(platform: &dyn Platform) {
    platform.add_link("secret", &link()).unwrap();
    assert!(!uses(platform, "secret", 2 * MINUTE));
    let kept = platform.link("secret").unwrap().unwrap();
    assert_eq!(kept.used_at, None, "its page can say that it expired");
}

pub(crate) fn an_activation_token_is_good_for_a_while(platform: &dyn Platform) {
    let activation = Activation {
        integration: connected(platform, "acme"),
        expires_at: at(MINUTE),
    };
    platform.add_activation("token", &activation).unwrap();
    let found = |token: &str, seconds| platform.activation(token, at(seconds)).unwrap();
    assert_eq!(found("another", 1), None);
    assert_eq!(found("token", MINUTE - 1), Some(activation.clone()));
    assert_eq!(
        found("token", MINUTE - 1),
        Some(activation),
        "more than once"
    );
    assert_eq!(found("token", MINUTE), None);
}

pub(crate) fn a_session_lasts_until_it_ends_or_expires(platform: &dyn Platform) {
    platform.add_session("a", at(MINUTE)).unwrap();
    platform.add_session("b", at(MINUTE)).unwrap();
    let lasts = |token: &str, seconds| platform.has_session(token, at(seconds)).unwrap();
    assert!(lasts("a", 1) && lasts("b", MINUTE - 1));
    assert!(!lasts("c", 1) && !lasts("a", MINUTE));
    platform.end_session("a").unwrap();
    platform.end_session("c").unwrap();
    assert!(!lasts("a", 1) && lasts("b", 1));
}

/// A custom field of an environment.
fn custom(environment: &str, model: &str, key: &str) -> CustomField {
    CustomField {
        id: format!("{environment} {model} {key}"),
        environment: environment.to_owned(),
        model: model.to_owned(),
        key: key.to_owned(),
        label: Some("Label".to_owned()),
        description: None,
    }
}

pub(crate) fn custom_fields_stand_by_model_and_key(platform: &dyn Platform) {
    let [jobs_a, mut users_a, users_b] =
        [("jobs", "a"), ("users", "a"), ("users", "b")].map(|(model, key)| custom("x", model, key));
    for field in [&users_b, &users_a, &jobs_a, &custom("y", "jobs", "a")] {
        platform.save_custom_field(field).unwrap();
    }
    users_a.label = None;
    users_a.description = Some("What it is for".to_owned());
    platform.save_custom_field(&users_a).unwrap();
    let expected = [jobs_a, users_a, users_b];
    assert_eq!(platform.custom_fields("x").unwrap(), expected);
    assert_eq!(platform.custom_fields("unheard of").unwrap(), []);
}

fn mapping(custom_field: &str, integration_field: &str) -> CustomMapping {
    CustomMapping {
        custom_field: custom_field.to_owned(),
        integration_field: integration_field.to_owned(),
    }
}

pub(crate) fn a_custom_field_is_mapped_for_each_integration(platform: &dyn Platform) {
    let (first, second) = (connected(platform, "first"), connected(platform, "second"));
    for key in ["a", "b"] {
        let field = custom(PRODUCTION, "jobs", key);
        platform.save_custom_field(&field).unwrap();
    }
    let (a, b) = ("production jobs a", "production jobs b");
    let map = |id: &IntegrationId, custom, field| platform.map_custom_field(id, custom, field);
    for (id, custom, field) in [
        (&first, b, "1"),
        (&first, a, "2"),
        (&second, a, "3"),
        (&first, a, "4"),
    ] {
        map(id, custom, Some(field)).unwrap();
    }
    let of = |id: &IntegrationId| platform.custom_mappings(id).unwrap();
    assert_eq!(of(&first), [mapping(a, "4"), mapping(b, "1")]);
    assert_eq!(of(&second), [mapping(a, "3")]);
    map(&first, b, None).unwrap();
    map(&second, b, None).unwrap();
    assert_eq!(of(&first), [mapping(a, "4")]);
    platform.remove_custom_field(a).unwrap();
    assert_eq!((of(&first), of(&second)), (vec![], vec![]));
    let left = platform.custom_fields(PRODUCTION).unwrap();
    assert_eq!(left, [custom(PRODUCTION, "jobs", "b")]);
}

pub(crate) fn fields_are_passed_through_for_each_integration(platform: &dyn Platform) {
    let (first, second) = (connected(platform, "first"), connected(platform, "second"));
    let of = |id: &IntegrationId| platform.passthrough_fields(id).unwrap();
    for field in ["b", "a", "b"] {
        platform.set_passthrough(&first, field, true).unwrap();
    }
    assert_eq!(
        (of(&first), of(&second)),
        (vec!["a".into(), "b".into()], vec![])
    );
    platform.set_passthrough(&first, "a", false).unwrap();
    platform.set_passthrough(&second, "a", false).unwrap();
    assert_eq!(of(&first), ["b"]);
}

pub(crate) fn what_belongs_to_an_unknown_integration_is_named(platform: &dyn Platform) {
    let id = IntegrationId::derive("ashby", "unheard of");
    let is_named = |outcome: ats_store::Result<()>| {
        let named = matches!(outcome, Err(ats_store::Error::UnknownIntegration { .. }));
        assert!(named);
    };
    is_named(platform.map_custom_field(&id, "a", Some("b")));
    is_named(platform.set_passthrough(&id, "a", true));
    is_named(platform.custom_mappings(&id).map(drop));
    is_named(platform.passthrough_fields(&id).map(drop));
}
