//! Ashby, as its API reference describes it: <https://developers.ashbyhq.com/reference>.
//!
//! Owns the order in which Ashby checks a request (path, method, key, permission, version, content
//! type, body) and the faults that speak its envelope. The table in `endpoints` says what exists,
//! `request` what a body may hold, `answer` how rows become an answer.

mod answer;
mod changes;
mod desk;
mod endpoints;
mod envelope;
mod events;
mod generate;
mod keep;
mod kind;
mod lookup;
mod mails;
mod memory;
mod pages;
mod paging;
mod render;
mod request;
mod storage;
mod view;
mod webhooks;
mod worlds;
mod writes;

pub use changes::changes;
pub use webhooks::{SignedEvent, signature, signed_event};
pub use worlds::{generated_world, small_world};

use std::collections::BTreeSet;
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use hyper::{HeaderMap, Method};
use serde_json::Value;

use crate::fault::{FaultKind, Marks};
use crate::keys::KeySpec;
use crate::lock;
use crate::payload::Payload;
use crate::server::{Call, Reply, Shared};
use crate::world::World;
use desk::Desk;
use endpoints::{Endpoint, Work};
use envelope::Refusal;
use events::Event;
use memory::Memory;
use pages::Pages;
use paging::Clerk;
use view::View;

/// The one active date version of the API.
const VERSION: &str = "2026-01-01";

/// The permissions to write. A key may hold one although no endpoint here needs it.
pub(crate) const WRITE_PERMISSIONS: [&str; 7] = [
    "apiKeysWrite",
    "candidatesWrite",
    "hiringProcessMetadataWrite",
    "interviewsWrite",
    "jobsWrite",
    "offersWrite",
    "organizationWrite",
];

/// The permission that an endpoint needs, in Ashby's spelling; none for an unknown endpoint.
pub fn permission_of(endpoint: &str) -> Option<&'static str> {
    find(endpoint).map(|known| known.permission)
}

/// The names of all endpoints that are simulated, for example `candidate.list`.
pub fn endpoints() -> Vec<&'static str> {
    endpoints::all().map(|endpoint| endpoint.name).collect()
}

pub(crate) fn read_permissions() -> BTreeSet<&'static str> {
    endpoints::all()
        .map(|endpoint| endpoint.permission)
        .collect()
}

fn find(endpoint: &str) -> Option<&'static Endpoint> {
    endpoints::all().find(|known| known.name == endpoint)
}

/// What a request leaves behind besides its answer.
#[derive(Debug, Default)]
struct Aside {
    key_name: String,
    first: Vec<usize>,
}

/// What Ashby remembers between requests, besides the world.
#[derive(Debug, Default)]
pub(crate) struct Ashby {
    clerk: Clerk,
    pages: Pages,
    memory: Memory,
}

impl Ashby {
    pub(crate) fn expire_tokens(&self) {
        self.clerk.expire_tokens();
    }

    pub(crate) fn expire_cursors(&self) {
        self.clerk.expire_cursors();
    }

    pub(crate) fn expire_uploads(&self) {
        self.memory.uploads.expire();
    }

    pub(crate) fn expire_links(&self) {
        self.memory.links.expire();
    }

    pub(crate) fn moved_to(&self, address: SocketAddr) {
        self.memory.moved_to(address);
    }

    /// Prepares the world for a change that webhooks may have to hear of.
    pub(crate) fn watch(&self, world: &mut World) {
        webhooks::watch(world);
    }

    /// Tells the webhooks what has changed.
    pub(crate) fn announce(&self, shared: &Shared, world: &mut World) {
        webhooks::announce(shared, &self.memory, world);
    }

    /// Tells the webhooks of an event that no change caused.
    pub(crate) fn emit(&self, shared: &Shared, action: &str, data: Value) {
        let event = Event {
            action: action.to_owned(),
            action_id: Some(self.memory.next_action()),
            data,
        };
        webhooks::send(shared, &shared.world(), &event);
    }

    /// What the fault script has to know about a request.
    pub(crate) fn marks<'a>(&self, call: &'a Call) -> Marks<'a> {
        let carries = |key| call.body.json().is_some_and(|body| body.get(key).is_some());
        Marks {
            endpoint: &call.endpoint,
            paged: find(&call.endpoint).is_some_and(|known| known.work.paging().is_paged()),
            cursor: carries("cursor"),
            token: carries("syncToken"),
        }
    }

    /// Answers one request.
    pub(crate) fn answer(&self, shared: &Shared, call: &Call, harm: Option<&FaultKind>) -> Reply {
        if let Some(reply) = storage::answer(shared, &self.memory, call, harm) {
            return reply;
        }
        let mut aside = Aside::default();
        let answered = self.attempt(shared, call, harm, &mut aside);
        let request_id = self.clerk.request_id();
        let mut headers = vec![
            ("x-ashby-request-id", request_id.clone()),
            ("ashby-version", VERSION.to_owned()),
            ("ashby-version-status", "active".to_owned()),
        ];
        let (status, body) = match answered {
            Ok(body) => (200, body),
            Err(refusal) => {
                headers.extend(refusal.headers.iter().cloned());
                (refusal.status, refusal.body(&request_id))
            }
        };
        Reply {
            status,
            headers,
            content_type: "application/json; charset=utf-8".to_owned(),
            body,
            key_name: aside.key_name,
            first: aside.first,
        }
    }

    fn attempt(
        &self,
        shared: &Shared,
        call: &Call,
        harm: Option<&FaultKind>,
        aside: &mut Aside,
    ) -> Result<bytes::Bytes, Refusal> {
        let endpoint = find(&call.endpoint)
            .ok_or_else(|| Refusal::new(404, "not_found", "No such endpoint"))?;
        if call.method != Method::POST {
            return Err(Refusal::new(
                405,
                "method_not_allowed",
                "Every endpoint takes POST only",
            ));
        }
        let key = authorise(shared, &call.headers)?;
        aside.key_name.clone_from(&key.name);
        if !key.may(endpoint.permission) || harm == Some(&FaultKind::RevokedPermission) {
            return Err(Refusal::missing_permission(endpoint.permission));
        }
        refuse_by_fault(harm)?;
        check_headers(&call.headers, endpoint.multipart)?;
        let ask = match &call.body {
            Payload::Json(body) => request::check(endpoint, body, &shared.options)?,
            Payload::Parts(parts) => request::check_parts(endpoint, parts, &shared.options)?,
            Payload::Unreadable => {
                return Err(Refusal::invalid(
                    "The body must be a JSON object; send {} when there is nothing to say",
                ));
            }
        };
        let text = match endpoint.work {
            Work::Write(_) if stopped_before(harm) => bytes::Bytes::new(),
            Work::Write(write) => {
                let mut world = shared.world_mut();
                webhooks::watch(&mut world);
                let mut desk = Desk {
                    world: &mut world,
                    key: &key,
                    options: &shared.options,
                    memory: &self.memory,
                    pings: Vec::new(),
                };
                let results = write(&mut desk, &ask)?;
                let pings = std::mem::take(&mut desk.pings);
                webhooks::announce(shared, &self.memory, &mut world);
                let pings = pings
                    .iter()
                    .flat_map(|id| webhooks::ping(shared, &world, id));
                aside.first = pings.filter(|place| shared.post.take(*place)).collect();
                envelope::success(&results.to_string(), &[])
            }
            _ => {
                let world = shared.world();
                let view = View::new(&world, &key, &shared.options, &self.memory);
                answer::answer(&self.clerk, &self.pages, &view, endpoint, &ask, harm)?
            }
        };
        Ok(match harm {
            Some(harm) => envelope::disfigure(text, harm, ask.text("cursor")),
            None => text,
        })
    }
}

/// The faults of something in front of Ashby, which then never saw the request.
fn stopped_before(harm: Option<&FaultKind>) -> bool {
    matches!(harm, Some(FaultKind::Status { .. } | FaultKind::Html))
}

/// The faults that are refusals in Ashby's own envelope.
fn refuse_by_fault(harm: Option<&FaultKind>) -> Result<(), Refusal> {
    match harm {
        Some(FaultKind::TooMany { retry_after, scope }) => {
            Err(Refusal::too_many(retry_after.clone(), scope.clone()))
        }
        Some(FaultKind::SuccessFalse { code, http }) => {
            Err(Refusal::new(*http, code, "Injected refusal"))
        }
        Some(FaultKind::ExpireToken { code } | FaultKind::ExpireCursor { code }) => {
            Err(Refusal::new(200, code, "Start again without it"))
        }
        _ => Ok(()),
    }
}

/// Finds the key in the Basic credentials: the key is the user name, the password is empty.
fn authorise(shared: &Shared, headers: &HeaderMap) -> Result<KeySpec, Refusal> {
    let unreadable = || Refusal::new(401, "unauthorized", "No API key, or one that is garbled");
    let header = headers.get(AUTHORIZATION).ok_or_else(unreadable)?;
    let (scheme, encoded) = header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| unreadable())?;
    let decoded = String::from_utf8(decoded).map_err(|_| unreadable())?;
    let (secret, password) = decoded.split_once(':').ok_or_else(unreadable)?;
    // Clients that repeat the key as the password are known to work.
    if secret.is_empty() || !(password.is_empty() || password == secret) {
        return Err(unreadable());
    }
    let unknown = || Refusal::new(403, "forbidden", "The API key is wrong or was deactivated");
    let key = lock(&shared.keys)
        .find(secret)
        .cloned()
        .ok_or_else(unknown)?;
    if key.active { Ok(key) } else { Err(unknown()) }
}

fn check_headers(headers: &HeaderMap, multipart: bool) -> Result<(), Refusal> {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let content_type = text(CONTENT_TYPE).to_ascii_lowercase();
    let kind = content_type.split(';').next().map(str::trim);
    let form = multipart && kind == Some("multipart/form-data");
    if kind != Some("application/json") && !form {
        let message = "Content-Type must be application/json";
        return Err(Refusal::new(415, "invalid_input", message));
    }
    let version = text(HeaderName::from_static("ashby-version"));
    if !version.is_empty() && version != VERSION {
        let message = format!("No such API version: {version}");
        return Err(Refusal::new(400, "invalid_input", &message));
    }
    Ok(())
}

/// A text member of a document.
fn text<'a>(document: &'a Value, key: &str) -> Option<&'a str> {
    document.get(key)?.as_str()
}

/// A boolean member of a document; false when it is missing.
fn flag(document: &Value, key: &str) -> bool {
    document.get(key).and_then(Value::as_bool).unwrap_or(false)
}
