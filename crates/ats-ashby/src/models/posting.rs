//! What is known of one posting: its listing row, the boards that show it, its detail document,
//! and the records made of them. How they are read belongs to `postings`.

use std::cmp::Reverse;

use ats_core::{
    Bundle, Document, Loss, Mapped, Reference, Timestamp,
    model::{JobPosting, JobPostingStatus, JobPostingVisibility, RemoteData},
};
use serde::Deserialize;

use super::{
    form::{WireForm, WireSurveyForm},
    questions::{self, Asked},
    salary::WirePostingPay,
};
use crate::wire::{self, instant, text};

/// The endpoint that lists postings. Ashby API reference,
/// [`jobPosting.list`](https://developers.ashbyhq.com/reference/jobpostinglist).
pub(crate) const LIST: &str = "jobPosting.list";

/// The endpoint that shows one posting. Ashby API reference,
/// [`jobPosting.info`](https://developers.ashbyhq.com/reference/jobpostinginfo).
pub(crate) const INFO: &str = "jobPosting.info";

/// The endpoint that lists boards. Ashby API reference,
/// [`jobBoard.list`](https://developers.ashbyhq.com/reference/jobboardlist).
pub(crate) const BOARDS: &str = "jobBoard.list";

/// The switch that shows unpublished postings, and the variant of the rows that it gives.
pub(crate) const UNPUBLISHED: &str = "includeUnpublishedJobPostings";

/// The property that names a board.
pub(crate) const BOARD_ID: &str = "jobBoardId";

/// The variant of the rows of one board's listing.
pub(crate) fn board_variant(board: &str) -> String {
    format!("{BOARD_ID}={board}")
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRow {
    title: Option<String>,
    job_id: Option<String>,
    department_name: Option<String>,
    workplace_type: Option<String>,
    is_listed: Option<bool>,
    published_date: Option<String>,
    external_link: Option<String>,
    apply_link: Option<String>,
    updated_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireInfo {
    description_html: Option<String>,
    description_plain: Option<String>,
    is_remote: Option<bool>,
    compensation: Option<WirePostingPay>,
    application_form_definition: Option<WireForm>,
    survey_form_definitions: Option<Vec<Option<WireSurveyForm>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBoard {
    is_internal: Option<bool>,
}

/// Who can find a posting, the widest reach first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// An external board lists it.
    External,
    /// Only internal boards list it.
    Internal,
    /// Only boards list it that do not say which kind they are.
    Unclear,
    /// No board lists it.
    Unpublished,
}

/// What is known of one posting.
#[derive(Debug)]
pub(crate) struct Posting {
    id: String,
    /// Who can find it.
    pub(crate) reach: Reach,
    /// Whether it is shown in the list of its boards, or only reached by its link.
    pub(crate) is_listed: Option<bool>,
    title: Option<String>,
    job_id: Option<String>,
    /// Name of its department.
    pub(crate) department: Option<String>,
    /// Where the work is done, in the vendor's word.
    pub(crate) workplace_type: Option<String>,
    /// Whether the work is done remotely.
    pub(crate) is_remote: Option<bool>,
    was_published: bool,
    /// Its page on the customer's own site.
    pub(crate) external_link: Option<String>,
    /// Its form on the vendor's site.
    pub(crate) apply_link: Option<String>,
    updated_at: Option<Timestamp>,
    /// Its text as HTML.
    pub(crate) description: Option<String>,
    /// Its pay.
    pub(crate) pay: Option<WirePostingPay>,
    /// Its questions.
    pub(crate) asked: Vec<Asked>,
    losses: Vec<Loss>,
}

/// The posting in `bundle`; `None` if it has no row.
pub(crate) fn of(bundle: &Bundle) -> Option<&Posting> {
    bundle.parsed(Posting::read)?.as_ref()
}

/// The row that stands for the posting. Rows are alike whichever listing gave them, but each
/// posting is in some only.
pub(crate) fn row(bundle: &Bundle) -> Option<&Document> {
    let wide = bundle
        .documents_of(LIST)
        .find(|row| row.variant.as_deref() == Some(UNPUBLISHED));
    wide.or_else(|| bundle.document(LIST))
}

/// The documents that a record made of the posting shows.
pub(crate) fn shown(bundle: &Bundle) -> impl Iterator<Item = &Document> {
    row(bundle).into_iter().chain(bundle.document(INFO))
}

/// The id of the job that a row names.
pub(crate) fn job_of(row: &Document) -> Option<String> {
    text(wire::read_quietly::<WireRow>(row)?.job_id)
}

impl Posting {
    fn read(bundle: &Bundle) -> Option<Self> {
        let mut mapped = Mapped::default();
        let document = row(bundle)?;
        let row = wire::read::<WireRow>(document, &mut mapped).unwrap_or_default();
        let WireRow {
            title,
            job_id,
            department_name,
            workplace_type,
            is_listed,
            published_date,
            external_link,
            apply_link,
            updated_at,
        } = row;
        let info = bundle.document(INFO);
        let wire = info.and_then(|info| wire::read::<WireInfo>(info, &mut mapped));
        let WireInfo {
            description_html,
            description_plain,
            is_remote,
            compensation,
            application_form_definition: form,
            survey_form_definitions: surveys,
        } = wire.unwrap_or_default();
        let asked = info.map(|info| questions::asked(form, surveys, info, &mut mapped));
        Some(Self {
            id: bundle.id.clone(),
            reach: reach(bundle, &mut mapped),
            is_listed,
            title: text(title),
            job_id: text(job_id),
            department: text(department_name),
            workplace_type: text(workplace_type),
            is_remote,
            was_published: text(published_date).is_some(),
            external_link: text(external_link),
            apply_link: text(apply_link),
            updated_at: instant(updated_at, document, "/updatedAt", &mut mapped),
            description: text(description_html).or_else(|| text(description_plain)),
            pay: compensation,
            asked: asked.unwrap_or_default(),
            losses: mapped.losses,
        })
    }

    /// Whether a board lists it.
    pub(crate) fn is_published(&self) -> bool {
        self.reach != Reach::Unpublished
    }

    /// Who can find it; `None` if nobody can, or nobody knows.
    pub(crate) fn visibility(&self) -> Option<JobPostingVisibility> {
        match (self.reach, self.is_listed) {
            (Reach::External, Some(true)) => Some(JobPostingVisibility::Public),
            (Reach::External, Some(false)) => Some(JobPostingVisibility::Unlisted),
            (Reach::Internal, _) => Some(JobPostingVisibility::Internal),
            (Reach::External, None) | (Reach::Unclear | Reach::Unpublished, _) => None,
        }
    }

    /// The less, the better it stands for its job: wide reach first, then the latest change.
    pub(crate) fn rank(&self) -> impl Ord + use<'_> {
        let hidden = self.reach == Reach::External && self.is_listed != Some(true);
        (
            self.reach,
            hidden,
            Reverse(self.updated_at),
            self.id.as_str(),
        )
    }

    fn status(&self) -> JobPostingStatus {
        if self.is_published() {
            JobPostingStatus::Active
        } else if self.was_published {
            JobPostingStatus::Inactive
        } else {
            JobPostingStatus::Draft
        }
    }

    fn url(&self) -> Option<String> {
        let link = self.external_link.as_ref().or(self.apply_link.as_ref());
        link.filter(|_| self.is_published()).cloned()
    }
}

fn reach(bundle: &Bundle, mapped: &mut Mapped) -> Reach {
    let mut reach = Reach::Unpublished;
    for row in bundle.documents_of(LIST) {
        let of_listing = match row.variant.as_deref() {
            // Without a board, the primary external one is listed.
            None => Reach::External,
            Some(UNPUBLISHED) => Reach::Unpublished,
            Some(_) => Reach::Unclear,
        };
        reach = reach.min(of_listing);
    }
    for board in bundle.documents_of(BOARDS) {
        let is_internal =
            wire::read::<WireBoard>(board, mapped).and_then(|board| board.is_internal);
        reach = reach.min(match is_internal {
            Some(false) => Reach::External,
            Some(true) => Reach::Internal,
            None => Reach::Unclear,
        });
    }
    reach
}

/// The records of a posting: itself and its questions.
pub(crate) fn map(bundle: &Bundle) -> Mapped {
    let Some(posting) = of(bundle) else {
        return Mapped::default();
    };
    let record = JobPosting {
        remote_id: posting.id.clone(),
        title: posting.title.clone(),
        description_html: posting.description.clone(),
        status: Some(posting.status().into()),
        visibility: posting.visibility().map(Into::into),
        url: posting.url(),
        job_id: posting.job_id.clone().map(Reference::remote),
        remote_data: Some(RemoteData::of(shown(bundle))),
    };
    let questions = posting
        .asked
        .iter()
        .map(|asked| asked.question.clone().into());
    let records = std::iter::once(record.into()).chain(questions).collect();
    Mapped {
        records,
        losses: posting.losses.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::listing::ROW;

    fn listed_by(variants: &[Option<&str>], boards: &[(&str, Option<bool>)], row: Value) -> Bundle {
        let row = |variant: &Option<&str>| {
            let document = Document::new(LIST, ROW, &row);
            match variant {
                Some(variant) => document.variant(*variant),
                None => document,
            }
        };
        let mut documents: Vec<_> = variants.iter().map(row).collect();
        documents.extend(boards.iter().map(|(id, is_internal)| {
            Document::new(BOARDS, ROW, &json!({ "isInternal": is_internal })).variant(*id)
        }));
        Bundle::new("p", documents)
    }

    fn shown(bundle: &Bundle) -> Value {
        let mapped = map(bundle);
        let posting = json!(mapped.records[0]);
        json!([posting["status"], posting["visibility"], posting["url"]])
    }

    #[test]
    fn the_listings_that_hold_a_posting_tell_its_status_and_who_can_find_it() {
        let row =
            json!({ "isListed": true, "externalLink": " ", "applyLink": "https://a.example/1" });
        let url = "https://a.example/1";
        let (internal, external) = (("i", Some(true)), ("e", Some(false)));
        let cases: [(&[_], &[_], Value); 5] = [
            (
                &[None, Some(UNPUBLISHED)],
                &[],
                json!(["ACTIVE", "PUBLIC", url]),
            ),
            (
                &[Some("jobBoardId=i")],
                &[internal],
                json!(["ACTIVE", "INTERNAL", url]),
            ),
            (
                &[Some("jobBoardId=i"), Some("jobBoardId=e")],
                &[internal, external],
                json!(["ACTIVE", "PUBLIC", url]),
            ),
            (
                &[Some("jobBoardId=x")],
                &[("x", None)],
                json!(["ACTIVE", null, url]),
            ),
            (&[Some(UNPUBLISHED)], &[], json!(["DRAFT", null, null])),
        ];
        for (variants, boards, expected) in cases {
            assert_eq!(
                shown(&listed_by(variants, boards, row.clone())),
                expected,
                "{variants:?}"
            );
        }
        let row = json!({ "isListed": false, "publishedDate": "2026-01-01" });
        assert_eq!(
            shown(&listed_by(&[None], &[], row.clone())),
            json!(["ACTIVE", "UNLISTED", null])
        );
        let gone = listed_by(&[Some(UNPUBLISHED)], &[], row);
        assert_eq!(shown(&gone), json!(["INACTIVE", null, null]));
    }

    #[test]
    fn a_wide_reach_ranks_before_a_late_change() {
        let row = |listed: bool, day: &str| json!({ "isListed": listed, "updatedAt": day });
        let mut bundles = [
            listed_by(&[Some(UNPUBLISHED)], &[], row(true, "2026-05-05")),
            listed_by(&[None], &[], row(false, "2026-04-04")),
            listed_by(&[None], &[], row(true, "2026-01-01")),
            listed_by(&[None], &[], row(true, "2026-02-02")),
            listed_by(
                &[Some("jobBoardId=i")],
                &[("i", Some(true))],
                row(true, "2026-03-03"),
            ),
        ];
        bundles.sort_by(|a, b| of(a).unwrap().rank().cmp(&of(b).unwrap().rank()));
        let days = bundles
            .iter()
            .map(|bundle| of(bundle).unwrap().updated_at.unwrap().to_string());
        let months: Vec<_> = days.map(|day| day[5..7].to_owned()).collect();
        assert_eq!(months, ["02", "01", "04", "03", "05"]);
    }
}
