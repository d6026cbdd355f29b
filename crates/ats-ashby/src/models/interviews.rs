//! The stream of interviews: the schedules, and the templates of their events that no listing
//! shows, each asked for once. What a schedule's documents mean belongs to `interview`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, ErrorKind, Known, Mapped, ModelKind, PageRequest, RawJson, RawPage, Related,
    Result, Stream,
};
use ats_http::Lane;
use serde_json::{Value, json};

use super::{
    interview::{self, LIST, TEMPLATE, template_of, templates_named},
    reference,
};
use crate::{
    client::{Body, Client, lane},
    listing::{ROW, object, only_walked, side_by_side, with_ids},
};

const STREAM: &str = "interviews";

/// Interviews, a bundle for each schedule.
#[derive(Debug)]
pub(crate) struct Interviews {
    client: Client,
}

impl Interviews {
    /// The stream.
    pub(crate) fn boxed(client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            client: client.clone(),
        })
    }
}

#[async_trait]
impl Stream for Interviews {
    fn name(&self) -> &'static str {
        STREAM
    }

    fn models(&self) -> &'static [ModelKind] {
        &[ModelKind::Interview, ModelKind::InterviewingTeamMember]
    }

    fn uses(&self) -> &'static [&'static str] {
        &[reference::INTERVIEW_TEMPLATES.name]
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let page = self.client.page(LIST, Body::new(), request).await?;
        let (rows, rejects) = with_ids(LIST, page.rows);
        let bundle = |(id, row)| Bundle::new(id, vec![Document::new(LIST, ROW, row)]);
        let mut bundles: Vec<_> = rows.into_iter().map(bundle).collect();
        self.add_templates(&mut bundles, known, lane(request))
            .await?;
        Ok(RawPage {
            bundles,
            rejects,
            next: page.next,
        })
    }

    async fn fetch_one(&self, _: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        Err(only_walked(STREAM))
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        interview::map(bundle, related)
    }
}

impl Interviews {
    /// Adds the templates that the schedules name and the listing of templates does not hold.
    async fn add_templates(
        &self,
        bundles: &mut [Bundle],
        known: &dyn Known,
        lane: Lane,
    ) -> Result<()> {
        let mut wanted = Vec::new();
        let mut due = BTreeSet::new();
        for (index, bundle) in bundles.iter_mut().enumerate() {
            for id in templates_named(bundle) {
                if known
                    .bundle(reference::INTERVIEW_TEMPLATES.name, &id)
                    .await?
                    .is_some()
                {
                    continue;
                }
                let before = known.bundle(STREAM, &bundle.id).await?;
                match before.and_then(|before| unchanged_template(&before, bundle, &id)) {
                    Some(template) => bundle.documents.push(template),
                    None => {
                        due.insert(id.clone());
                        wanted.push((index, id));
                    }
                }
            }
        }
        let calls = due.iter().map(|id| self.template(id, lane)).collect();
        let answers: BTreeMap<_, _> = due.iter().zip(side_by_side(calls).await?).collect();
        for (index, id) in wanted {
            if let (Some(bundle), Some(template)) = (bundles.get_mut(index), answers.get(&id)) {
                bundle.documents.push(template.clone());
            }
        }
        Ok(())
    }

    /// The template. Null if there is none, so that nobody asks for it again.
    async fn template(&self, id: &str, lane: Lane) -> Result<Document> {
        let body = match self
            .client
            .read(TEMPLATE, object(json!({ "id": id })), lane)
            .await
        {
            Ok(answer) => answer.results.into(),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound) => {
                RawJson::from(&Value::Null)
            }
            Err(error) => return Err(error),
        };
        Ok(Document::new(TEMPLATE, "/results", body).variant(id))
    }
}

/// The template `id` that `before` holds, while the schedule itself is the same.
fn unchanged_template(before: &Bundle, now: &Bundle, id: &str) -> Option<Document> {
    let same = before.document(LIST) == now.document(LIST);
    template_of(before, id).filter(|_| same).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_used_again_only_while_the_schedule_is_the_same() {
        let schedule = |event: &str| {
            let events = json!([{ "id": event, "interviewId": "t" }]);
            let row = json!({ "id": "s", "interviewEvents": events });
            Bundle::new("s", vec![Document::new(LIST, ROW, &row)])
        };
        let mut before = schedule("a");
        let template = Document::new(TEMPLATE, "/results", &json!({})).variant("t");
        before.documents.push(template);
        assert!(unchanged_template(&before, &schedule("a"), "t").is_some());
        assert!(unchanged_template(&before, &schedule("a"), "other").is_none());
        assert!(unchanged_template(&before, &schedule("b"), "t").is_none());
    }
}
