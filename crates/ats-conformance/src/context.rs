//! What the cases of one run share: the harness, a runtime, and the passes that are run only once.

use std::{fmt, future::Future, sync::Arc, sync::OnceLock};

use futures_util::future::BoxFuture;

use crate::{
    Failure, Harness,
    evidence::Ledger,
    laws::{Law, LawEvidence},
    prove::{EngineRun, Probe, Scopes, Subject, Tables, Worlds},
};

/// What the cases of one connector share. Whatever is dear is done once, by the case that first
/// asks for it, while the others wait.
pub struct Context {
    harness: Arc<dyn Harness>,
    runtime: tokio::runtime::Runtime,
    tables: Tables,
    ledger: Ledger,
    subject: Once<Subject>,
    probe: Once<Probe>,
    scopes: Once<Scopes>,
    engine: Once<EngineRun>,
    worlds: Once<Worlds>,
    laws: Vec<(Law, Once<LawEvidence>)>,
}

type Once<T> = OnceLock<Result<T, Failure>>;

impl Context {
    /// A context for the cases of `harness`, which are bound by `laws`.
    ///
    /// # Errors
    ///
    /// When the system gives no threads.
    pub fn new(harness: Arc<dyn Harness>, laws: Vec<Law>) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let tables = runtime.block_on(Tables::read(&*harness));
        Ok(Self {
            harness,
            runtime,
            tables,
            ledger: Ledger::default(),
            subject: OnceLock::new(),
            probe: OnceLock::new(),
            scopes: OnceLock::new(),
            engine: OnceLock::new(),
            worlds: OnceLock::new(),
            laws: laws.into_iter().map(|law| (law, OnceLock::new())).collect(),
        })
    }

    /// The connector under test and its vendor.
    pub fn harness(&self) -> &dyn Harness {
        &*self.harness
    }

    /// What the connector says about itself.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Where the cases leave what they found out.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The small world, read once.
    pub fn subject(&self) -> Result<&Subject, Failure> {
        self.once(&self.subject, |context| Box::pin(Subject::read(context)))
    }

    /// What perturbing every value of the small world does.
    pub fn probe(&self) -> Result<&Probe, Failure> {
        let run = || Ok(Probe::run(self.subject()?, &self.tables));
        self.probe.get_or_init(run).as_ref().map_err(Clone::clone)
    }

    /// What is lost when a permission is.
    pub fn scopes(&self) -> Result<&Scopes, Failure> {
        // Asked for here, since no pass can be awaited within another.
        self.subject()?;
        self.once(&self.scopes, |context| Box::pin(Scopes::run(context)))
    }

    /// What an engine makes of changes and deletions.
    pub fn engine(&self) -> Result<&EngineRun, Failure> {
        self.once(&self.engine, |context| Box::pin(EngineRun::run(context)))
    }

    /// What other worlds deliver.
    pub fn worlds(&self) -> Result<&Worlds, Failure> {
        self.once(&self.worlds, |context| Box::pin(Worlds::run(context)))
    }

    /// The laws that bind the connector.
    pub fn laws(&self) -> impl Iterator<Item = &Law> {
        self.laws.iter().map(|(law, _)| law)
    }

    /// Whether the law `id` holds. It is put to the test once, whoever asks.
    pub fn law(&self, id: &str) -> Result<&LawEvidence, Failure> {
        let found = self.laws.iter().find(|(law, _)| law.id == id);
        let Some((law, once)) = found else {
            let failure = Failure::of(format!("law {id}"));
            return Err(failure
                .expected("a law of this name", "the proof rule of a feature")
                .came("none"));
        };
        let run = law.run;
        self.once(once, move |context| run(context.harness()))
    }

    /// Waits for `future`. Cases run on threads of their own, so that this blocks nobody else.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    fn once<'a, T>(
        &'a self,
        once: &'a Once<T>,
        run: impl FnOnce(&'a Self) -> BoxFuture<'a, Result<T, Failure>>,
    ) -> Result<&'a T, Failure> {
        let outcome = once.get_or_init(|| self.block_on(run(self)));
        outcome.as_ref().map_err(Clone::clone)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("harness", &self.harness.slug())
            .finish_non_exhaustive()
    }
}
