//! Custom fields: `customField.create`, `customField.setValue`, `customField.setValues`.
//!
//! <https://developers.ashbyhq.com/reference/customfieldcreate>: a second field with the same title
//! is a second field.

use serde_json::{Value, json};

use super::Written;
use super::values::{check_value, label_of};
use crate::ashby::desk::{Desk, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::{flag, render, text};

const MISSING: &str = "custom_field_not_found";

pub(crate) fn create_field(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let kind = ask.text("fieldType").unwrap_or_default();
    let select = kind.ends_with("ValueSelect");
    let options = ask.array("selectableValues");
    if select == options.is_empty() {
        let message = "selectableValues belong to ValueSelect and MultiValueSelect, and only there";
        return Err(Refusal::invalid(message));
    }
    // These two are created under another name than they are read.
    let object = match ask.text("objectType").unwrap_or_default() {
        "Offer_Version" => "Offer",
        "Opening_Version" => "Opening",
        other => other,
    };
    let mut field = json!({
        "title": ask.text("title"),
        "objectType": object,
        "isArchived": false,
        "isPrivate": false,
        "fieldType": kind,
        "isRequired": false,
    });
    if select {
        field["selectableValues"] = options
            .iter()
            .map(|option| json!({ "label": option["label"], "value": option["value"], "isArchived": false }))
            .collect();
    }
    let id = desk.world.insert("custom_fields", field);
    let field = desk.find("custom_fields", &id, MISSING)?;
    Ok(render::plain(&desk.view(), ask, field))
}

pub(crate) fn set_value(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let field = ask.text("fieldId").unwrap_or_default();
    let value = ask.value("fieldValue").unwrap_or(&Value::Null);
    let written = set(desk, ask, &[(field, value)])?;
    Ok(written.into_iter().next().unwrap_or_default())
}

pub(crate) fn set_values(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let values: Vec<(&str, &Value)> = ask
        .array("values")
        .iter()
        .map(|item| {
            let field = text(item, "fieldId").unwrap_or_default();
            (field, &item["fieldValue"])
        })
        .collect();
    if values.is_empty() {
        return Err(Refusal::invalid("values must have at least one item"));
    }
    set(desk, ask, &values).map(Value::Array)
}

/// Writes all values or none.
fn set(desk: &mut Desk<'_>, ask: &Ask, values: &[(&str, &Value)]) -> Result<Vec<Value>, Refusal> {
    let object = ask.text("objectType").unwrap_or_default();
    let id = ask.text("objectId").unwrap_or_default();
    let collection = match object {
        "Candidate" => desk.candidate(id).map(|_| "candidates"),
        "Application" => desk.application(id).map(|_| "applications"),
        "Job" => desk.job(id).map(|_| "jobs"),
        _ => desk
            .find("openings", id, "opening_not_found")
            .map(|_| "openings"),
    }?;
    let shown = values
        .iter()
        .map(|(field, value)| shown(desk, object, field, value))
        .collect::<Result<Vec<Value>, Refusal>>()?;
    desk.world.update(collection, id, |document| {
        // An opening keeps its fields in its latest version.
        let holder = match collection {
            "openings" => &mut document["latestVersion"],
            _ => document,
        };
        for value in &shown {
            if let Some(known) = holder["customFields"].as_array_mut() {
                known.retain(|known| known["id"] != value["id"]);
            }
            push(holder, "customFields", value.clone());
        }
    });
    Ok(shown)
}

/// A value as the object will show it.
fn shown(desk: &Desk<'_>, object: &str, field: &str, value: &Value) -> Result<Value, Refusal> {
    let field = desk.find("custom_fields", field, MISSING)?;
    if flag(&field, "isPrivate") && !desk.key.private_fields {
        return Err(Refusal::not_found(MISSING));
    }
    let title = text(&field, "title").unwrap_or_default();
    if text(&field, "objectType") != Some(object) || flag(&field, "isArchived") {
        let message = format!("{title} is no field of {object} in use");
        return Err(Refusal::invalid(message));
    }
    let kind = text(&field, "fieldType").unwrap_or_default();
    check_value(&field, kind, value)
        .map_err(|wanted| Refusal::invalid(format!("{title} must be {wanted}")))?;
    let mut shown = json!({
        "id": field["id"],
        "isPrivate": flag(&field, "isPrivate"),
        "title": title,
        "value": value,
    });
    let label = |option: &Value| label_of(&field, option.as_str().unwrap_or_default());
    match kind {
        "ValueSelect" => shown["valueLabel"] = json!(label(value)),
        "MultiValueSelect" => {
            let options = value.as_array().into_iter().flatten();
            shown["valueLabel"] = options.map(|option| json!(label(option))).collect();
        }
        _ => {}
    }
    Ok(shown)
}
