//! What the explorer's form can ask for: the filters of the API's lists by their names there, and
//! what is behind relations.

use ats_core::{Id, IntegrationId, ModelKind, Timestamp};
use ats_store::{Filter, ListQuery, record_id};
use url::form_urlencoded::Serializer;

/// One input of the form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: Option<&'static str>,
    how: How,
}

/// What an input asks for.
#[derive(Debug, Clone, Copy)]
enum How {
    Ids,
    RemoteIds,
    Is(&'static str),
    IsIgnoringCase(&'static str),
    Contains(&'static str),
    Since(&'static str),
    Email,
    RefersTo,
    RefersToJobs,
    WithApplicationOf,
    OfApplicationOf,
    UpdatedAfter,
}

const DATE: Option<&str> = Some("2026-01-31");
const LIST: Option<&str> = Some("several with commas");

const fn input(name: &'static str, label: &'static str, how: How) -> Input {
    let hint = match how {
        How::Since(_) | How::UpdatedAfter => DATE,
        How::Contains(_) => None,
        _ => LIST,
    };
    Input {
        name,
        label,
        hint,
        how,
    }
}

const COMMON: [Input; 4] = [
    input("ids", "Our ids", How::Ids),
    input("remote_ids", "The vendor's ids", How::RemoteIds),
    input("refers_to", "Belongs to the record", How::RefersTo),
    input("updated_after", "Changed after", How::UpdatedAfter),
];

const OF_APPLICATIONS: &[Input] = &[
    input("outcomes", "Outcomes", How::Is("outcome")),
    input("job_ids", "Jobs, by our ids", How::RefersTo),
    input(
        "job_remote_ids",
        "Jobs, by the vendor's ids",
        How::RefersToJobs,
    ),
    input("current_stage_ids", "Stages, by our ids", How::RefersTo),
    input(
        "remote_created_after",
        "Created after",
        How::Since("remote_created_at"),
    ),
];

const OF_CANDIDATES: &[Input] = &[
    input("email", "E-mail address", How::Email),
    input(
        "first_name",
        "First name",
        How::IsIgnoringCase("first_name"),
    ),
    input("last_name", "Last name", How::IsIgnoringCase("last_name")),
    input(
        "job_ids",
        "Applied to jobs, by our ids",
        How::WithApplicationOf,
    ),
];

const OF_JOBS: &[Input] = &[
    input("name_contains", "Name contains", How::Contains("name")),
    input("statuses", "Statuses", How::Is("status")),
    input(
        "employment_types",
        "Employment types",
        How::Is("employment_type"),
    ),
    input("visibilities", "Visibilities", How::Is("visibility")),
    input("job_codes", "Job codes", How::Is("job_code")),
    input("post_url", "Address of the posting", How::Is("post_url")),
    input(
        "remote_created_after",
        "Created after",
        How::Since("remote_created_at"),
    ),
];

const OF_USERS: &[Input] = &[input("emails", "E-mail addresses", How::Email)];

const OF_INTERVIEWS: &[Input] = &[input(
    "job_ids",
    "Of jobs, by our ids",
    How::OfApplicationOf,
)];

/// The inputs for a model.
pub(super) fn inputs(model: ModelKind) -> impl Iterator<Item = &'static Input> {
    static SHARED: [Input; 4] = COMMON;
    let own: &[Input] = match model {
        ModelKind::Application => OF_APPLICATIONS,
        ModelKind::Candidate => OF_CANDIDATES,
        ModelKind::Job => OF_JOBS,
        ModelKind::User => OF_USERS,
        ModelKind::Interview => OF_INTERVIEWS,
        _ => &[],
    };
    own.iter().chain(&SHARED)
}

/// The fields that can be searched for text.
pub(super) fn texts(model: ModelKind) -> &'static [&'static str] {
    match model {
        ModelKind::User => &["last_name", "first_name", "email", "remote_id"],
        ModelKind::Candidate => &[
            "last_name",
            "first_name",
            "company",
            "title",
            "source",
            "remote_id",
        ],
        ModelKind::Job => &["name", "description", "job_code", "remote_id"],
        ModelKind::JobPosting => &["title", "description_html", "url", "remote_id"],
        ModelKind::ScreeningQuestion => &["title", "description", "remote_id"],
        ModelKind::Application => &["rejection_reason_name", "remote_id"],
        ModelKind::Interview => &["title", "remote_id"],
        ModelKind::Offer => &["status", "remote_id"],
        ModelKind::Tag | ModelKind::RejectionReason | ModelKind::ApplicationStage => {
            &["name", "remote_id"]
        }
        ModelKind::CandidateTag
        | ModelKind::JobApplicationStage
        | ModelKind::JobScreeningQuestion
        | ModelKind::JobHiringTeamMember
        | ModelKind::InterviewingTeamMember => &[],
    }
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The pairs of a query. Empty inputs of a form ask for nothing.
    pub(super) fn new(pairs: Vec<(String, String)>) -> Self {
        let filled = pairs
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty());
        Self(filled.collect())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.0.iter().filter(move |(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self, name: &str) -> &str {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        found.next().map_or("", |(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Whether anything but the page is asked for.
    pub(super) fn is_filtered(&self) -> bool {
        self.0
            .iter()
            .any(|(name, _)| !matches!(name.as_str(), "after" | "in"))
    }

    /// The same question for another page.
    pub(super) fn address(&self, path: &str, after: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in &self.0 {
            if name != "after" {
                query.append_pair(name, value);
            }
        }
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        format!("{path}?{}", query.finish())
    }

    /// The question to the store, or what cannot be understood.
    pub(super) fn query(
        &self,
        integration: &IntegrationId,
        model: ModelKind,
        limit: usize,
    ) -> Result<ListQuery, String> {
        let mut query = ListQuery::new(model, limit);
        for input in inputs(model).filter(|input| self.has(input.name)) {
            let values = self.text(input.name).split(',');
            let values = values
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty());
            let values: Vec<String> = values.collect();
            let filter = match input.how {
                How::UpdatedAfter => {
                    query.updated_after = Some(moment(input, &values)?);
                    continue;
                }
                How::Ids => Filter::Ids(ids(input, &values)?),
                How::RefersTo => Filter::RefersTo(ids(input, &values)?),
                How::WithApplicationOf => Filter::WithApplicationOf(ids(input, &values)?),
                How::OfApplicationOf => Filter::OfApplicationOf(ids(input, &values)?),
                How::RefersToJobs => {
                    let ids = values
                        .iter()
                        .map(|id| record_id(integration, ModelKind::Job, id));
                    Filter::RefersTo(ids.collect())
                }
                How::RemoteIds => Filter::RemoteIds(values),
                How::Email => Filter::Email(values),
                How::Is(field) => Filter::Is { field, values },
                How::IsIgnoringCase(field) => Filter::IsIgnoringCase { field, values },
                How::Contains(field) => Filter::Contains { field, values },
                How::Since(field) => Filter::Since {
                    field,
                    moment: moment(input, &values)?,
                },
            };
            query.filters.push(filter);
        }
        if self.has("q") {
            let known = texts(model);
            let field = known.iter().find(|field| **field == self.text("in"));
            if let Some(field) = field.or(known.first()) {
                let values = vec![self.text("q").trim().to_owned()];
                query.filters.push(Filter::Contains { field, values });
            }
        }
        query.include_deleted = self.text("include_deleted") == "true";
        if self.has("after") {
            let place = self.text("after").parse();
            query.after =
                Some(place.map_err(|_| "This is no page of the list; begin at the first one.")?);
        }
        Ok(query)
    }
}

fn ids(input: &Input, values: &[String]) -> Result<Vec<Id>, String> {
    let ids = values.iter().map(|value| value.parse::<Id>());
    let ids: Result<Vec<Id>, _> = ids.collect();
    ids.map_err(|error| format!("{}: {error}.", input.label))
}

fn moment(input: &Input, values: &[String]) -> Result<Timestamp, String> {
    let found = values.first().and_then(|value| Timestamp::parse(value));
    found.ok_or_else(|| {
        format!(
            "{}: write the date as 2026-01-31, or with a time as 2026-01-31T08:00:00Z.",
            input.label
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ats_core::fields;

    use super::*;

    fn query(model: ModelKind, pairs: &[(&str, &str)]) -> Result<ListQuery, String> {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let id = IntegrationId::derive("ashby", "a");
        Asked::new(pairs.collect()).query(&id, model, 10)
    }

    #[test]
    fn every_field_that_is_asked_for_is_one_of_the_model() {
        for model in ModelKind::ALL {
            let known = fields(*model);
            for input in inputs(*model) {
                if let How::Is(field)
                | How::IsIgnoringCase(field)
                | How::Contains(field)
                | How::Since(field) = input.how
                {
                    assert!(known.contains_key(field), "{model}.{field}");
                }
            }
            for field in texts(*model) {
                assert!(known.contains_key(*field), "{model}.{field}");
            }
        }
    }

    #[test]
    fn no_two_inputs_of_a_model_have_one_name() {
        for model in ModelKind::ALL {
            let names: Vec<_> = inputs(*model).map(|input| input.name).collect();
            assert_eq!(
                names.len(),
                names.iter().collect::<BTreeSet<_>>().len(),
                "{model}"
            );
        }
    }

    #[test]
    fn empty_inputs_ask_for_nothing_and_wrong_ones_are_named() {
        let plain = query(ModelKind::Candidate, &[("email", " "), ("q", "")]).unwrap();
        assert!(plain.filters.is_empty());
        assert!(
            query(ModelKind::Candidate, &[("ids", "x")])
                .unwrap_err()
                .contains("Our ids")
        );
        assert!(
            query(ModelKind::Job, &[("updated_after", "soon")])
                .unwrap_err()
                .contains("Changed after")
        );
        assert!(query(ModelKind::Job, &[("after", "nowhere")]).is_err());
        let several = query(ModelKind::Job, &[("statuses", "OPEN, CLOSED")]).unwrap();
        assert_eq!(several.filters.len(), 1);
    }

    #[test]
    fn the_next_page_repeats_the_question() {
        let asked = Asked::new(vec![
            ("q".to_owned(), "a&b".to_owned()),
            ("after".to_owned(), "1".to_owned()),
        ]);
        assert_eq!(asked.address("/x", Some("2")), "/x?q=a%26b&after=2");
        assert_eq!(asked.address("/x", None), "/x?q=a%26b");
    }
}
