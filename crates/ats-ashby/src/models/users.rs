//! Users, from `user.list`.
//!
//! Deactivated users are asked for: without them a user who leaves would look deleted, and what
//! refers to the user would dangle.

use ats_core::{
    Document, Mapped, ModelKind, Open, Related,
    model::{ActivityStatus, RemoteData, RoleScope, RoleType, SystemRole, User},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    listing::{Listing, One, Paging, no_group},
    wire::{self, text},
};

/// Users. Ashby API reference, `user.list`.
pub(crate) const LISTING: Listing = Listing {
    name: "users",
    endpoint: "user.list",
    paging: Paging::Token,
    one: One::Info("user.info", "userId"),
    body: || json!({ "includeDeactivated": true }),
    models: &[ModelKind::User],
    uses: &[],
    group: no_group,
    map,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser {
    id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    global_role: Option<String>,
    is_enabled: Option<bool>,
}

fn map(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(wire) = wire::read::<WireUser>(document, &mut mapped) else {
        return mapped;
    };
    let WireUser {
        id,
        first_name,
        last_name,
        email,
        global_role,
        is_enabled,
    } = wire;
    let Some(remote_id) = text(id) else {
        return mapped;
    };
    let user = User {
        remote_id,
        first_name: text(first_name),
        last_name: text(last_name),
        email: text(email),
        status: is_enabled.map(status),
        system_roles: text(global_role).map(system_role).into_iter().collect(),
        remote_data: Some(RemoteData::of([document])),
    };
    mapped.records.push(user.into());
    mapped
}

fn status(is_enabled: bool) -> Open<ActivityStatus> {
    if is_enabled {
        ActivityStatus::Active.into()
    } else {
        ActivityStatus::Inactive.into()
    }
}

/// Only the administrator has an equal among the unified roles; the other roles are levels of
/// access and say nothing about the work.
fn system_role(label: String) -> SystemRole {
    SystemRole {
        remote_id: None,
        unified_type: (label == "Organization Admin").then_some(RoleType::Admin),
        remote_label: Some(label),
        scope: RoleScope::System,
    }
}
