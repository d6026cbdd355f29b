//! One case of the plan: what it is called, what it proves, and what it says when it fails.
//!
//! It owns the words of evidence and of failure. It decides nothing about support: that is the
//! matrix's part.

use std::{collections::BTreeSet, fmt};

use ats_core::{ActionKind, ModelKind};

use crate::Context;

/// The command that runs cases again; a case id goes behind it.
pub const RERUN: &str = "cargo test -p ats-connectors --test conformance --";

/// What a case speaks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// One field of one model.
    Field(ModelKind, String),
    /// A whole model.
    Model(ModelKind),
    /// An action.
    Action(&'static str),
    /// One input of one action.
    Input(ActionKind, String),
    /// A feature.
    Feature(&'static str),
    /// A law that binds every connector.
    Law(&'static str),
    /// The suite itself: that it can fail, and that it saw something.
    Suite,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(model, field) => write!(f, "{model}.{field}"),
            Self::Model(model) => write!(f, "{model}"),
            Self::Action(name) => write!(f, "action {name}"),
            Self::Input(action, input) => write!(f, "{action}.{input}"),
            Self::Feature(name) => write!(f, "feature {name}"),
            Self::Law(id) => write!(f, "law {id}"),
            Self::Suite => f.write_str("the suite"),
        }
    }
}

/// What a case found out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// Every expected record has the expected value.
    Verified {
        /// How many records were compared.
        records: usize,
    },
    /// The expectations tell a right value from a constant one.
    Distinct {
        /// How many different values there are.
        values: usize,
    },
    /// These places of the vendor's answers move the field.
    Traced {
        /// Endpoint and path, as in `job.list:/results/*/title`.
        sources: BTreeSet<String>,
    },
    /// Every alteration of the field's values was noticed.
    Falsifiable {
        /// How many alterations were tried.
        alterations: usize,
    },
    /// Values of the wrong kind cost neither the record nor its siblings, and were reported.
    Hardened {
        /// How many wrong values were tried.
        values: usize,
    },
    /// The field needs these permissions and no other.
    Scoped {
        /// As the vendor calls them.
        permissions: BTreeSet<String>,
    },
    /// The input changes these places of the vendor's requests and no others.
    Sent {
        /// Endpoint and path, as in `candidate.create:/name`.
        paths: BTreeSet<String>,
    },
    /// The input shows in this field once the action is done.
    ReadBack {
        /// Model and field.
        field: String,
    },
    /// The field is always null, as declared.
    Constant,
    /// The field is never filled, as declared.
    Absent,
    /// The engine fills the field, and does it right.
    Engine,
    /// The law holds, or the rule of the feature does.
    Holds,
}

/// What a case that passed leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// What was found out about which claim.
    pub facts: Vec<(Claim, Fact)>,
    /// What a reader should know beside it.
    pub note: Option<String>,
}

impl Evidence {
    /// Evidence of one fact.
    pub fn of(claim: Claim, fact: Fact) -> Self {
        Self {
            facts: vec![(claim, fact)],
            note: None,
        }
    }

    /// The same with something that a reader should know beside it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// Why a case failed, in the parts that a reader needs to act.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    /// What was claimed, as in `candidates.first_name is supported`.
    pub claim: String,
    /// The record it was seen on, if it is about one.
    pub record: Option<String>,
    /// What was expected.
    pub expected: String,
    /// Who says so: a fixture, a rule, a declaration.
    pub from: String,
    /// What came instead.
    pub came: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure of `claim`.
    pub fn of(claim: impl fmt::Display) -> Self {
        Self {
            claim: claim.to_string(),
            ..Self::default()
        }
    }

    /// Names the record.
    #[must_use]
    pub fn record(mut self, record: impl fmt::Display) -> Self {
        self.record = Some(record.to_string());
        self
    }

    /// Says what was expected, and who says so.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display, from: impl fmt::Display) -> Self {
        self.expected = expected.to_string();
        self.from = from.to_string();
        self
    }

    /// Says what came instead.
    #[must_use]
    pub fn came(mut self, came: impl fmt::Display) -> Self {
        self.came = came.to_string();
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// The whole message, with the command that runs `case` again.
    pub fn message(&self, case: &str) -> String {
        let rows = [
            ("claim", Some(&self.claim)),
            ("record", self.record.as_ref()),
            ("expected", Some(&self.expected)),
            ("from", Some(&self.from)),
            ("came", Some(&self.came)),
            ("hint", self.hint.as_ref()),
        ];
        let mut message = String::from("\n");
        for (label, text) in rows {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let text = text.replace('\n', "\n             ");
                message.push_str(&format!("  {label:<9}  {text}\n"));
            }
        }
        message.push_str(&format!("  rerun      {RERUN} {case}\n"));
        message
    }
}

/// One case.
pub struct Case {
    /// Its name, as in `ashby::read::candidates::first_name::value`.
    pub id: String,
    /// What it speaks for.
    pub claims: Vec<Claim>,
    /// Finds out.
    pub run: Run,
}

/// How a case finds out.
pub type Run = Box<dyn FnOnce(&Context) -> Result<Evidence, Failure> + Send>;

impl Case {
    /// A case called `id` that speaks for `claim`.
    pub fn new(
        id: impl Into<String>,
        claim: Claim,
        run: impl FnOnce(&Context) -> Result<Evidence, Failure> + Send + 'static,
    ) -> Self {
        Self {
            id: id.into(),
            claims: vec![claim],
            run: Box::new(run),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("id", &self.id)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_all_it_knows_and_how_to_run_it_again() {
        let failure = Failure::of("users.email is supported")
            .record("0a")
            .expected("\"ada@example.com\"", "fixtures/toy/expected/users.json")
            .came("null");
        assert_eq!(
            failure.message("toy::read::users::email::value"),
            "
  claim      users.email is supported
  record     0a
  expected   \"ada@example.com\"
  from       fixtures/toy/expected/users.json
  came       null
  rerun      cargo test -p ats-connectors --test conformance -- toy::read::users::email::value
"
        );
    }
}
