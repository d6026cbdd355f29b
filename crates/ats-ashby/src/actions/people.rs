//! Candidates and their applications: who is there already, and what has come since.
//!
//! The vendor's search may lag behind its writes, and does not say which addresses it looks at. So
//! the mirror is asked beside it, and a lost creation is looked for in the listing too.

use std::time::{Duration, UNIX_EPOCH};

use ats_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::desk::{APPLICATION, CANDIDATE, Desk};
use crate::listing::side_by_side;

/// So far the vendor's clock may be behind ours.
const SKEW: Duration = Duration::from_secs(600);

/// A candidate, as far as a new application is concerned.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Person {
    pub(super) id: String,
    created_at: Option<String>,
    primary_email_address: Option<Contact>,
    email_addresses: Option<Vec<Contact>>,
    primary_phone_number: Option<Contact>,
    phone_numbers: Option<Vec<Contact>>,
    pub(super) social_links: Option<Vec<Value>>,
    pub(super) location: Option<Value>,
    #[serde(default, deserialize_with = "nullable")]
    application_ids: Vec<String>,
    resume_file_handle: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
struct Contact {
    value: Option<String>,
}

/// An application, as far as its job is concerned.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Candidacy {
    pub(super) id: String,
    pub(super) candidate: Linked,
    status: Option<String>,
    job: Linked,
}

/// A list that may be null, and so may its members.
fn nullable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let list = Option::<Vec<Option<String>>>::deserialize(deserializer)?;
    Ok(list.into_iter().flatten().flatten().collect())
}

/// What only its id is needed of.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Linked {
    pub(super) id: String,
}

impl Person {
    /// Whether an address is among the candidate's, whatever its case.
    pub(super) fn has_email(&self, email: &str) -> bool {
        let all = self.email_addresses.iter().flatten();
        let mut all = all.chain(&self.primary_email_address);
        all.any(|known| {
            let known = known.value.as_deref().unwrap_or_default();
            known.trim().to_lowercase() == email.trim().to_lowercase()
        })
    }

    /// Whether there is any telephone number.
    pub(super) fn has_phone(&self) -> bool {
        let all = self.phone_numbers.iter().flatten();
        all.chain(&self.primary_phone_number)
            .any(|known| known.value.is_some())
    }

    /// Whether there is a résumé.
    pub(super) fn has_resume(&self) -> bool {
        self.resume_file_handle
            .as_ref()
            .is_some_and(Value::is_object)
    }

    /// The ids of the candidate's applications.
    pub(super) fn applications(&self) -> &[String] {
        &self.application_ids
    }
}

/// The candidates with an e-mail address, the oldest first.
pub(super) async fn with_email(desk: &Desk<'_>, email: &str) -> Result<Vec<Person>> {
    let mut ids: Vec<String> = Vec::new();
    if !desk.is_dry() {
        let body = json!({ "email": email });
        let found: Vec<Person> = desk.ask("candidate.search", body).await?;
        let found = found.into_iter().filter(|person| person.has_email(email));
        ids.extend(found.map(|person| person.id));
    }
    for id in desk.context.mirror.candidates_with_email(email).await? {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let calls = ids.iter().map(|id| desk.one::<Person>(CANDIDATE, id));
    let found = side_by_side(calls.collect()).await?.into_iter().flatten();
    let mut found: Vec<Person> = found.filter(|person| person.has_email(email)).collect();
    found.sort_by(|one, other| (&one.created_at, &one.id).cmp(&(&other.created_at, &other.id)));
    // A merged candidate answers under the id of the one that is left.
    found.dedup_by(|one, other| one.id == other.id);
    Ok(found)
}

/// The same, and those that the search does not know yet because they were made since `at`.
pub(super) async fn with_email_since(desk: &Desk<'_>, email: &str, at: u64) -> Result<Vec<Person>> {
    let mut found = with_email(desk, email).await?;
    let since = at.saturating_sub(milliseconds(SKEW));
    let body = json!({ "createdAfter": since });
    let new: Vec<Person> = desk.listed("candidate.list", body).await?;
    for person in new {
        if person.has_email(email) && found.iter().all(|known| known.id != person.id) {
            found.push(person);
        }
    }
    Ok(found)
}

/// The present time, as the vendor counts it.
pub(super) fn now(desk: &Desk<'_>) -> u64 {
    let since = desk.context.clock.wall().duration_since(UNIX_EPOCH);
    milliseconds(since.unwrap_or_default())
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Those of the applications that are for a job, as they stand now.
pub(super) async fn for_job<'i>(
    desk: &Desk<'_>,
    applications: impl Iterator<Item = &'i String>,
    job: &str,
) -> Result<Vec<Candidacy>> {
    let calls = applications.map(|id| desk.one::<Candidacy>(APPLICATION, id));
    let found = side_by_side(calls.collect()).await?.into_iter().flatten();
    Ok(found.filter(|found| found.job.id == job).collect())
}

/// Refuses a second application of a candidate to a job, unless the first one is over.
pub(super) async fn ensure_none(desk: &Desk<'_>, people: &[Person], job: &str) -> Result<()> {
    let applications = people.iter().flat_map(Person::applications);
    let found = for_job(desk, applications, job).await?;
    let open = found
        .into_iter()
        .find(|found| found.status.as_deref() != Some("Archived"));
    let Some(open) = open else {
        return Ok(());
    };
    let kind = ErrorKind::Conflict {
        what: "application_already_exists",
    };
    let message = "the candidate has an application to this job already, which is not rejected; \
                   work on that one, or reject it first";
    Err(Error::new(kind, "application.create", message)
        .with("application", format!("remote:{}", open.id))
        .with("candidate", format!("remote:{}", open.candidate.id)))
}

/// The ids in a member of what a step wrote down before it was sent.
pub(super) fn ids<'v>(before: &'v Value, member: &str) -> Vec<&'v str> {
    let ids = before[member].as_array().into_iter().flatten();
    ids.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_wherever_it_stands_and_in_any_case() {
        let person = json!({
            "id": "c",
            "primaryEmailAddress": { "value": "One@a.example" },
            "emailAddresses": [{ "value": " two@A.example " }, {}],
            "phoneNumbers": [{}],
            "resumeFileHandle": null,
        });
        let person: Person = serde_json::from_value(person).unwrap();
        assert!(person.has_email("one@A.example") && person.has_email("Two@a.example"));
        assert!(!person.has_email("a.example"));
        assert!(!person.has_phone() && !person.has_resume());
    }
}
