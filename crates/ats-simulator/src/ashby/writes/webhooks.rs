//! `webhook.create`, `webhook.update`, `webhook.delete`.
//!
//! <https://developers.ashbyhq.com/reference/webhookcreate>: one type for each webhook, a ping while
//! it is created and whenever it is edited. No call lists them.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::Desk;
use crate::ashby::envelope::Refusal;
use crate::ashby::render;
use crate::ashby::request::Ask;
use crate::ashby::view::View;

/// The types that the schema of the call lists.
const TYPES: [&str; 17] = [
    "applicationSubmit",
    "applicationUpdate",
    "candidateHire",
    "candidateStageChange",
    "candidateDelete",
    "candidateMerge",
    "interviewPlanTransition",
    "interviewScheduleCreate",
    "interviewScheduleUpdate",
    "jobPostingUpdate",
    "jobPostingPublish",
    "jobPostingUnpublish",
    "offerCreate",
    "offerUpdate",
    "offerDelete",
    "pushToHRIS",
    "surveySubmit",
];

/// Types that have a page of their own, but no place in that schema.
const MORE: [&str; 5] = [
    "jobCreate",
    "jobUpdate",
    "jobPostingDelete",
    "openingCreate",
    "signatureRequestUpdate",
];

const MISSING: &str = "webhook_not_found";

pub(crate) fn create_webhook(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let kind = ask.text("webhookType").unwrap_or_default();
    let more = desk.options.more_webhook_types && MORE.contains(&kind);
    if !more && !TYPES.contains(&kind) {
        let message = format!("webhookType must be one of {}", TYPES.join(", "));
        return Err(Refusal::invalid(message));
    }
    let webhook = json!({
        "enabled": true,
        "requestUrl": ask.text("requestUrl"),
        "secretToken": ask.text("secretToken"),
        "webhookType": kind,
    });
    let id = desk.world.insert("webhooks", webhook);
    desk.pings.push(id.clone());
    desk.find("webhooks", &id, MISSING)
}

pub(crate) fn update_webhook(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("webhookId").unwrap_or_default();
    let members = ["enabled", "requestUrl", "secretToken"];
    if members.iter().all(|member| ask.value(member).is_none()) {
        let message = "One of enabled, requestUrl and secretToken is required";
        return Err(Refusal::invalid(message));
    }
    desk.find("webhooks", id, MISSING)?;
    desk.world.update("webhooks", id, |webhook| {
        for member in members {
            if let Some(value) = ask.value(member) {
                webhook[member] = value.clone();
            }
        }
    });
    desk.pings.push(id.to_owned());
    desk.find("webhooks", id, MISSING)
}

pub(crate) fn delete_webhook(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("webhookId").unwrap_or_default();
    match desk.world.remove("webhooks", id) {
        true => Ok(json!({ "webhookId": id })),
        false => Err(Refusal::not_found(MISSING)),
    }
}

/// A webhook as `webhook.info` shows it: without its secret.
pub(crate) fn shown_webhook(view: &View<'_>, ask: &Ask, mut webhook: Value) -> Value {
    if let Some(members) = webhook.as_object_mut() {
        members.remove("secretToken");
    }
    render::plain(view, ask, webhook)
}
