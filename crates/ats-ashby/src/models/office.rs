//! Where jobs are: the locations that the customer keeps, from `location.list`, and the copies of
//! them that jobs embed.

use std::sync::Arc;

use ats_core::{Bundle, Document, Mapped, Related, model::Location};
use serde::Deserialize;

use super::{
    place::{self, WireAddress},
    reference,
};
use crate::wire::{self, text};

/// A location. Ashby API reference, `location.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireOffice {
    name: Option<String>,
    external_name: Option<String>,
    address: Option<WireAddress>,
    is_remote: Option<bool>,
    workplace_type: Option<String>,
}

/// What a job shows of its location.
#[derive(Debug)]
pub(crate) struct Office {
    /// The place.
    pub(crate) place: Option<Location>,
    /// Where the work is done there, in the vendor's word.
    pub(crate) workplace_type: Option<String>,
    /// Whether the work is done remotely.
    pub(crate) is_remote: Option<bool>,
}

impl From<WireOffice> for Office {
    fn from(wire: WireOffice) -> Self {
        let WireOffice {
            name,
            external_name,
            address,
            is_remote,
            workplace_type,
        } = wire;
        // The name that applicants see goes before the one that the customer uses itself.
        let raw = text(external_name).or_else(|| text(name));
        Self {
            place: place::of_address(address, raw),
            workplace_type: text(workplace_type),
            is_remote,
        }
    }
}

/// The bundle of the location `id`.
pub(crate) fn bundle(related: &dyn Related, id: &str) -> Option<Arc<Bundle>> {
    related.get(reference::LOCATIONS.name, id)
}

/// The location in a bundle.
pub(crate) fn of(bundle: &Bundle) -> Option<&Office> {
    bundle.parsed(read)?.as_ref()
}

fn read(bundle: &Bundle) -> Option<Office> {
    let document = bundle.documents.first()?;
    wire::read_quietly::<WireOffice>(document).map(Office::from)
}

/// A location is no record; reading it here only reports what is odd about it, once.
pub(crate) fn map(document: &Document, _: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    wire::read::<WireOffice>(document, &mut mapped);
    mapped
}
