//! `ats check`: what a key may do, model by model and field by field, and what to tick so that it
//! may do more.
//!
//! One request to the vendor where the key may look at itself; everything else is known beforehand.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use ats_conformance::live::{LiveReport, examine};
use ats_core::{Access, Connector, Gap, GapStatus, KeyOption, ModelKind, Support};
use ats_store::Integration;
use clap::Args;
use serde::Serialize;

use crate::{
    context::{Context, Global},
    exit::Exit,
    matrix::Proven,
    output::{self, say},
};

mod live;
#[cfg(test)]
mod tests;

/// So many pages of every stream are looked at.
const LIVE_PAGES: usize = 2;

/// The options of `ats check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  ats check acme
  ats check acme --live

Nothing is read that would be kept. The exit code is 0 if the vendor accepts the key, whatever it
may read; 4 if it does not.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// Looks at the first pages of everything, and tells model by model and field by field what works,
    /// what the key lacks, what an option of the key may hide, and what there is nothing of yet. Only
    /// reading endpoints are called.
    #[arg(long)]
    live: bool,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let connector = context.connector(&one)?;
    let access = connector.check().await?;
    let report = Report::of(connector.as_ref(), &access)?;
    let live = match options.live {
        true => {
            let needs = Proven::of(connector.manifest().slug)?.needs();
            let reader = context.reader(&one)?;
            Some(examine(&*reader, &access, &needs, LIVE_PAGES).await)
        }
        false => None,
    };
    if global.json {
        output::json(&Named {
            id: one.id.as_str(),
            name: &one.name,
            report: &report,
            live: live.as_ref(),
        })?;
    } else {
        print(&one, connector.as_ref(), &report)?;
        if let Some(live) = &live {
            let manifest = connector.manifest();
            say!();
            for line in live::lines(live, &|permission| manifest.label_of(permission).to_owned()) {
                say!("{line}");
            }
        }
    }
    Ok(Exit::Complete)
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a LiveReport>,
}

/// What a key may do.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The vendor's name of the key, if it tells.
    key: Option<String>,
    /// The permissions that are there.
    granted: BTreeSet<String>,
    models: BTreeMap<ModelKind, ModelReport>,
    actions: BTreeMap<&'static str, SlotReport>,
    features: BTreeMap<&'static str, SlotReport>,
    /// What to tick on the vendor's key page so that everything can be read.
    tick: Vec<&'static str>,
    /// What else could be ticked there.
    optional: Vec<&'static str>,
    /// Switches of the key that no vendor tells about.
    key_options: Vec<OptionReport>,
}

#[derive(Debug, Serialize)]
struct ModelReport {
    ok: bool,
    missing_permissions: Vec<String>,
    /// The fields with something missing.
    fields: BTreeMap<String, FieldReport>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    gap: Option<GapReport>,
}

#[derive(Debug, Serialize)]
struct FieldReport {
    missing_permissions: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct SlotReport {
    ok: bool,
    missing_permissions: Vec<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    gap: Option<GapReport>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct GapReport {
    status: GapStatus,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct OptionReport {
    label: &'static str,
    decides: &'static str,
    /// The models of which records are hidden without it.
    models: Vec<ModelKind>,
    /// The fields that are incomplete without it, as in `jobs.custom_fields`.
    fields: Vec<String>,
}

impl From<&Gap> for GapReport {
    fn from(gap: &Gap) -> Self {
        Self {
            status: gap.status,
            reason: gap.reason,
        }
    }
}

impl From<&KeyOption> for OptionReport {
    fn from(option: &KeyOption) -> Self {
        let fields = option.fields.iter();
        Self {
            label: option.label,
            decides: option.decides,
            models: option.records.to_vec(),
            fields: fields
                .map(|(model, field)| format!("{model}.{field}"))
                .collect(),
        }
    }
}

impl Report {
    /// What `access` means for everything that the connector answers for.
    pub(crate) fn of(connector: &dyn Connector, access: &Access) -> Result<Self> {
        let manifest = connector.manifest();
        let proven = Proven::of(manifest.slug)?;
        let reads = connector.reads();
        let models = reads.slots().into_iter().map(|(model, slot)| {
            let missing = access.missing.get(&model).cloned().unwrap_or_default();
            let fields = proven.missing(model, &access.granted).into_iter();
            let fields = fields.map(|(field, missing)| {
                let missing_permissions = missing.into_iter().map(str::to_owned).collect();
                (
                    field.to_owned(),
                    FieldReport {
                        missing_permissions,
                    },
                )
            });
            let report = ModelReport {
                ok: slot.gap().is_none() && missing.is_empty(),
                missing_permissions: missing,
                fields: fields.collect(),
                gap: slot.gap().map(GapReport::from),
            };
            (model, report)
        });
        let lacking = |permission: &str| !access.granted.contains(permission);
        let (needed, other): (Vec<_>, Vec<_>) = manifest
            .boxes
            .iter()
            .filter(|found| lacking(found.permission))
            .partition(|found| manifest.permissions.contains(&found.permission));
        let labels =
            |boxes: Vec<&ats_core::KeyBox>| boxes.iter().map(|found| found.label).collect();
        Ok(Self {
            key: access.title.clone(),
            granted: access.granted.clone(),
            models: models.collect(),
            actions: slots(connector.actions().slots(), &access.missing_for_actions),
            features: slots(connector.features().slots(), &BTreeMap::new()),
            tick: labels(needed),
            optional: labels(other),
            key_options: manifest
                .key_options
                .iter()
                .map(OptionReport::from)
                .collect(),
        })
    }
}

fn slots<T>(
    slots: Vec<(&'static str, &Support<T>)>,
    missing: &BTreeMap<&'static str, Vec<String>>,
) -> BTreeMap<&'static str, SlotReport> {
    let reports = slots.into_iter().map(|(name, support)| {
        let gap = support.gap().map(GapReport::from);
        let missing_permissions = missing.get(name).cloned().unwrap_or_default();
        let ok = gap.is_none() && missing_permissions.is_empty();
        let report = SlotReport {
            ok,
            missing_permissions,
            gap,
        };
        (name, report)
    });
    reports.collect()
}

fn print(one: &Integration, connector: &dyn Connector, report: &Report) -> Result<()> {
    let manifest = connector.manifest();
    let title = report.key.as_deref();
    let title = title.map_or_else(String::new, |title| format!(" `{title}`"));
    say!(
        "{} accepts the key{title} of {} ({}).",
        manifest.name,
        one.name,
        one.id
    );
    say!();
    for line in report.lines(&|permission| manifest.label_of(permission).to_owned()) {
        say!("{line}");
    }
    if report.tick.is_empty() {
        return Ok(());
    }
    say!();
    let help = manifest.credentials.first();
    say!(
        "To read everything, tick these for the key at {}:",
        manifest.name
    );
    for label in &report.tick {
        say!("  [ ] {label}");
    }
    if let Some(help) = help {
        say!("  ({}: {})", help.label, help.help);
    }
    Ok(())
}

impl Report {
    /// The report as people read it. `label` names the box of a permission.
    fn lines(&self, label: &dyn Fn(&str) -> String) -> Vec<String> {
        let mut lines = Vec::new();
        let head = |text: &str, lines: &mut Vec<String>| {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(console::style(text).bold().to_string());
        };
        head("Models", &mut lines);
        for (model, report) in &self.models {
            lines.push(format!("  {:<26} {}", model.name(), report.word(label)));
            let own: BTreeSet<&str> = report
                .missing_permissions
                .iter()
                .map(String::as_str)
                .collect();
            let mut by_missing: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
            for (field, report) in &report.fields {
                let missing = report.missing_permissions.iter().map(String::as_str);
                let more: Vec<&str> = missing.filter(|name| !own.contains(name)).collect();
                if !more.is_empty() {
                    by_missing.entry(more).or_default().push(field);
                }
            }
            for (missing, fields) in by_missing {
                let boxes: Vec<_> = missing.into_iter().map(label).collect();
                let text = format!("without {}: {}", boxes.join(", "), fields.join(", "));
                lines.extend(output::wrapped(&text, 31));
            }
        }
        for (text, slots) in [("Actions", &self.actions), ("Features", &self.features)] {
            head(text, &mut lines);
            let mut by_word: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (name, report) in slots {
                let missing = report.missing_permissions.iter();
                let missing: Vec<_> = missing.map(|permission| label(permission)).collect();
                let word = match &report.gap {
                    None if missing.is_empty() => "works".to_owned(),
                    None => format!("missing {}", missing.join(", ")),
                    Some(gap) => format!("not available: {}", gap.reason),
                };
                by_word.entry(word).or_default().push(name);
            }
            for (word, names) in by_word.into_iter().rev() {
                lines.extend(output::wrapped(&format!("{}: {word}", names.join(", ")), 2));
            }
        }
        if !self.key_options.is_empty() {
            head(
                "Options of the key (the vendor does not tell how they stand)",
                &mut lines,
            );
        }
        for option in &self.key_options {
            lines.push(format!("  {}", option.label));
            lines.extend(output::wrapped(&format!("decides {}", option.decides), 6));
            let models = option.models.iter().map(|model| model.name().to_owned());
            let touched: Vec<String> = models.chain(option.fields.iter().cloned()).collect();
            lines.extend(output::wrapped(&touched.join(", "), 6));
        }
        if !self.optional.is_empty() {
            let text = format!("Not needed, but useful: {}", self.optional.join(", "));
            lines.extend([String::new(), text]);
        }
        lines
    }
}

impl ModelReport {
    fn word(&self, label: &dyn Fn(&str) -> String) -> String {
        if let Some(gap) = &self.gap {
            return format!("not available: {}", gap.reason);
        }
        if self.ok {
            return "works".to_owned();
        }
        let boxes = self.missing_permissions.iter().map(|name| label(name));
        format!("missing: {}", boxes.collect::<Vec<_>>().join(", "))
    }
}
