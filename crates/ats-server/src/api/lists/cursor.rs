//! Cursors: where a page ends, opaque to clients and bound to their list.

use ats_store::Place;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::table::List;
use crate::ApiError;

/// The form of cursors; another one is not understood.
const VERSION: &str = "1";

pub(super) fn write(list: &List, place: Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{VERSION} {} {place}", list.id))
}

/// The place that a cursor of this list names.
pub(super) fn read(list: &List, text: &str, by_moment: bool) -> Result<Place, ApiError> {
    let place = || {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut parts = text.split(' ');
        let is_ours = parts.next() == Some(VERSION) && parts.next() == Some(list.id);
        let place: Place = parts.next()?.parse().ok()?;
        let is_fitting = place.touched.is_some() == by_moment;
        (is_ours && is_fitting && parts.next().is_none()).then_some(place)
    };
    place().ok_or_else(|| {
        ApiError::input(
            "`cursor` is not one of this list and these filters; take `data.next` of the page \
             before as it is, and repeat the filters",
        )
    })
}
