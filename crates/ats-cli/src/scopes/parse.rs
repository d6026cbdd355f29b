//! Scopes as they are written on the command line: `ats_candidates.email_addresses=disabled`.

use anyhow::Result;
use ats_core::{ActionKind, ModelKind, fields};
use ats_server::{action_name, model_name};
use ats_store::{Scope, ScopeSetting, ScopeSettings};
use serde_json::{Map, Value};

use crate::{exit::usage, names};

/// Applies pairs in their order; what is enabled is not kept. Either all of them can be applied or
/// none is.
pub(super) fn apply(settings: &mut ScopeSettings, pairs: &[(String, String)]) -> Result<()> {
    let mut changed = settings.clone();
    for (key, value) in pairs {
        apply_one(&mut changed, key, setting(key, value)?)?;
    }
    *settings = changed;
    Ok(())
}

fn apply_one(settings: &mut ScopeSettings, key: &str, setting: ScopeSetting) -> Result<()> {
    if let Some((model, field)) = key.split_once('.') {
        let kind = names::model(model).ok_or_else(|| unknown(key))?;
        examine_field(kind, field)?;
        let of_model = settings.fields.entry(kind.name().to_owned()).or_default();
        keep(of_model, field, setting);
        settings.fields.retain(|_, fields| !fields.is_empty());
    } else if let Some(kind) = names::model(key) {
        keep(&mut settings.models, kind.name(), setting);
    } else if let Some(kind) = names::action(key) {
        keep(&mut settings.actions, kind.name(), setting);
    } else {
        return Err(unknown(key));
    }
    Ok(())
}

fn keep(
    all: &mut std::collections::BTreeMap<String, ScopeSetting>,
    name: &str,
    setting: ScopeSetting,
) {
    match setting {
        ScopeSetting::Enabled => all.remove(name),
        setting => all.insert(name.to_owned(), setting),
    };
}

fn setting(key: &str, value: &str) -> Result<ScopeSetting> {
    match value.to_ascii_lowercase().as_str() {
        "enabled" => Ok(ScopeSetting::Enabled),
        "disabled" => Ok(ScopeSetting::Disabled),
        "optional" => Ok(ScopeSetting::Optional),
        _ => Err(usage(
            "bad_setting",
            format!("`{value}` is no value for `{key}`; write enabled, disabled or optional"),
        )),
    }
}

/// A field that can be left empty.
fn examine_field(kind: ModelKind, field: &str) -> Result<()> {
    let all = fields(kind);
    let can_be_off = |field: &ats_core::Field| !field.engine && (field.nullable || field.list);
    if all.get(field).is_some_and(can_be_off) {
        return Ok(());
    }
    let known = all.values().filter(|field| can_be_off(field));
    let known: Vec<&str> = known.map(|field| field.name.as_str()).collect();
    Err(usage(
        "unknown_field",
        format!(
            "`{field}` is no field of {} that can be switched off; {}",
            model_name(kind),
            match known.as_slice() {
                [] => "it has none".to_owned(),
                known => format!("these can: {}", known.join(", ")),
            }
        ),
    ))
}

fn unknown(key: &str) -> anyhow::Error {
    let models = ModelKind::ALL.iter().map(|kind| model_name(*kind));
    let actions = ActionKind::ALL.iter().map(|kind| action_name(*kind));
    let known: Vec<&str> = models.chain(actions).collect();
    usage(
        "unknown_setting",
        format!(
            "`{key}` is no model, MODEL.FIELD or action; these are there: {}",
            known.join(", ")
        ),
    )
}

/// What is not simply enabled, by the names of the unified API.
pub(super) fn shown(settings: &ScopeSettings) -> Map<String, Value> {
    let wire_model =
        |name: &str| names::model(name).map_or(name.to_owned(), |kind| model_name(kind).to_owned());
    let word = |setting: &ScopeSetting| match setting {
        ScopeSetting::Enabled => "enabled",
        ScopeSetting::Disabled => "disabled",
        ScopeSetting::Optional => "optional",
    };
    let mut shown = Map::new();
    for (name, setting) in &settings.models {
        shown.insert(wire_model(name), word(setting).into());
    }
    for (model, fields) in &settings.fields {
        for (field, setting) in fields {
            shown.insert(
                format!("{}.{field}", wire_model(model)),
                word(setting).into(),
            );
        }
    }
    for (name, setting) in &settings.actions {
        let name = names::action(name).map_or(name.as_str(), |kind| action_name(kind));
        shown.insert(name.to_owned(), word(setting).into());
    }
    shown
}

/// The same as it can be written.
pub(super) fn pairs(settings: &ScopeSettings) -> Vec<String> {
    let shown = shown(settings).into_iter();
    let mut pairs: Vec<String> = shown
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// What is off, by the names of the unified API.
pub(crate) fn off(scope: &Scope) -> Vec<String> {
    let disabled = |names: &std::collections::BTreeSet<String>| {
        let names = names.iter();
        names
            .map(|name| (name.clone(), ScopeSetting::Disabled))
            .collect()
    };
    let settings = ScopeSettings {
        models: disabled(&scope.models_off),
        fields: scope
            .fields_off
            .iter()
            .map(|(model, fields)| (model.clone(), disabled(fields)))
            .collect(),
        actions: disabled(&scope.actions_off),
    };
    shown(&settings).into_iter().map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(settings: &mut ScopeSettings, pairs: &[(&str, &str)]) -> Result<()> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        apply(settings, &pairs)
    }

    #[test]
    fn names_of_the_unified_api_and_our_own_mean_the_same() {
        let (mut ours, mut theirs) = (ScopeSettings::default(), ScopeSettings::default());
        let all = [
            ("candidates.email_addresses", "disabled"),
            ("candidate_tags", "optional"),
            ("add_tag_to_candidate", "disabled"),
        ];
        set(&mut ours, &all).unwrap();
        let all = [
            ("ats_candidates.email_addresses", "DISABLED"),
            ("ats_join_candidates_tags", "optional"),
            ("ats_add_candidate_tag", "disabled"),
        ];
        set(&mut theirs, &all).unwrap();
        assert_eq!(ours, theirs);
        let expected = [
            "ats_add_candidate_tag=disabled",
            "ats_candidates.email_addresses=disabled",
            "ats_join_candidates_tags=optional",
        ];
        assert_eq!(pairs(&ours), expected);
        let back = all.map(|(key, _)| (key, "enabled"));
        set(&mut ours, &back).unwrap();
        assert_eq!(ours, ScopeSettings::default());
    }

    #[test]
    fn what_there_is_not_or_must_be_there_is_refused_with_what_can_be_written() {
        let mut settings = ScopeSettings::default();
        let mut message = |key: &str, value: &str| {
            let outcome = set(&mut settings, &[("tags", "disabled"), (key, value)]);
            outcome.unwrap_err().to_string()
        };
        assert!(message("cats", "disabled").contains("ats_candidates"));
        assert!(message("ats_candidates.remote_id", "disabled").contains("first_name"));
        assert!(message("ats_candidates.nose", "disabled").contains("first_name"));
        assert!(message("ats_candidates", "maybe").contains("optional"));
        assert_eq!(settings, ScopeSettings::default());
    }
}
