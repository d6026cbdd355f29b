//! The stream of applications: the rows of `application.list`, each with its `application.info` for
//! the answers and the history that the list leaves out.
//!
//! It owns when the second request is worth making. It must not know what the documents mean.

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, Error, ErrorKind, Known, Mapped, ModelKind, PageRequest, RawJson, RawPage,
    Related, Result, Start, Stream,
};
use ats_http::Lane;
use serde::Deserialize;
use serde_json::json;

use crate::{
    client::{Body, Client, lane},
    listing::{ROW, object, side_by_side, with_ids},
    models::{
        application::{self, Sources},
        stages, surveys,
    },
    wire::text,
};

const NAME: &str = "applications";
const LIST: &str = "application.list";
const INFO: &str = "application.info";

/// The stream of applications. Ashby API reference, `application.list` and `application.info`.
///
/// Without `read_answers` no details are fetched, and no application has answers.
pub(crate) fn stream(client: &Client, read_answers: bool) -> Box<dyn Stream> {
    Box::new(Applications {
        client: client.clone(),
        read_answers,
    })
}

#[derive(Debug)]
struct Applications {
    client: Client,
    read_answers: bool,
}

#[async_trait]
impl Stream for Applications {
    fn name(&self) -> &'static str {
        NAME
    }

    fn models(&self) -> &'static [ModelKind] {
        &[ModelKind::Application, ModelKind::ApplicationStage]
    }

    fn uses(&self) -> &'static [&'static str] {
        const USES: &[&str] = &[
            "rejection_reasons",
            stages::STREAM,
            "custom_fields",
            surveys::STREAM,
        ];
        // Without answers nothing of the surveys is looked up, and nobody waits for their pages.
        match self.read_answers {
            true => USES,
            false => &USES[..3],
        }
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let page = self.client.page(LIST, Body::new(), request).await?;
        let (rows, rejects) = with_ids(LIST, page.rows);
        let bundles = rows
            .into_iter()
            .map(|(id, row)| self.bundle(id, row, request, known));
        let bundles = side_by_side(bundles.collect()).await?;
        Ok(RawPage {
            bundles,
            rejects,
            next: page.next,
        })
    }

    async fn fetch_one(&self, id: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        let info = self.info(id, Lane::Webhook).await?;
        Ok(info.map(|info| Bundle::new(id, vec![info])))
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        let info = bundle.document(INFO);
        // An application that was read alone has its details only, and they hold the whole row.
        let Some(row) = bundle.document(LIST).or(info) else {
            return Mapped::default();
        };
        application::map(Sources { row, info, related }, self.read_answers)
    }
}

impl Applications {
    async fn bundle(
        &self,
        id: String,
        row: RawJson,
        request: &PageRequest,
        known: &dyn Known,
    ) -> Result<Bundle> {
        let info = if self.read_answers && may_have_form(&row) {
            match known_info(&id, &row, request, known).await? {
                Some(info) => Some(info),
                None => self.info(&id, lane(request)).await?,
            }
        } else {
            None
        };
        let mut documents = vec![Document::new(LIST, ROW, row)];
        documents.extend(info);
        Ok(Bundle::new(id, documents))
    }

    /// The details of an application; `None` if it was deleted after the list was read.
    async fn info(&self, id: &str, lane: Lane) -> Result<Option<Document>> {
        let body = json!({ "applicationId": id, "expand": ["applicationFormSubmissions"] });
        let results = match self.client.read(INFO, object(body), lane).await {
            Ok(answer) => answer.results,
            Err(error) if *error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if !results.get().starts_with('{') {
            let error = Error::malformed(INFO, "/results", "`results` is not an application");
            return Err(error.with("application", id));
        }
        Ok(Some(Document::new(INFO, "/results", results)))
    }
}

/// Whether the applicant can have filled in a form. People who were sourced have not.
fn may_have_form(row: &RawJson) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Row {
        status: Option<String>,
        applied_via_job_posting_id: Option<String>,
    }
    // An odd row is not worth a guess; one request more is harmless.
    let Ok(row) = serde_json::from_str::<Row>(row.get()) else {
        return true;
    };
    text(row.status).as_deref() != Some("Lead") || text(row.applied_via_job_posting_id).is_some()
}

/// The details that an earlier pass fetched, if the application is still what it was then.
///
/// A delta pass names only what has changed, so there nothing is taken from before.
async fn known_info(
    id: &str,
    row: &RawJson,
    request: &PageRequest,
    known: &dyn Known,
) -> Result<Option<Document>> {
    if request.start != Start::Full {
        return Ok(None);
    }
    let Some(bundle) = known.bundle(NAME, id).await? else {
        return Ok(None);
    };
    let unchanged = bundle
        .document(LIST)
        .is_some_and(|document| document.body == *row);
    Ok(if unchanged {
        bundle.document(INFO).cloned()
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ats_core::{Checkpoint, Connection, Shelf};
    use serde_json::Value;
    use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

    use super::*;

    fn row(id: &str) -> Value {
        json!({ "id": id, "status": "Active" })
    }

    fn answer(request: &Request) -> ResponseTemplate {
        let body: Value = request.body_json().unwrap();
        let answer = match (request.url.path(), body["applicationId"].as_str()) {
            ("/application.list", _) => {
                json!({ "success": true, "results": [row("known"), row("gone"), row("new")] })
            }
            (_, Some("gone")) => {
                json!({ "success": false, "errorInfo": { "code": "application_not_found" } })
            }
            (_, id) => json!({ "success": true, "results": { "id": id } }),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }

    /// Which applications of a page get details, and how many requests that takes.
    async fn details(start: Start, read_answers: bool) -> (Vec<String>, usize) {
        let server = MockServer::start().await;
        let mock = Mock::given(matchers::method("POST"));
        mock.respond_with(answer).mount(&server).await;
        let connection = Connection {
            credentials: [("api_key".to_owned(), "canary".into())].into(),
            base_url: Some(server.uri()),
            ..Connection::default()
        };
        let stream = stream(&Client::new(&connection).unwrap(), read_answers);
        let mut known = Shelf::default();
        let documents = vec![
            Document::new(LIST, ROW, &row("known")),
            Document::new(INFO, "/results", &json!({ "id": "known" })),
        ];
        known.put(NAME, Arc::new(Bundle::new("known", documents)));
        let request = PageRequest {
            start,
            cursor: None,
        };
        let page = stream.fetch(&request, &known).await.unwrap();
        assert_eq!(page.bundles.len(), 3);
        let detailed = page
            .bundles
            .into_iter()
            .filter(|bundle| bundle.document(INFO).is_some());
        let ids = detailed.map(|bundle| bundle.id).collect();
        (ids, server.received_requests().await.unwrap().len())
    }

    #[tokio::test]
    async fn details_are_fetched_for_what_is_not_known_and_what_has_changed() {
        let both = vec!["known".to_owned(), "new".to_owned()];
        assert_eq!(details(Start::Full, true).await, (both.clone(), 3));
        let since = Start::Since(Checkpoint("token".into()));
        assert_eq!(details(since, true).await, (both, 4));
        assert_eq!(details(Start::Full, false).await, (vec![], 1));
    }

    #[test]
    fn only_sourced_people_have_no_form() {
        let may = |row: Value| may_have_form(&RawJson::from(&row));
        assert!(!may(
            json!({ "status": "Lead", "appliedViaJobPostingId": null })
        ));
        assert!(may(
            json!({ "status": "Lead", "appliedViaJobPostingId": "p" })
        ));
        assert!(may(json!({ "status": "Active" })));
        assert!(may(json!({ "status": 7 })));
    }
}
