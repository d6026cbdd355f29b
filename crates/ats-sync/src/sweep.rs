//! Whether what a complete walk did not bring may be taken away. Pure.

use ats_store::{Missing, Problem};

/// A sweep that takes away more than this share of a model waits for a person.
const MOST_PERCENT: u64 = 15;

/// However small a model is, so many of it may go.
const ALWAYS_FINE: u64 = 20;

/// What is to be done about what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is missing.
    Nothing,
    /// It is taken away.
    Sweep,
    /// It stays, and this is why.
    Held(Problem),
}

/// Judges what an ended walk with so many rejects did not bring.
pub(crate) fn judge(missing: &Missing, rejects: u64, accept_deletions: bool) -> Verdict {
    if missing.bundles == 0 {
        return Verdict::Nothing;
    }
    if rejects > 0 {
        let rows = if rejects == 1 {
            "1 row has".to_owned()
        } else {
            format!("{rejects} rows have")
        };
        return Verdict::Held(Problem {
            kind: "deletions_unsure".to_owned(),
            message: format!(
                "{rows} no usable id and may be any of the {} that are missing, so nothing is \
                 marked as deleted; see the rejects, and sync again when the vendor has mended them",
                missing.bundles
            ),
        });
    }
    let held: Vec<String> = missing
        .models
        .iter()
        .filter(|(_, share)| {
            share.missing > ALWAYS_FINE && share.missing * 100 > share.live * MOST_PERCENT
        })
        .map(|(model, share)| format!("{} of {} {model}", share.missing, share.live))
        .collect();
    if held.is_empty() || accept_deletions {
        return Verdict::Sweep;
    }
    Verdict::Held(Problem {
        kind: "deletions_held".to_owned(),
        message: format!(
            "{} are missing at the vendor, which is more than {MOST_PERCENT} %, so nothing is \
             marked as deleted. If they are gone for good, sync again with --accept-deletions; if \
             the key may no longer see them, give it back what it lost and sync again with --full",
            held.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use ats_core::ModelKind;
    use ats_store::MissingOfModel;

    use super::*;

    fn missing(counts: &[(ModelKind, u64, u64)]) -> Missing {
        let share = |&(model, missing, live)| (model, MissingOfModel { missing, live });
        Missing {
            bundles: counts.iter().map(|(_, missing, _)| missing).sum(),
            models: counts.iter().map(share).collect(),
        }
    }

    fn kind(verdict: Verdict) -> String {
        match verdict {
            Verdict::Nothing => "nothing".to_owned(),
            Verdict::Sweep => "sweep".to_owned(),
            Verdict::Held(problem) => problem.kind,
        }
    }

    #[test]
    fn a_sweep_that_takes_too_much_of_a_model_waits() {
        use ModelKind::{Candidate, Tag};
        let cases: &[(&[_], u64, bool, &str)] = &[
            (&[], 0, false, "nothing"),
            (&[], 7, false, "nothing"),
            (&[(Candidate, 15, 100)], 0, false, "sweep"),
            (&[(Candidate, 20, 20)], 0, false, "sweep"),
            (&[(Candidate, 21, 21)], 0, false, "deletions_held"),
            (&[(Candidate, 21, 140)], 0, false, "sweep"),
            (&[(Candidate, 22, 146)], 0, false, "deletions_held"),
            (&[(Candidate, 22, 147)], 0, false, "sweep"),
            (
                &[(Candidate, 1, 1000), (Tag, 30, 40)],
                0,
                false,
                "deletions_held",
            ),
            (&[(Candidate, 100, 100)], 0, true, "sweep"),
            (&[(Candidate, 1, 1000)], 1, false, "deletions_unsure"),
            (&[(Candidate, 1, 1000)], 1, true, "deletions_unsure"),
        ];
        for (counts, rejects, accept, expected) in cases {
            let verdict = judge(&missing(counts), *rejects, *accept);
            assert_eq!(kind(verdict), *expected, "{counts:?} {rejects} {accept}");
        }
    }

    #[test]
    fn what_is_held_is_counted_and_the_flag_is_named() {
        let verdict = judge(&missing(&[(ModelKind::Candidate, 50, 100)]), 0, false);
        let Verdict::Held(problem) = verdict else {
            unreachable!("{verdict:?}");
        };
        assert!(
            problem
                .message
                .starts_with("50 of 100 candidates are missing")
        );
        assert!(problem.message.contains("--accept-deletions"));
    }
}
