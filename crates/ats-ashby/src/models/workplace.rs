//! Where a job is and where its work is done, by its posting and its location.

use ats_core::{Bundle, Document, Mapped, Open, model::RemoteWorkStatus};

use super::{
    job::Chosen,
    office::{self, Office},
    posting,
};
use crate::wire::open;

/// A location with the document that it stands in, and where in it.
pub(crate) struct Place<'a> {
    pub(crate) office: &'a Office,
    document: &'a Document,
    path: &'static str,
}

impl<'a> Place<'a> {
    /// The shared location before the copy that the job embeds.
    pub(crate) fn find(
        listed: Option<&'a Bundle>,
        embedded: Option<&'a Office>,
        job: &'a Document,
    ) -> Option<Self> {
        let shared = || {
            let bundle = listed?;
            let document = bundle.documents.first()?;
            Some(Self {
                office: office::of(bundle)?,
                document,
                path: "/workplaceType",
            })
        };
        let copy = || {
            Some(Self {
                office: embedded?,
                document: job,
                path: "/location/workplaceType",
            })
        };
        shared().or_else(copy)
    }
}

/// Where the work is done, by the posting before the location. That something is not remote says
/// nothing: hybrid work is not either.
pub(crate) fn remote_work_status(
    chosen: Option<Chosen<'_>>,
    place: Option<&Place<'_>>,
    mapped: &mut Mapped,
) -> Option<Open<RemoteWorkStatus>> {
    let of_posting = chosen.and_then(|chosen| {
        let word = chosen.posting.workplace_type.clone()?;
        Some((word, posting::row(chosen.bundle)?, "/workplaceType"))
    });
    let of_place = || {
        let place = place?;
        Some((
            place.office.workplace_type.clone()?,
            place.document,
            place.path,
        ))
    };
    if let Some((word, document, path)) = of_posting.or_else(of_place) {
        return open(Some(word), workplace, document, path, mapped);
    }
    let flags = [
        chosen.and_then(|chosen| chosen.posting.is_remote),
        place.and_then(|place| place.office.is_remote),
    ];
    flags
        .contains(&Some(true))
        .then(|| RemoteWorkStatus::Remote.into())
}

fn workplace(vendor: &str) -> Option<Open<RemoteWorkStatus>> {
    Some(match vendor {
        "OnSite" => RemoteWorkStatus::OnSite.into(),
        "Hybrid" => RemoteWorkStatus::Hybrid.into(),
        "Remote" => RemoteWorkStatus::Remote.into(),
        _ => return None,
    })
}
