//! Where an action finds what it needs to know: at the vendor, or in a dry run in the mirror.
//!
//! It owns which documents of the mirror stand for which answer of the vendor. It must not know what
//! an action does with them.

use ats_core::{ActionContext, Bundle, Error, ErrorKind, RawJson, Reference, Result};
use ats_http::Lane;
use serde::de::DeserializeOwned;

use crate::{
    client::Client,
    listing::{info, object},
    models::stages,
};

/// What surrounds one performance of an action.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) client: &'a Client,
    pub(super) context: &'a ActionContext<'a>,
}

/// A kind of document that is found by its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// What messages call it.
    name: &'static str,
    /// The endpoint that gives one, and what it calls the id.
    endpoint: &'static str,
    param: &'static str,
    /// The stream that keeps them, and the documents of its bundles that stand for the answer, the
    /// fullest first.
    stream: &'static str,
    documents: &'static [&'static str],
}

/// An application, as `application.info` and `application.list` show it.
pub(super) const APPLICATION: Kind = Kind {
    name: "application",
    endpoint: "application.info",
    param: "applicationId",
    stream: "applications",
    documents: &["application.info", "application.list"],
};

/// A candidate, as `candidate.info` and `candidate.list` show it.
pub(super) const CANDIDATE: Kind = Kind {
    name: "candidate",
    endpoint: "candidate.info",
    param: "id",
    stream: "candidates",
    documents: &["candidate.info", "candidate.list"],
};

/// A job, as `job.info` and `job.list` show it.
pub(super) const JOB: Kind = Kind {
    name: "job",
    endpoint: "job.info",
    param: "id",
    stream: "jobs",
    documents: &["job.list"],
};

/// A user, as `user.info` and `user.list` show it.
pub(super) const USER: Kind = Kind {
    name: "user",
    endpoint: "user.info",
    param: "userId",
    stream: "users",
    documents: &["user.info", "user.list"],
};

impl<'a> Desk<'a> {
    pub(super) fn new(client: &'a Client, context: &'a ActionContext<'a>) -> Self {
        Self { client, context }
    }

    /// Whether nothing may be asked of the vendor.
    pub(super) fn is_dry(&self) -> bool {
        self.context.dry_run
    }

    /// The document that the input at `path` names.
    pub(super) async fn named<T: DeserializeOwned>(
        &self,
        kind: Kind,
        path: &str,
        id: &str,
    ) -> Result<T> {
        match self.one(kind, id).await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(unknown(path, kind.name, self.is_dry())),
            // The id is all that was asked with, so it is what the vendor does not take.
            Err(error) if matches!(error.kind(), ErrorKind::InputRejected { .. }) => {
                Err(unknown(path, kind.name, self.is_dry()).because(error))
            }
            Err(error) => Err(error),
        }
    }

    /// A document by its id; `None` if there is none.
    pub(super) async fn one<T: DeserializeOwned>(&self, kind: Kind, id: &str) -> Result<Option<T>> {
        let found = if self.is_dry() {
            let bundle = self.context.mirror.bundle(kind.stream, id).await?;
            bundle.and_then(|bundle| body(&bundle, kind.documents))
        } else {
            info(self.client, kind.endpoint, kind.param, id, Lane::Write).await?
        };
        found.map(|found| read(kind.endpoint, &found)).transpose()
    }

    /// The rows of a listing that is read whole, from the mirror those of the stream that keeps it.
    pub(super) async fn all<T: DeserializeOwned>(
        &self,
        stream: &'static str,
        endpoint: &'static str,
        body_of: serde_json::Value,
    ) -> Result<Vec<T>> {
        let rows = if self.is_dry() {
            let bundles = self.context.mirror.bundles(stream).await?;
            let rows = bundles.iter().filter_map(|row| body(row, &[endpoint]));
            rows.collect()
        } else {
            let (client, lane) = (self.client, Lane::Write);
            client.all(endpoint, object(body_of), lane).await?
        };
        rows.iter().map(|row| read(endpoint, row)).collect()
    }

    /// The stages of an interview plan, in no order.
    pub(super) async fn stages_of<T: DeserializeOwned>(&self, plan: &str) -> Result<Vec<T>> {
        let rows = if self.is_dry() {
            let bundles = self.context.mirror.group(stages::STREAM, plan).await?;
            let rows = bundles
                .iter()
                .filter_map(|row| body(row, &[stages::ENDPOINT]));
            rows.collect()
        } else {
            let rows = stages::of_plan(self.client, plan, Lane::Write).await?;
            rows.unwrap_or_default()
        };
        rows.iter().map(|row| read(stages::ENDPOINT, row)).collect()
    }

    /// A stage by its id, whatever its plan.
    pub(super) async fn stage<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>> {
        const ENDPOINT: &str = "interviewStage.info";
        let found = if self.is_dry() {
            let bundle = self.context.mirror.bundle(stages::STREAM, id).await?;
            bundle.and_then(|bundle| body(&bundle, &[stages::ENDPOINT]))
        } else {
            info(self.client, ENDPOINT, "interviewStageId", id, Lane::Write).await?
        };
        found.map(|found| read(ENDPOINT, &found)).transpose()
    }

    /// Asks the vendor for one answer; only where no dry run comes.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        body: serde_json::Value,
    ) -> Result<T> {
        let answer = self
            .client
            .read(endpoint, object(body), Lane::Write)
            .await?;
        read(endpoint, &answer.results.into())
    }

    /// All rows of a listing that the mirror does not hold; only where no dry run comes.
    pub(super) async fn listed<T: DeserializeOwned>(
        &self,
        endpoint: &'static str,
        body: serde_json::Value,
    ) -> Result<Vec<T>> {
        let rows = self.client.all(endpoint, object(body), Lane::Write).await?;
        rows.iter().map(|row| read(endpoint, row)).collect()
    }
}

/// The vendor's id in a reference. Whoever calls a connector has put it there.
pub(super) fn remote<'r>(path: &str, reference: &'r Reference) -> Result<&'r str> {
    reference.remote_id().ok_or_else(|| {
        let message = format!("`{path}` was not turned into the vendor's id");
        Error::new(ErrorKind::Unexpected, "input", message)
    })
}

/// The input at `path` cannot be used.
pub(super) fn invalid(path: &str, message: impl std::fmt::Display) -> Error {
    Error::invalid_input(path, message)
}

fn unknown(path: &str, name: &str, dry: bool) -> Error {
    let message = match dry {
        true => format!("the mirror holds no such {name}; run `ats sync` first"),
        false => format!("Ashby has no such {name}, or the API key may not see it"),
    };
    invalid(path, message)
}

fn body(bundle: &Bundle, endpoints: &[&str]) -> Option<RawJson> {
    let mut documents = endpoints
        .iter()
        .filter_map(|endpoint| bundle.document(endpoint));
    documents.next().map(|document| document.body.clone())
}

/// Reads an answer. The cause is left out of the error: it may quote a value.
pub(super) fn read<T: DeserializeOwned>(endpoint: &'static str, document: &RawJson) -> Result<T> {
    ats_http::json::decode(endpoint, document.get().as_bytes())
}
