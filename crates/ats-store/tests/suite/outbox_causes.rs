//! Events are written with what they tell of, in one transaction: there is neither without the other.
//!
//! An event whose id is taken cannot be written; so nothing else of its transaction may be there.

use ats_store::{
    Activation, Connecting, INTEGRATION_CREATED, INTEGRATION_DELETED, IntegrationState, NewEvent,
    NewPass, OutgoingQuery, Pass, PassKind, PassState, Platform, WebhookEndpoint, vault::KeyRing,
};

use super::{
    build::{at, integration},
    mirror::Mirror,
    tenancy::{MINUTE, link},
};

/// The id of an event that is there already.
const TAKEN: &str = "taken";

fn event(id: &str, kind: &str) -> NewEvent {
    NewEvent {
        id: id.to_owned(),
        environment: ats_store::PRODUCTION.to_owned(),
        integration: None,
        kind: kind.to_owned(),
        body: "{}".to_owned(),
        at: at(1),
    }
}

/// Somebody listens, and one id is taken.
fn listen(store: &dyn Platform) {
    let keys = KeyRing::generate().unwrap();
    let made = WebhookEndpoint::generate(
        &keys,
        ats_store::PRODUCTION,
        "https://x.example",
        None,
        at(1),
    );
    store.save_endpoint(&made.unwrap().0).unwrap();
    store.emit(&event(TAKEN, "test")).unwrap();
}

/// What was told, the first first, without the one that was there already.
fn told(store: &dyn Platform) -> Vec<String> {
    let query = OutgoingQuery {
        limit: 99,
        ..OutgoingQuery::default()
    };
    let found = store.outgoing(&query).unwrap().into_iter().rev();
    let ids = found.map(|one| one.event.id);
    ids.filter(|id| id != TAKEN).collect()
}

/// Uses the link `secret`.
fn connect(store: &dyn Platform, event_id: &str) -> ats_store::Result<bool> {
    let integration = integration("made");
    let activation = Activation {
        integration: integration.id.clone(),
        expires_at: at(9 * MINUTE),
    };
    store.connect(&Connecting {
        link: "secret",
        integration: &integration,
        activation_token: "token",
        activation: &activation,
        event: &event(event_id, INTEGRATION_CREATED),
        now: at(MINUTE),
    })
}

pub(crate) fn what_a_link_makes_is_kept_with_its_event_or_not_at_all(store: &dyn Platform) {
    listen(store);
    store.add_link("secret", &link()).unwrap();
    let made = integration("made").id;
    assert!(connect(store, TAKEN).is_err());
    assert_eq!(store.link("secret").unwrap(), Some(link()));
    assert_eq!(store.integration(&made).unwrap(), None);
    assert_eq!(store.activation("token", at(MINUTE)).unwrap(), None);
    assert!(connect(store, "created").unwrap());
    assert_eq!(told(store), ["created"]);
    assert!(store.integration(&made).unwrap().is_some());
    let activation = store.activation("token", at(MINUTE)).unwrap().unwrap();
    assert_eq!(activation.integration, made);
    // It is used: nobody else connects by it, and nothing is told.
    assert!(!connect(store, "again").unwrap());
    assert_eq!(told(store), ["created"]);
}

pub(crate) fn a_used_link_is_erased_with_what_it_made(store: &dyn Platform) {
    store.add_link("secret", &link()).unwrap();
    store.add_link("another", &link()).unwrap();
    assert!(connect(store, "created").unwrap());
    let used = store.link("secret").unwrap().unwrap();
    assert_eq!(used.integration, Some(integration("made").id));
    assert_eq!(used.kind, link().kind);
    store.erase_integration(&integration("made").id).unwrap();
    assert_eq!(store.link("secret").unwrap(), None);
    assert_eq!(store.link("another").unwrap(), Some(link()));
}

pub(crate) fn an_integration_is_changed_with_its_event_or_not_at_all(store: &dyn Platform) {
    listen(store);
    let one = integration("first");
    store.save_integration(&one).unwrap();
    let disable = |event_id: Option<&str>| {
        store.change_integration(&one.id, &mut |one| {
            one.state = IntegrationState::Disabled;
            event_id.map(|id| event(id, "changed"))
        })
    };
    let state = || store.integration(&one.id).unwrap().unwrap().state;
    assert!(disable(Some(TAKEN)).is_err());
    assert_eq!(state(), IntegrationState::Active);
    assert_eq!(disable(None).unwrap(), None);
    assert_eq!(state(), IntegrationState::Active);
    let changed = disable(Some("disabled")).unwrap().unwrap();
    assert_eq!(changed.state, IntegrationState::Disabled);
    assert_eq!(state(), IntegrationState::Disabled);
    assert_eq!(told(store), ["disabled"]);
    let unknown = integration("unknown").id;
    let changed = store.change_integration(&unknown, &mut |_| Some(event("x", "changed")));
    assert_eq!(changed.unwrap(), None);
}

pub(crate) fn an_integration_is_erased_with_its_event_or_not_at_all(store: &dyn Platform) {
    listen(store);
    let one = integration("first");
    store.save_integration(&one).unwrap();
    let erase = |event_id: &str| {
        let mut event = event(event_id, INTEGRATION_DELETED);
        event.integration = Some(one.id.clone());
        store.erase_and_tell(&one.id, &event)
    };
    assert!(erase(TAKEN).is_err());
    assert_eq!(store.integration(&one.id).unwrap(), Some(one.clone()));
    erase("deleted").unwrap();
    assert_eq!(store.integration(&one.id).unwrap(), None);
    assert_eq!(told(store), ["deleted"]);
    // It cannot be erased, nor told, twice.
    assert!(erase("again").is_err());
    assert_eq!(told(store), ["deleted"]);
}

pub(crate) fn the_end_of_a_pass_is_told_once_whatever_stands_in_between(store: &dyn Platform) {
    listen(store);
    let mirror = Mirror::new(store);
    let tell = |id: &str| -> ats_store::Result<Vec<Pass>> {
        let mut ended = Vec::new();
        let count = store.emit_passes(&mirror.id, &mut |pass| {
            ended.push(pass.clone());
            event(&format!("{id} {}", ended.len()), "finished")
        })?;
        assert_eq!(count, ended.len());
        Ok(ended)
    };
    assert_eq!(tell("running").unwrap(), []);
    mirror.end(PassState::Succeeded);
    mirror.begin(PassKind::Delta);
    mirror.end(PassState::Cancelled);
    // Those of an action, of an event of the vendor, or over some models are told by nobody.
    for kind in [PassKind::Named, PassKind::Delta] {
        let new = NewPass {
            id: format!("part {:?}", mirror.tick()),
            kind,
            whole: false,
            started_at: mirror.now(),
        };
        mirror.pass.set(store.begin_pass(&mirror.id, &new).unwrap());
        mirror.end(PassState::Succeeded);
    }
    // Neither is told if one cannot be.
    let mut first = true;
    let failed = store.emit_passes(&mirror.id, &mut |_| {
        event(
            if std::mem::take(&mut first) {
                "one"
            } else {
                TAKEN
            },
            "finished",
        )
    });
    assert!(failed.is_err() && told(store).is_empty());
    let ended = tell("ended").unwrap();
    let states: Vec<PassState> = ended.iter().map(|pass| pass.state).collect();
    assert_eq!(states, [PassState::Succeeded, PassState::Cancelled]);
    assert_eq!(told(store), ["ended 1", "ended 2"]);
    assert_eq!(tell("again").unwrap(), []);
    // One that is taken up again ends again.
    let resumed = ended[1].key;
    store.resume_pass(resumed).unwrap();
    assert_eq!(tell("resumed").unwrap(), []);
    mirror.pass.set(resumed);
    mirror.end(PassState::Succeeded);
    let ended = tell("resumed").unwrap();
    assert_eq!((ended.len(), ended[0].key), (1, resumed));
}
