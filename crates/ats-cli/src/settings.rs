//! The settings of an integration as they are written on the command line: `KEY=VALUE`.
//!
//! A connector's own switches stand beside the settings that every integration has.

use std::{fmt::Write, time::Duration};

use anyhow::Result;
use ats_core::Manifest;
use ats_store::Settings;
use serde_json::{Map, Value, json};

use crate::exit::usage;

/// What every integration can be told.
const KNOWN: &[(&str, &str)] = &[
    (
        "remote_data",
        "true or false: keep the vendor's raw documents and show them (default true)",
    ),
    (
        "api_remote_data",
        "true or false: show the raw documents in the lists of the API too (default false)",
    ),
    (
        "sync_only_created",
        "true or false: keep only candidates and applications that were created or imported through us (default false)",
    ),
    (
        "delta_interval",
        "time between two delta passes of `sync --watch`, such as 90s, 15m, 2h (default 15m)",
    ),
    (
        "full_interval",
        "time between two full passes of `sync --watch`, such as 24h, 7days (default 24h)",
    ),
    (
        "default_source",
        "the source of created candidates when none is named; empty for none (default none)",
    ),
];

/// Splits `KEY=VALUE`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` has no `=`; write it as KEY=VALUE"))?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// Applies pairs in their order; the last of two with the same key holds. Either all of them can be
/// applied or none is.
pub(crate) fn apply(
    settings: &mut Settings,
    manifest: &Manifest,
    pairs: &[(String, String)],
) -> Result<()> {
    let mut changed = settings.clone();
    for (key, value) in pairs {
        apply_one(&mut changed, manifest, key, value)?;
    }
    *settings = changed;
    Ok(())
}

fn apply_one(settings: &mut Settings, manifest: &Manifest, key: &str, value: &str) -> Result<()> {
    match key {
        "remote_data" => settings.remote_data = switch(key, value)?,
        "api_remote_data" => settings.api_remote_data = switch(key, value)?,
        "sync_only_created" => settings.sync_only_created = switch(key, value)?,
        "delta_interval" => settings.delta_interval = interval(key, value)?,
        "full_interval" => settings.full_interval = interval(key, value)?,
        "default_source" => {
            settings.default_source = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        _ => {
            let own = manifest.settings.iter().find(|own| own.name == key);
            let Some(own) = own else {
                return Err(unknown(manifest, key));
            };
            let on = switch(key, value)?;
            if on == own.default {
                settings.switches.remove(key);
            } else {
                settings.switches.insert(key.to_owned(), on);
            }
        }
    }
    Ok(())
}

fn switch(key: &str, value: &str) -> Result<bool> {
    match value {
        "true" | "on" | "yes" => Ok(true),
        "false" | "off" | "no" => Ok(false),
        _ => Err(bad(key, value, "true or false")),
    }
}

fn interval(key: &str, value: &str) -> Result<Duration> {
    let wanted = "a time of whole seconds, such as 90s, 15m, 24h";
    let duration = humantime::parse_duration(value).map_err(|_| bad(key, value, wanted))?;
    if duration.as_secs() == 0 || duration.subsec_nanos() > 0 {
        return Err(bad(key, value, wanted));
    }
    Ok(duration)
}

fn bad(key: &str, value: &str, wanted: &str) -> anyhow::Error {
    usage(
        "bad_setting",
        format!("`{value}` is no value for `{key}`; write {wanted}"),
    )
}

fn unknown(manifest: &Manifest, key: &str) -> anyhow::Error {
    let mut message = format!(
        "there is no setting `{key}` for {}; these are there:",
        manifest.name
    );
    for (key, meaning) in meanings(manifest) {
        // Writing into a text cannot fail.
        let _ = write!(message, "\n  {key:<18}  {meaning}");
    }
    usage("unknown_setting", message)
}

/// Every setting with its meaning.
pub(crate) fn meanings(manifest: &Manifest) -> Vec<(&'static str, String)> {
    let general = KNOWN
        .iter()
        .map(|(key, meaning)| (*key, (*meaning).to_owned()));
    let own = manifest.settings.iter().map(|own| {
        let meaning = format!("true or false: {} (default {})", own.help, own.default);
        (own.name, meaning)
    });
    general.chain(own).collect()
}

/// The settings by key, in the form in which they can be set.
pub(crate) fn shown(settings: &Settings, manifest: Option<&Manifest>) -> Map<String, Value> {
    let time = |duration| {
        humantime::format_duration(duration)
            .to_string()
            .replace(' ', "")
    };
    let mut shown = Map::new();
    shown.insert("remote_data".into(), json!(settings.remote_data));
    shown.insert("api_remote_data".into(), json!(settings.api_remote_data));
    shown.insert(
        "sync_only_created".into(),
        json!(settings.sync_only_created),
    );
    shown.insert(
        "delta_interval".into(),
        json!(time(settings.delta_interval)),
    );
    shown.insert("full_interval".into(), json!(time(settings.full_interval)));
    shown.insert("default_source".into(), json!(settings.default_source));
    for own in manifest.map_or(&[][..], |manifest| manifest.settings) {
        let on = settings.switches.get(own.name).copied();
        shown.insert(own.name.into(), json!(on.unwrap_or(own.default)));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    static MANIFEST: Manifest = Manifest {
        slug: "x",
        name: "X",
        vendor_docs: "",
        base_url: "",
        credentials: &[],
        settings: &[ats_core::Setting {
            name: "loud",
            help: "say more",
            default: true,
        }],
        permissions: &[],
        boxes: &[],
        key_options: &[],
        guides: &[],
    };

    fn set(settings: &mut Settings, pairs: &[&str]) -> Result<()> {
        let pairs: Vec<_> = pairs.iter().map(|pair| parse_pair(pair).unwrap()).collect();
        apply(settings, &MANIFEST, &pairs)
    }

    #[test]
    fn what_is_set_is_shown_in_the_same_form_and_can_be_set_again() {
        let mut settings = Settings::default();
        let pairs = [
            "remote_data=false",
            "delta_interval=90s",
            "full_interval=1h",
            "default_source=Referral",
            "loud=off",
        ];
        set(&mut settings, &pairs).unwrap();
        let shown = shown(&settings, Some(&MANIFEST));
        assert_eq!(shown["remote_data"], false);
        assert_eq!(shown["delta_interval"], "1m30s");
        assert_eq!(shown["full_interval"], "1h");
        assert_eq!(shown["default_source"], "Referral");
        assert_eq!(shown["loud"], false);
        let mut again = Settings::default();
        let pairs: Vec<String> = shown
            .iter()
            .map(|(key, value)| format!("{key}={}", value.to_string().trim_matches('"')))
            .collect();
        let pairs: Vec<&str> = pairs.iter().map(String::as_str).collect();
        set(&mut again, &pairs).unwrap();
        assert_eq!(again, settings);
    }

    #[test]
    fn a_switch_at_its_default_is_not_kept() {
        let mut settings = Settings::default();
        set(&mut settings, &["loud=false", "loud=true"]).unwrap();
        assert!(settings.switches.is_empty());
    }

    #[test]
    fn an_unknown_key_or_value_changes_nothing_and_says_what_can_be_written() {
        let mut settings = Settings::default();
        let message = |outcome: Result<()>| outcome.unwrap_err().to_string();
        let unknown = message(set(&mut settings, &["remote_data=false", "quiet=true"]));
        for part in [
            "`quiet`",
            "remote_data",
            "full_interval",
            "loud",
            "say more",
        ] {
            assert!(unknown.contains(part), "{unknown}");
        }
        assert!(message(set(&mut settings, &["loud=maybe"])).contains("true or false"));
        for interval in ["0s", "soon", "", "1500ms", "-1s"] {
            let pair = format!("delta_interval={interval}");
            assert!(message(set(&mut settings, &[&pair])).contains("15m"));
        }
        assert_eq!(settings, Settings::default());
    }
}
