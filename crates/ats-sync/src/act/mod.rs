//! Performing an action: from the caller's input to the answer, through the ledger.
//!
//! It owns the order of things: understand, write down, resolve, perform, read back, answer. It must
//! not know any vendor, nor how an answer looks on the wire: whoever asks hands that over.

mod journal;
mod mirror;
mod resolve;

use std::{sync::Arc, time::Duration};

use ats_core::{
    Action, ActionContext, ActionKind, Connector, Effect, Error, ErrorKind, Outcome, PlannedCall,
    Support, Unjournaled, Warning, Write, action::Parsed,
};
use ats_store::{
    ActionEnd, ActionEntry, ActionState, Cause, Guard, Integration, NewAction, Store, Tracked,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Engine, engine::blocking, session::Time};
use journal::{Ledger, Planner};
use mirror::StoredMirror;

/// What a caller wants done.
#[derive(Debug, Clone)]
pub struct ActRequest {
    /// The action.
    pub kind: ActionKind,
    /// The request body and the ids of the path.
    pub input: Value,
    /// What the caller calls this intent; repeating it does nothing twice.
    pub idempotency_key: Option<String>,
    /// Only says what would be sent.
    pub dry_run: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Acted {
    /// It was done, now or when the same intent came before: the answer, as JSON text.
    Done(String),
    /// What a dry run found out.
    Planned {
        /// The calls that would be made, in their order.
        calls: Vec<PlannedCall>,
        /// What the caller would be warned of.
        warnings: Vec<Warning>,
    },
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// The input, the vendor, or the connector.
    #[error(transparent)]
    Action(#[from] Error),
    /// The store.
    #[error(transparent)]
    Engine(#[from] crate::Error),
}

impl From<ats_store::Error> for ActError {
    fn from(error: ats_store::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// Makes the answer of an action from the mirror, once it shows what was done.
pub type Render =
    dyn Fn(&dyn Store, &Integration, &Outcome) -> ats_store::Result<Value> + Send + Sync;

/// How long an action waits for another one with the same idempotency key.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it looks meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

impl Engine {
    /// Performs an action, or gives the answer of the same intent that came before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InputInvalid`] for an input that cannot be used, an unknown record, or an
    /// idempotency key that was used for something else; [`ErrorKind::NotAvailable`] for a gap;
    /// whatever the vendor refuses; the store.
    pub async fn act(
        &self,
        integration: &Integration,
        connector: Arc<dyn Connector>,
        request: ActRequest,
        render: Arc<Render>,
    ) -> Result<Acted, ActError> {
        let claim = claim(&*connector, request.kind)?;
        let hash = hash(request.kind, &request.input);
        let Parsed {
            action,
            given,
            mut warnings,
        } = request.kind.parse(request.input)?;
        warnings.extend(claim.warnings(&given));
        let performance = Performance {
            engine: self,
            integration,
            connector,
            render,
        };
        if request.dry_run {
            return performance.plan(action, warnings).await;
        }
        if request.kind.only_reads() {
            let performed = performance.perform(action, &Unjournaled, None).await?;
            let answer = performance.answer(performed, warnings).await?;
            return Ok(Acted::Done(answer));
        }
        let key = request.idempotency_key;
        let answer = performance.once(action, warnings, key, hash).await?;
        Ok(Acted::Done(answer))
    }
}

/// What surrounds one action.
struct Performance<'a> {
    engine: &'a Engine,
    integration: &'a Integration,
    connector: Arc<dyn Connector>,
    render: Arc<Render>,
}

impl Performance<'_> {
    /// Performs an action under the ledger.
    async fn once(
        &self,
        action: Action,
        warnings: Vec<Warning>,
        key: Option<String>,
        hash: String,
    ) -> Result<String, ActError> {
        let kind = action.kind();
        // Held until the end: whoever repeats an intent that is under way waits for its answer.
        let _guard = match &key {
            Some(key) => Some(self.wait_for(&format!("action {key}")).await?),
            None => None,
        };
        // Only a key makes anybody look at the hash; without one it would tell of the input in vain.
        let hash = match &key {
            Some(_) => hash,
            None => String::new(),
        };
        let entry = self.begin(kind, key, hash.clone()).await?;
        if entry.input_hash != hash || entry.action != kind.name() {
            return Err(reused().into());
        }
        if let (ActionState::Confirmed, Some(answer)) = (entry.state, entry.answer.clone()) {
            return Ok(answer);
        }
        let ledger = Ledger::new(
            self.engine.store(),
            self.integration.id.clone(),
            entry.key,
            self.engine.clock(),
        );
        let end = match self.perform(action, &ledger, Some(kind)).await {
            Ok(outcome) => self.answer(outcome, warnings).await,
            Err(error) => Err(error),
        };
        self.end(&entry, &end).await?;
        end
    }

    /// Resolves what the input names, lets the connector do it, and brings the mirror up to date.
    async fn perform(
        &self,
        action: Action,
        journal: &dyn ats_core::Journal,
        cause: Option<ActionKind>,
    ) -> Result<Outcome, ActError> {
        let (action, mut warnings) = self.resolved(action).await?;
        let mirror = StoredMirror::new(self.engine.store(), self.integration.id.clone());
        let clock = self.engine.clock();
        let context = ActionContext {
            dry_run: false,
            journal,
            mirror: &mirror,
            default_source: self.integration.settings.default_source.as_deref(),
            clock: &*clock,
        };
        let mut outcome = self.connector.perform(&action, &context).await?;
        warnings.append(&mut outcome.warnings);
        outcome.warnings = warnings;
        if let Some(kind) = cause {
            self.read_back(kind, &mut outcome).await?;
        }
        Ok(outcome)
    }

    /// The action with the vendor's ids in place of ours.
    async fn resolved(&self, mut action: Action) -> Result<(Action, Vec<Warning>), ActError> {
        let (store, id) = (self.engine.store(), self.integration.id.clone());
        let resolved = blocking(move || {
            let warnings = resolve::all(&*store, &id, &mut action)?;
            Ok(warnings.map(|warnings| (action, warnings)))
        });
        Ok(resolved.await??)
    }

    /// Says what would be sent.
    async fn plan(&self, action: Action, mut warnings: Vec<Warning>) -> Result<Acted, ActError> {
        let (action, more) = self.resolved(action).await?;
        warnings.extend(more);
        let planner = Planner::default();
        let mirror = StoredMirror::new(self.engine.store(), self.integration.id.clone());
        let clock = self.engine.clock();
        let context = ActionContext {
            dry_run: true,
            journal: &planner,
            mirror: &mirror,
            default_source: self.integration.settings.default_source.as_deref(),
            clock: &*clock,
        };
        let outcome = self.connector.perform(&action, &context).await?;
        warnings.extend(outcome.warnings);
        Ok(Acted::Planned {
            calls: planner.into_calls(),
            warnings,
        })
    }

    /// Brings into the mirror what the action touched.
    async fn read_back(&self, kind: ActionKind, outcome: &mut Outcome) -> Result<(), ActError> {
        if !outcome.created.is_empty() {
            let (store, id) = (self.engine.store(), self.integration.id.clone());
            let created = outcome.created.iter();
            let tracked: Vec<Tracked> = created
                .map(|(model, remote_id)| Tracked {
                    model: *model,
                    remote_id: remote_id.clone(),
                })
                .collect();
            blocking(move || Ok(store.track(&id, &tracked, &[])?)).await?;
        }
        let touched = outcome.touched.iter().cloned();
        let effects: Vec<Effect> = touched.map(Effect::Read).collect();
        let cause = Cause::Action(kind.name().to_owned());
        let report = self
            .engine
            .read_named(
                self.integration,
                Arc::clone(&self.connector),
                &effects,
                cause,
            )
            .await?;
        if let Some(problem) = report.problem() {
            outcome.warnings.push(Warning::new(format!(
                "it was done, but could not be read back yet; the next sync brings it into the \
                 mirror ({})",
                problem.message
            )));
        }
        Ok(())
    }

    /// The answer as JSON text.
    async fn answer(
        &self,
        outcome: Outcome,
        mut warnings: Vec<Warning>,
    ) -> Result<String, ActError> {
        warnings.extend(outcome.warnings.iter().cloned());
        let (store, integration) = (self.engine.store(), self.integration.clone());
        let render = Arc::clone(&self.render);
        let data = blocking(move || Ok(render(&*store, &integration, &outcome)?)).await?;
        let warnings: Vec<Value> = warnings
            .into_iter()
            .map(|warning| serde_json::json!({ "message": warning.message }))
            .collect();
        Ok(serde_json::json!({ "data": data, "warnings": warnings }).to_string())
    }

    async fn begin(
        &self,
        kind: ActionKind,
        key: Option<String>,
        hash: String,
    ) -> Result<ActionEntry, ActError> {
        let (store, id) = (self.engine.store(), self.integration.id.clone());
        let clock = self.engine.clock();
        let entry = blocking(move || {
            let at = Time::new(clock, store.latest(&id)?).now();
            let new = NewAction {
                id: crate::session::pass_id(&id, at),
                action: kind.name().to_owned(),
                idempotency_key: key,
                input_hash: hash,
                at,
            };
            Ok(store.begin_action(&id, &new)?)
        })
        .await?;
        Ok(entry)
    }

    async fn end(
        &self,
        entry: &ActionEntry,
        end: &Result<String, ActError>,
    ) -> Result<(), ActError> {
        let (state, answer, problem) = match end {
            Ok(answer) => (ActionState::Confirmed, Some(answer.clone()), None),
            Err(ActError::Action(error)) if *error.kind() == ErrorKind::OutcomeUnknown => {
                (ActionState::Unknown, None, Some(error.kind().code()))
            }
            // The code alone: a message of the vendor may quote an input.
            Err(ActError::Action(error)) => (ActionState::Failed, None, Some(error.kind().code())),
            Err(ActError::Engine(_)) => (ActionState::Unknown, None, Some("store")),
        };
        let (store, id, key) = (self.engine.store(), self.integration.id.clone(), entry.key);
        let clock = self.engine.clock();
        let problem = problem.map(str::to_owned);
        blocking(move || {
            let at = Time::new(clock, store.latest(&id)?).now();
            let end = ActionEnd {
                state,
                answer,
                problem,
                at,
            };
            Ok(store.end_action(key, &end)?)
        })
        .await?;
        Ok(())
    }

    /// Waits for a right of this name, and takes it.
    async fn wait_for(&self, name: &str) -> Result<Box<dyn Guard>, ActError> {
        let store = self.engine.store();
        let id = self.integration.id.clone();
        journal::wait_for(store, id, name, self.engine.clock(), PATIENCE, PAUSE).await
    }
}

/// The connector's claim of an action.
fn claim(connector: &dyn Connector, kind: ActionKind) -> Result<Write, Error> {
    let actions = connector.actions();
    let mut slots = actions.slots().into_iter();
    let slot = slots.find(|(name, _)| *name == kind.name());
    match slot {
        Some((_, Support::Yes(write))) => Ok(*write),
        Some((_, Support::No(gap))) => Err(Error::new(
            ErrorKind::NotAvailable,
            kind.name(),
            format!("the connector does not perform this action: {}", gap.reason),
        )),
        None => Err(Error::new(
            ErrorKind::NotAvailable,
            kind.name(),
            "the connector does not know this action",
        )),
    }
}

fn reused() -> Error {
    let kind = ErrorKind::InputInvalid {
        field: Some("idempotency_key".to_owned()),
    };
    Error::new(
        kind,
        "input",
        "the idempotency key was used for another action or input before; nothing was sent. Use a \
         new key for a new intent",
    )
}

/// A hash of an input that does not depend on the order of its members.
fn hash(kind: ActionKind, input: &Value) -> String {
    let mut hasher = Sha256::new();
    hasher.update(kind.name());
    hasher.update([0]);
    feed(&mut hasher, input);
    let digest = hasher.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn feed(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Object(members) => {
            hasher.update(b"{");
            let sorted: std::collections::BTreeMap<_, _> = members.iter().collect();
            for (name, value) in sorted {
                hasher.update((name.len() as u64).to_be_bytes());
                hasher.update(name);
                feed(hasher, value);
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item);
            }
            hasher.update(b"]");
        }
        leaf => {
            let text = leaf.to_string();
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
    }
}
