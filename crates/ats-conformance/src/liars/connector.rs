//! A connector that lies. It delegates to an honest one and lets its streams do most of the lying.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
};

use async_trait::async_trait;
use ats_core::{
    Access, Action, ActionContext, Actions, Connector, Error, ErrorKind, Features, Manifest,
    Outcome, Passthrough, Read, Reads, Result, Stream, Support, Usage, Webhooks,
};
use base64::Engine;

use super::{
    Lie,
    stream::{LyingStream, Memory, distort},
};
use crate::{Remote, toy::ToyRemote};

/// A connector that lies in one way.
pub(super) struct Lying {
    lie: Lie,
    honest: Arc<dyn Connector>,
    toy: ToyRemote,
    streams: Vec<LyingStream>,
}

impl Lying {
    pub(super) fn new(lie: Lie, honest: Arc<dyn Connector>, toy: ToyRemote) -> Self {
        let sulking = Arc::new(AtomicBool::new(false));
        let stream = |index| LyingStream {
            lie,
            index,
            honest: Arc::clone(&honest),
            toy: toy.clone(),
            sulking: Arc::clone(&sulking),
            memory: Mutex::new(Memory::default()),
        };
        let streams = (0..honest.streams().len()).map(stream).collect();
        Self {
            lie,
            honest,
            toy,
            streams,
        }
    }

    /// The same answer with the stream that lies in place of the honest one.
    fn replace<'a>(&'a self, support: &mut Support<Read<'a>>) {
        if let Support::Yes(read) = support {
            let name = read.stream.name();
            if let Some(stream) = self.streams.iter().find(|stream| stream.name() == name) {
                read.stream = stream;
            }
        }
    }
}

impl fmt::Debug for Lying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("Lying");
        if self.lie == Lie::LeaksTheKeyInDebug {
            let header = format!("{}:", self.toy.secret());
            printed.field(
                "header",
                &base64::engine::general_purpose::STANDARD.encode(header),
            );
        }
        printed.finish_non_exhaustive()
    }
}

#[async_trait]
impl Connector for Lying {
    fn manifest(&self) -> &'static Manifest {
        self.honest.manifest()
    }

    async fn check(&self) -> Result<Access> {
        match (self.lie, self.honest.check().await) {
            (Lie::ChecksNothing, Ok(_)) => Ok(Access {
                granted: self.toy.permissions().into_iter().collect(),
                ..Access::default()
            }),
            (Lie::CallsABadKeyAnOutage, Err(_)) => Err(Error::new(
                ErrorKind::Unavailable,
                "key.info",
                "out of order",
            )),
            (lie, answer) => answer.map_err(|error| distort(lie, &self.toy, error)),
        }
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.streams
            .iter()
            .map(|stream| stream as &dyn Stream)
            .collect()
    }

    fn reads(&self) -> Reads<'_> {
        let mut reads = self.honest.reads();
        self.replace(&mut reads.tags);
        self.replace(&mut reads.candidates);
        self.replace(&mut reads.applications);
        self.replace(&mut reads.candidate_tags);
        match (self.lie, &mut reads.candidate_tags) {
            // The check below goes by the honest tables.
            (Lie::TellsTheFirstOnly, Support::Yes(read)) => {
                read.permissions = &["candidatesRead", "tagsRead"];
            }
            (Lie::DeclaresTooLittle, Support::Yes(read)) => read.permissions = &[],
            _ => {}
        }
        reads
    }

    fn actions(&self) -> Actions {
        self.honest.actions()
    }

    fn features(&self) -> Features {
        self.honest.features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        self.honest.perform(action, context).await
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        self.honest.passthrough()
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.honest.webhooks()
    }

    fn usage(&self) -> Usage {
        match self.lie {
            Lie::CountsNothing => Usage::default(),
            _ => self.honest.usage(),
        }
    }
}

/// Locks; nobody who panicked has left anything half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
