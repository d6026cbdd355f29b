//! Golden records, for people to see what changed. They never prove that a value is right.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ats_core::ModelKind;
use serde_json::Value;

use crate::{Claim, Context, Evidence, Fact, Failure};

pub(crate) fn snapshot_case(context: &Context, model: ModelKind) -> Result<Evidence, Failure> {
    let mut records = context.subject()?.of(model);
    for record in records.values_mut().filter_map(Value::as_object_mut) {
        // Raw documents are the fixtures themselves.
        record.remove("remote_data");
    }
    let text = serde_json::to_string_pretty(&records).unwrap_or_default();
    compare(context, model.name(), &text)?;
    Ok(Evidence::of(Claim::Suite, Fact::Holds))
}

/// Compares `text` with the golden one called `name`.
pub(crate) fn compare(context: &Context, name: &str, text: &str) -> Result<(), Failure> {
    let Some(folder) = context.harness().snapshots() else {
        return Ok(());
    };
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compared = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(name, text));
    }));
    compared.map_err(|_| {
        Failure::of(format_args!("{name} is mapped as before"))
            .expected("the golden text", format_args!("fixtures/{}/snapshots/{name}.snap", context.harness().slug()))
            .came("another one; the difference is printed above")
            .hint("if the change is meant, accept it with `cargo insta review`; it proves nothing either way")
    })
}
