//! Webhooks: which event goes to whom, how it is signed, and what goes wrong with it on the way.
//!
//! <https://developers.ashbyhq.com/docs/authenticating-webhooks>: the signature is the HMAC-SHA256
//! of the raw body under the webhook's secret, in hexadecimal digits.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::events::{self, Event};
use super::memory::Memory;
use super::view::View;
use super::{flag, storage, text};
use crate::fault::DeliveryFaultKind;
use crate::keys::KeySpec;
use crate::lock;
use crate::post::{Delivery, DeliveryState};
use crate::server::Shared;
use crate::world::World;

/// An event as it would be posted, and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedEvent {
    /// The bytes of the body.
    pub body: Vec<u8>,
    /// The value of the `Ashby-Signature` header.
    pub signature: String,
}

/// Builds an event and signs it, as a webhook with this secret would post it.
pub fn signed_event(
    secret: &str,
    action: &str,
    action_id: Option<&str>,
    data: &Value,
) -> SignedEvent {
    let body = body(action, action_id, data);
    SignedEvent {
        signature: signature(secret, &body),
        body,
    }
}

/// The value of the `Ashby-Signature` header for a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    format!("sha256={}", storage::hex(&hmac(secret.as_bytes(), body)))
}

/// HMAC-SHA256, RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |mask: u8| block.map(|byte| byte ^ mask);
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

fn body(action: &str, action_id: Option<&str>, data: &Value) -> Vec<u8> {
    let mut body = json!({ "action": action, "data": data });
    if let Some(id) = action_id {
        body["webhookActionId"] = json!(id);
    }
    body.to_string().into_bytes()
}

/// Lets the world keep its journal as soon as somebody wants to hear of changes.
pub(crate) fn watch(world: &mut World) {
    if !world.is_empty("webhooks") {
        world.watch();
    }
}

/// Sends the events of everything that changed since the last time.
pub(crate) fn announce(shared: &Shared, memory: &Memory, world: &mut World) {
    let entries = world.take_journal();
    if entries.is_empty() {
        return;
    }
    // Webhooks tell of confidential jobs too. Whether they show private fields is not documented.
    let key = KeySpec {
        private_fields: false,
        ..KeySpec::new("Webhooks", [""; 0])
    };
    let view = View::new(world, &key, &shared.options, memory);
    for event in events::events(&view, memory, entries) {
        send(shared, world, &event);
    }
}

/// Sends an event to every webhook of its type that is on.
pub(crate) fn send(shared: &Shared, world: &World, event: &Event) {
    for webhook in world.collection("webhooks").values() {
        if flag(webhook, "enabled") && text(webhook, "webhookType") == Some(&event.action) {
            dispatch(shared, webhook, event);
        }
    }
}

/// Sends a ping to a webhook; gives the places of the messages.
pub(crate) fn ping(shared: &Shared, world: &World, webhook: &str) -> Vec<usize> {
    let Some(webhook) = world.get("webhooks", webhook) else {
        return vec![];
    };
    let event = Event {
        action: "ping".to_owned(),
        action_id: None,
        data: json!({ "webhookActionType": "ping" }),
    };
    dispatch(shared, webhook, &event)
}

/// Puts an event for one webhook into the post, as the script of faults has it.
fn dispatch(shared: &Shared, webhook: &Value, event: &Event) -> Vec<usize> {
    let fault = lock(&shared.delivery_faults).take(&event.action);
    let secret = text(webhook, "secretToken").unwrap_or_default();
    let mut action = &*event.action;
    let mut data = event.data.clone();
    match fault {
        Some(DeliveryFaultKind::UnknownEvent) => {
            action = "somethingEntirelyNew";
            data = json!({ "something": { "id": "ff000000-0000-4000-8000-ffffffffffff" } });
        }
        Some(DeliveryFaultKind::Huge(bytes)) => data["padding"] = json!("x".repeat(bytes)),
        _ => {}
    }
    let mut body = body(action, event.action_id.as_deref(), &data);
    let mut signature = Some(self::signature(secret, &body));
    match fault {
        Some(DeliveryFaultKind::Tampered) => tamper(&mut body),
        Some(DeliveryFaultKind::WrongSecret) => {
            signature = Some(self::signature(&format!("not {secret}"), &body));
        }
        Some(DeliveryFaultKind::Unsigned) => signature = None,
        _ => {}
    }
    let delivery = Delivery {
        webhook_id: text(webhook, "id").unwrap_or_default().to_owned(),
        url: text(webhook, "requestUrl").unwrap_or_default().to_owned(),
        action: action.to_owned(),
        action_id: event.action_id.clone(),
        body: Bytes::from(body),
        signature,
        attempts: Vec::new(),
        state: match fault {
            Some(DeliveryFaultKind::Lost) => DeliveryState::Lost,
            Some(DeliveryFaultKind::OutOfOrder) => DeliveryState::Held,
            _ => DeliveryState::Waiting,
        },
    };
    let copies = if fault == Some(DeliveryFaultKind::Duplicate) {
        2
    } else {
        1
    };
    (0..copies)
        .map(|_| shared.post.push(delivery.clone()))
        .collect()
}

/// Changes one byte, so that the body is still JSON and says something else.
fn tamper(body: &mut [u8]) {
    let letter = body.iter().rposition(u8::is_ascii_alphanumeric);
    if let Some(place) = letter {
        body[place] = if body[place] == b'0' { b'1' } else { b'0' };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 4231, test cases 2 and 6.
    #[test]
    fn the_signature_is_hmac_sha256() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = hmac(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
        );
        assert_eq!(
            storage::hex(&long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn one_byte_makes_another_event_of_the_same_length() {
        let event = signed_event(
            "s",
            "offerDelete",
            Some("a1"),
            &json!({ "offer": { "id": "x" } }),
        );
        let mut body = event.body.clone();
        tamper(&mut body);
        let differing = body.iter().zip(&event.body).filter(|(a, b)| a != b).count();
        assert_eq!((body.len(), differing), (event.body.len(), 1));
        assert!(serde_json::from_slice::<Value>(&body).is_ok());
        assert_ne!(signature("s", &body), event.signature);
        assert_eq!(signature("s", &event.body), event.signature);
    }
}
