//! What one perturbed place moves, and what it breaks.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Probe, Standing, Tables,
    perturb::{Class, Variant, plausible, scouts, shows, wrong},
    spot::{Kinds, Source, Spot, overlay, reported},
    sweep::{Effect, RAW, Sweep},
};
use crate::{Key, expected::key_fields, verify::is_absent};

/// What the probing of every place works with.
pub(super) struct Probing<'a> {
    pub(super) sweep: &'a Sweep<'a>,
    pub(super) tables: &'a Tables,
    pub(super) kinds: &'a BTreeMap<Source, Kinds>,
    pub(super) open_texts: &'a [String],
    pub(super) ids: BTreeSet<&'a str>,
}

/// What was found out about one place.
struct Traced {
    is_read: bool,
    moved: Moved,
    texts: Vec<(Variant, Effect)>,
}

impl Probing<'_> {
    /// Finds out which fields come from the place.
    pub(super) fn trace(&self, index: usize, spot: &Spot, probe: &mut Probe) {
        let Traced { is_read, moved, .. } = self.look(spot, probe);
        if !spot.is_leaf() {
            return;
        }
        for ((model, _), field) in &moved.fields {
            let field = (*model, field.clone());
            let sources = probe.sources.entry(field.clone()).or_default();
            sources.insert(spot.source.clone());
            if is_read && !spot.value.is_null() {
                probe.mover(Some(field), spot, index);
            }
        }
        if is_read {
            probe.mover(None, spot, index);
        }
    }

    /// Puts wrong values at the place, and judges what they do.
    pub(super) fn harden(&self, spot: &Spot, probe: &mut Probe) {
        // What this finds was found before; only the judgement is new.
        let Traced { moved, texts, .. } = self.look(spot, &mut Probe::default());
        let none = BTreeSet::new();
        let seen = self
            .kinds
            .get(&spot.source)
            .map_or(&none, |kinds| &kinds.seen);
        for variant in wrong(&spot.value, seen) {
            let effect = self.effect(spot, &variant, probe);
            self.judge_wrong(spot, &variant, &effect, &moved, probe);
        }
        let source = spot.source.to_string();
        for (variant, effect) in texts {
            if self.open_texts.contains(&source) {
                let mut excused = Probe::default();
                self.judge_wrong(spot, &variant, &effect, &moved, &mut excused);
                if !excused.findings.is_empty() {
                    probe.excused.insert(source.clone());
                }
            } else {
                self.judge_wrong(spot, &variant, &effect, &moved, probe);
            }
        }
    }

    fn look(&self, spot: &Spot, probe: &mut Probe) -> Traced {
        let [absent, odd] = scouts(&spot.value);
        let gone = self.effect(spot, &absent, probe);
        let broken = self.effect(spot, &odd, probe);
        let is_read = spot.is_id() || gone.is_noticed() || broken.is_noticed();
        let mut missing = Moved::default();
        missing.add(&gone);
        let mut moved = Moved::default();
        let mut texts = Vec::new();
        if is_read {
            let example = self
                .kinds
                .get(&spot.source)
                .and_then(|kinds| kinds.example.as_ref());
            let is_link = spot
                .value
                .as_str()
                .is_some_and(|text| self.ids.contains(text));
            for variant in plausible(&spot.value, example, is_link) {
                let effect = self.effect(spot, &variant, probe);
                match variant.class {
                    Class::Missing => missing.add(&effect),
                    _ => moved.add(&effect),
                }
                if variant.class == Class::UnknownText {
                    texts.push((variant, effect));
                }
            }
        }
        self.judge_missing(spot, &gone, &moved, probe);
        moved.join(missing);
        Traced {
            is_read,
            moved,
            texts,
        }
    }

    fn effect(&self, spot: &Spot, variant: &Variant, probe: &mut Probe) -> Effect {
        let rename = spot.is_id() && variant.class != Class::Wrong;
        let effect = self
            .sweep
            .effect(&overlay(self.sweep, spot, variant.value.as_ref(), rename));
        let changed = effect
            .changed
            .iter()
            .map(|(key, field, value)| (key.0, field, value));
        let added = effect.added.iter().flat_map(|(key, record)| {
            let fields = record.as_object().into_iter().flatten();
            fields.map(|(field, value)| (key.0, field, value))
        });
        for (model, field, value) in changed.chain(added) {
            let fields = &self.tables.fields[&model];
            let denied = fields.get(field).is_some_and(|field| {
                matches!(
                    self.tables.standing(model, field),
                    Standing::Gap(_) | Standing::Constant(_)
                )
            });
            if denied && !is_absent(value) {
                let known = probe.filled.entry((model, field.clone()));
                known.or_insert_with(|| format!("{} ({})", spot.source, variant.name));
            }
        }
        effect
    }

    /// A value that is not there must not take other records, nor half a record, with it.
    fn judge_missing(&self, spot: &Spot, gone: &Effect, moved: &Moved, probe: &mut Probe) {
        const WITH_IT: usize = 3;
        // A row without its own id does not come this far: the fetch rejects it.
        if !spot.is_leaf() || spot.is_id() {
            return;
        }
        for key in &gone.vanished {
            if !moved.vanished.contains(key) && !reported(spot, &gone.losses) {
                probe.find(
                    key,
                    None,
                    spot,
                    "absent",
                    "the record is gone, and no loss says so".into(),
                );
            }
        }
        let mut extra: BTreeMap<&Key, BTreeSet<&str>> = BTreeMap::new();
        for (key, field, _) in &gone.changed {
            if field != RAW && !moved.fields.contains(&(key.clone(), field.clone())) {
                extra.entry(key).or_default().insert(field);
            }
        }
        for (key, fields) in extra {
            if fields.len() >= WITH_IT {
                let what = format!("{fields:?} change with it, though no other value moves them");
                probe.find(key, None, spot, "absent", what);
            }
        }
    }

    /// A value of the wrong kind may cost the fields that come from it, and must say so.
    fn judge_wrong(
        &self,
        spot: &Spot,
        variant: &Variant,
        effect: &Effect,
        moved: &Moved,
        probe: &mut Probe,
    ) {
        let put = variant.value.clone().unwrap_or_default();
        // A text that decides which records there are makes other records: nothing is lost.
        let other_records = !effect.vanished.is_empty() || !effect.added.is_empty();
        if variant.class == Class::UnknownText && other_records {
            return;
        }
        let is_reported = reported(spot, &effect.losses);
        let base = &self.sweep.bases()[&spot.place];
        for model in base
            .records
            .keys()
            .map(|key| key.0)
            .collect::<BTreeSet<_>>()
        {
            *probe.tried.entry(model).or_default() += 1;
        }
        if effect.panicked {
            for key in base.records.keys().take(1) {
                probe.find(key, None, spot, variant.name, "the mapping panics".into());
            }
        }
        for key in &effect.vanished {
            let owner = moved.vanished.contains(key);
            if !owner {
                probe.find(key, None, spot, variant.name, "the record is gone".into());
            } else if !is_reported && variant.class == Class::Wrong {
                let what = "the record is gone, and no loss says so".to_owned();
                probe.find(key, Some(key_fields(key.0)[0]), spot, variant.name, what);
            }
        }
        for (key, field, value) in &effect.changed {
            if !moved.fields.contains(&(key.clone(), field.clone())) {
                let what = format!("`{field}` changes too, which no other value there moves");
                probe.find(key, None, spot, variant.name, what);
            } else if field != RAW && !is_reported && !shows(value, &put) {
                let what = format!("the value is lost, and no loss names the place: {value}");
                probe.find(key, Some(field), spot, variant.name, what);
            }
        }
        if spot.is_leaf() {
            for ((model, _), field) in &moved.fields {
                *probe.judged.entry((*model, field.clone())).or_default() += 1;
            }
        }
    }
}

/// What values of the vendor's own kind move at one place.
#[derive(Debug, Default)]
struct Moved {
    fields: BTreeSet<(Key, String)>,
    vanished: BTreeSet<Key>,
}

impl Moved {
    fn add(&mut self, effect: &Effect) {
        let changed = effect
            .changed
            .iter()
            .map(|(key, field, _)| (key.clone(), field.clone()));
        self.fields.extend(changed);
        for key in &effect.vanished {
            self.vanished.insert(key.clone());
            let fields = key_fields(key.0).iter();
            self.fields
                .extend(fields.map(|field| (key.clone(), (*field).to_owned())));
        }
    }

    fn join(&mut self, other: Self) {
        self.fields.extend(other.fields);
        self.vanished.extend(other.vanished);
    }
}
