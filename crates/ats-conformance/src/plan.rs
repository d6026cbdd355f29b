//! The plan: every case of one connector, generated from the models and from its own tables.
//!
//! A field that is added to a model is in the plan of every connector without anyone's doing.

use std::sync::Arc;

use ats_core::{Field, ModelKind, Support};

use crate::{
    Case, Claim, Context, Evidence, Fact, Failure,
    act::action_cases,
    features::feature_case,
    laws::LawEvidence,
    prove::{
        Standing, constant_case, distinct_case, engine_case, gap_case, losses_case, malformed_case,
        model_gap_case, model_malformed_case, open_texts_case, permissions_case, records_case,
        reference_case, slot_gap_case, tables_case, tamper_case, trace_case, value_case,
    },
    snapshot::snapshot_case,
};

/// The fields that only an engine fills.
const ENGINE: [&str; 3] = ["id", "changed_at", "remote_deleted_at"];

/// Every case of the connector in `context`.
pub fn plan(context: &Context) -> Vec<Case> {
    let slug = context.harness().slug();
    let mut cases = vec![
        Case::new(format!("{slug}::meta::tables"), Claim::Suite, tables_case),
        Case::new(
            format!("{slug}::meta::open_texts"),
            Claim::Suite,
            open_texts_case,
        ),
        Case::new(format!("{slug}::read::losses"), Claim::Suite, losses_case),
    ];
    for model in ModelKind::ALL {
        cases.extend(model_cases(context, *model));
    }
    cases.extend(context.laws().map(|law| {
        let id = law.id;
        let name = format!("{slug}::law::{}", id.replace('/', "::"));
        Case::new(name, Claim::Law(id), move |context| {
            let LawEvidence { judged, note } = context.law(id)?;
            if *judged == 0 {
                return Err(Failure::of(format_args!("law {id}"))
                    .expected("something to judge", "the law itself")
                    .came("nothing, which proves nothing"));
            }
            let evidence = Evidence::of(Claim::Law(id), Fact::Holds);
            Ok(match note {
                Some(note) => evidence.note(note.clone()),
                None => evidence,
            })
        })
    }));
    cases.extend(action_cases(context));
    cases.extend(slot_cases(context));
    cases
}

fn model_cases(context: &Context, model: ModelKind) -> Vec<Case> {
    let slug = context.harness().slug();
    let tables = context.tables();
    let name = |what: &str| format!("{slug}::read::{model}::{what}");
    if let Some(gap) = tables.coverage.models[&model].gap {
        let run = move |context: &Context| model_gap_case(context, model, gap);
        return vec![Case::new(name("gap"), Claim::Model(model), run)];
    }
    let of_model = |what: &str, run: fn(&Context, ModelKind) -> Result<Evidence, Failure>| {
        Case::new(name(what), Claim::Model(model), move |context| {
            run(context, model)
        })
    };
    let mut cases = vec![
        of_model("records", records_case),
        of_model("malformed", model_malformed_case),
        of_model("snapshot", snapshot_case),
    ];
    for field in tables.fields[&model].values() {
        cases.extend(field_cases(context, model, field));
    }
    cases
}

type Prove = fn(&Context, ModelKind, &Field) -> Result<Evidence, Failure>;

fn field_cases(context: &Context, model: ModelKind, field: &Field) -> Vec<Case> {
    let slug = context.harness().slug();
    let claim = || Claim::Field(model, field.name.clone());
    let name = |what: &str| format!("{slug}::read::{model}::{}::{what}", field.name);
    let shared = Arc::new(field.clone());
    let simple = |what: &str, prove: Prove| {
        let field = Arc::clone(&shared);
        Case::new(name(what), claim(), move |context| {
            prove(context, model, &field)
        })
    };
    match context.tables().standing(model, field) {
        Standing::Engine => {
            let engine = ENGINE.into_iter().find(|engine| *engine == field.name);
            let field = field.name.clone();
            let run = move |context: &Context| match engine {
                Some(name) => engine_case(context, model, name),
                None => Err(Failure::of(format_args!("{model}.{field} is the engine's"))
                    .expected("a rule that proves it", "the suite")
                    .came("none")),
            };
            vec![Case::new(name("engine"), claim(), run)]
        }
        Standing::Gap(gap) => {
            let field = Arc::clone(&shared);
            let run = move |context: &Context| gap_case(context, model, &field, gap);
            vec![Case::new(name("gap"), claim(), run)]
        }
        Standing::Constant(constant) => {
            let field = Arc::clone(&shared);
            let run = move |context: &Context| constant_case(context, model, &field, constant);
            vec![Case::new(name("constant"), claim(), run)]
        }
        Standing::Claimed => {
            let value: Prove = |context, model, field| value_case(context, model, &field.name);
            let mut cases = vec![
                simple("value", value),
                simple("distinct", distinct_case),
                simple("trace", trace_case),
                simple("tamper", tamper_case),
                simple("malformed", malformed_case),
                simple("permissions", permissions_case),
            ];
            if let Some(target) = field.target {
                let field = Arc::clone(&shared);
                let run = move |context: &Context| reference_case(context, model, &field, target);
                cases.push(Case::new(name("reference"), claim(), run));
            }
            cases
        }
    }
}

fn slot_cases(context: &Context) -> Vec<Case> {
    let slug = context.harness().slug();
    let coverage = &context.tables().coverage;
    let support = |gap: &Option<ats_core::Gap>| gap.map_or(Support::Yes(()), Support::No);
    let actions = coverage.actions.iter().map(|(name, action)| {
        let (name, support) = (*name, support(&action.gap));
        let claim = Claim::Action(name);
        let run = move |_: &Context| slot_gap_case(Claim::Action(name), support);
        (action.gap.is_some()).then(|| Case::new(format!("{slug}::action::{name}"), claim, run))
    });
    let actions = actions.flatten();
    let features = coverage.features.iter().map(|(name, gap)| {
        let (name, support) = (*name, support(gap));
        let claim = Claim::Feature(name);
        let run = move |context: &Context| feature_case(context, name, support);
        Case::new(format!("{slug}::feature::{name}"), claim, run)
    });
    actions.chain(features).collect()
}
