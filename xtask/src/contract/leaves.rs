//! From the errors of a validator to single places in the body.
//!
//! A validator says "fits none of the alternatives"; a person needs to know which value to mend. So
//! the closest alternative is taken and its own errors are reported.

use jsonschema::{ValidationError, error::ValidationErrorKind};

/// One value that does not fit, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// JSON pointer, `*` for an index.
    pub(super) path: String,
    pub(super) rule: String,
    pub(super) null: bool,
    pub(super) message: String,
}

/// The places that a validator's errors come down to.
pub(super) fn of<'a>(errors: impl Iterator<Item = ValidationError<'a>>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for error in errors {
        collect(&error, &mut leaves);
    }
    leaves
}

fn collect(error: &ValidationError<'_>, leaves: &mut Vec<Leaf>) {
    let alternatives = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context
        }
        _ => return leaves.push(leaf(error)),
    };
    let own_path = error.instance_path().as_str();
    let candidates = alternatives.iter().map(|errors| {
        // An alternative for another kind of value altogether is never the one that was meant.
        let other_kind = errors.iter().any(|inner| {
            matches!(inner.kind(), ValidationErrorKind::Type { .. })
                && inner.instance_path().as_str() == own_path
        });
        let mut inner = Vec::new();
        errors.iter().for_each(|error| collect(error, &mut inner));
        (other_kind, inner)
    });
    match candidates.min_by_key(|(other_kind, inner)| (*other_kind, inner.len())) {
        Some((false, inner)) => leaves.extend(inner),
        _ => leaves.push(leaf(error)),
    }
}

fn leaf(error: &ValidationError<'_>) -> Leaf {
    Leaf {
        path: general(error.instance_path().as_str()),
        rule: error.kind().keyword().to_owned(),
        null: error.instance().is_null(),
        message: error.masked().to_string(),
    }
}

/// The pointer with `*` for every index, so that a hundred equal records make one violation.
pub(super) fn general(pointer: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pointer
        .split('/')
        .map(|part| if is_index(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
