//! Tags on candidates, by their name.

use async_trait::async_trait;
use ats_core::{
    Error, ErrorKind, Once, Outcome, Output, PlannedCall, Result, Settled, Target, Warning,
    action::{AddTagToCandidate, RemoveTagFromCandidate},
};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{CANDIDATE, Desk, read, remote},
    step::{Settling, Step},
};
use crate::listing::object;

const CREATE: &str = "candidateTag.create";

/// A candidate, as far as its tags are concerned.
#[derive(Debug, Deserialize)]
struct Tagged {
    tags: Option<Vec<Option<Tag>>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tag {
    id: String,
    title: Option<String>,
    is_archived: Option<bool>,
}

impl Tagged {
    fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.tags.iter().flatten().flatten()
    }
}

impl Tag {
    /// The title as we show it.
    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default().trim()
    }

    fn is_archived(&self) -> bool {
        self.is_archived == Some(true)
    }
}

/// Puts a tag on a candidate; the tag is made where there is none of its name.
pub(super) async fn add(desk: &Desk<'_>, input: &AddTagToCandidate) -> Result<Outcome> {
    let candidate = remote("candidate_id", &input.candidate_id)?;
    let name = input.tag.name.trim();
    let tagged: Tagged = desk.named(CANDIDATE, "candidate_id", candidate).await?;
    let mut outcome = Outcome::from(Output::Done);
    if !tagged.tags().any(|tag| tag.title() == name) {
        let tag = tag_called(desk, name).await?;
        put(desk, candidate, &tag).await?;
        if tag.is_archived() {
            outcome.warnings.push(Warning::about(
                "tag.name",
                format!(
                    "the tag `{name}` is archived in Ashby and was added all the same; recruiters \
                     see it once it is restored"
                ),
            ));
        }
        outcome.touched.push(Target::new("tags", tag.id));
    }
    // An earlier attempt may have written it and died before the mirror knew.
    outcome.touched.push(Target::new("candidates", candidate));
    Ok(outcome)
}

/// The tag of this name: Ashby gives the one that there is, or makes it.
async fn tag_called(desk: &Desk<'_>, name: &str) -> Result<Tag> {
    let create = CreateTag { desk: *desk, name };
    match desk.context.once(&create).await {
        Ok(kept) => Ok(Tag {
            id: kept["id"].as_str().unwrap_or_default().to_owned(),
            title: Some(name.to_owned()),
            is_archived: kept["is_archived"].as_bool(),
        }),
        Err(error) if matches!(error.kind(), ErrorKind::PermissionMissing { .. }) => {
            existing(desk, name, error).await
        }
        Err(error) => Err(error),
    }
}

/// A tag that need not be made. Without one, what the key lacks is the trouble.
async fn existing(desk: &Desk<'_>, name: &str, lacking: Error) -> Result<Tag> {
    let body = json!({ "includeArchived": true });
    let tags: Vec<Tag> = match desk.listed("candidateTag.list", body).await {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionMissing { .. }) => {
            return Err(lacking);
        }
        listed => listed?,
    };
    match find(&tags, name) {
        Some(tag) => Ok(tag.clone()),
        None => Err(lacking),
    }
}

/// The tag of this name: rather in use than archived, rather in the same case than not.
fn find<'t>(tags: &'t [Tag], name: &str) -> Option<&'t Tag> {
    let same = tags
        .iter()
        .filter(|tag| tag.title().to_lowercase() == name.to_lowercase());
    same.min_by_key(|tag| (tag.is_archived(), tag.title() != name))
}

async fn put(desk: &Desk<'_>, candidate: &str, tag: &Tag) -> Result<()> {
    let body = json!({ "candidateId": candidate, "tagId": tag.id });
    let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async {
            let ids = ids(*desk, candidate).await?;
            Ok(ids.into_iter().filter(|id| *id == tag.id).collect())
        })
    });
    let step = Step::new(
        desk,
        "add tag",
        "candidate.addTag",
        body,
        Settling::New(look),
    );
    match step.run(desk).await {
        Err(error) if tag.is_archived() && is_refusal(&error) => {
            let kind = ErrorKind::InputRejected {
                field: Some("tag.name".to_owned()),
            };
            let message = "the tag is archived in Ashby; restore it there, or take another name";
            Err(Error::new(kind, "candidate.addTag", message).because(error))
        }
        other => other.map(|_| ()),
    }
}

fn is_refusal(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::InputRejected { .. } | ErrorKind::NotFound
    )
}

/// Takes a tag off a candidate. One that is not there is no error.
pub(super) async fn remove(desk: &Desk<'_>, input: &RemoveTagFromCandidate) -> Result<Outcome> {
    let candidate = remote("candidate_id", &input.candidate_id)?;
    let name = input.tag.name.trim();
    let tagged: Tagged = desk.named(CANDIDATE, "candidate_id", candidate).await?;
    let mut outcome = Outcome::from(Output::Done);
    outcome.touched.push(Target::new("candidates", candidate));
    let tags: Vec<Tag> = tagged.tags().cloned().collect();
    let exact = tags.iter().find(|tag| tag.title() == name);
    let Some(tag) = exact.or_else(|| find(&tags, name)) else {
        return Ok(outcome);
    };
    let body = json!({ "candidateId": candidate, "tagId": tag.id });
    // What this step makes is that the tag is gone.
    let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async {
            let ids = ids(*desk, candidate).await?;
            let is_gone = !ids.contains(&tag.id);
            Ok(is_gone.then(|| tag.id.clone()).into_iter().collect())
        })
    });
    Step::new(
        desk,
        "remove tag",
        "candidate.removeTag",
        body,
        Settling::New(look),
    )
    .run(desk)
    .await?;
    Ok(outcome)
}

/// The ids of a candidate's tags.
async fn ids(desk: Desk<'_>, candidate: &str) -> Result<Vec<String>> {
    let tagged: Tagged = desk.named(CANDIDATE, "candidate_id", candidate).await?;
    Ok(tagged.tags().map(|tag| tag.id.clone()).collect())
}

/// Makes a tag, or finds it: Ashby answers with the tag of this title if there is one, archived or
/// not.
struct CreateTag<'a> {
    desk: Desk<'a>,
    name: &'a str,
}

impl CreateTag<'_> {
    fn body(&self) -> Value {
        json!({ "title": self.name })
    }
}

#[async_trait]
impl Once for CreateTag<'_> {
    fn step(&self) -> &str {
        "tag"
    }

    fn call(&self) -> PlannedCall {
        PlannedCall {
            endpoint: CREATE.to_owned(),
            body: self.body(),
        }
    }

    fn assumed(&self) -> Value {
        json!({ "id": "<tag>" })
    }

    async fn send(&self) -> Result<Value> {
        let answer = self.desk.client.write(CREATE, object(self.body())).await?;
        let tag: Tag = read(CREATE, &answer.results.into())?;
        Ok(json!({ "id": tag.id, "is_archived": tag.is_archived }))
    }

    async fn settle(&self, _: &Value) -> Result<Settled> {
        Ok(Settled::Harmless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(id: &str, title: &str, is_archived: bool) -> Tag {
        Tag {
            id: id.into(),
            title: Some(title.into()),
            is_archived: Some(is_archived),
        }
    }

    #[test]
    fn a_tag_in_use_and_in_the_same_case_is_preferred() {
        let tags = [
            tag("1", "VIP", true),
            tag("2", "vip", false),
            tag("3", " Vip ", false),
            tag("4", "other", false),
        ];
        let found = |name| find(&tags, name).map(|tag| &*tag.id);
        assert_eq!(found("Vip"), Some("3"));
        assert_eq!(found("vip"), Some("2"));
        assert_eq!(found("VIP"), Some("2"));
        assert_eq!(found("none"), None);
        assert_eq!(find(&tags[..1], "vip").map(|tag| &*tag.id), Some("1"));
    }
}
