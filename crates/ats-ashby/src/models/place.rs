//! Places: postal addresses, the parts of a candidate's home, and the codes of countries.
//!
//! The vendor writes countries as full English names. This must not know whose place it is.

use std::{collections::HashMap, sync::LazyLock};

use ats_core::{Document, Mapped, model::Location};
use serde::Deserialize;

use crate::wire::{lose, text};

/// The address of an office. Ashby API reference, `address` of `location.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireAddress {
    postal_address: Option<WirePostalAddress>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePostalAddress {
    address_country: Option<String>,
    address_region: Option<String>,
    address_locality: Option<String>,
    postal_code: Option<String>,
    street_address: Option<String>,
}

/// Where a candidate lives. Ashby API reference, `location` of `candidate.list`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireHome {
    location_summary: Option<String>,
    location_components: Option<Vec<Option<WireComponent>>>,
}

#[derive(Debug, Deserialize)]
struct WireComponent {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
}

/// The place that people call `raw`, at `address`; `None` if nothing is known of it.
pub(crate) fn of_address(address: Option<WireAddress>, raw: Option<String>) -> Option<Location> {
    let place = Location {
        raw: text(raw),
        ..Location::default()
    };
    let Some(postal) = address.and_then(|address| address.postal_address) else {
        return something(place);
    };
    let WirePostalAddress {
        address_country,
        address_region,
        address_locality,
        postal_code,
        street_address,
    } = postal;
    something(Location {
        city: text(address_locality),
        country: country(address_country),
        raw: place.raw,
        state: text(address_region),
        street_1: text(street_address),
        street_2: None,
        zip_code: text(postal_code),
    })
}

/// The home of a candidate, which stands at `/location` of `document`.
pub(crate) fn of_home(
    home: WireHome,
    document: &Document,
    mapped: &mut Mapped,
) -> Option<Location> {
    let WireHome {
        location_summary,
        location_components,
    } = home;
    let (mut city, mut state, mut country_name) = (None, None, None);
    for (index, component) in location_components.into_iter().flatten().enumerate() {
        let Some(WireComponent { kind, name }) = component else {
            continue;
        };
        let part = match kind.as_deref() {
            Some("City") => &mut city,
            Some("Region") => &mut state,
            Some("Country") => &mut country_name,
            _ => {
                let path = format!("/location/locationComponents/{index}/type");
                lose(document, &path, "Country, Region or City", mapped);
                continue;
            }
        };
        *part = part.take().or(text(name));
    }
    something(Location {
        city,
        country: country(country_name),
        raw: text(location_summary),
        state,
        street_1: None,
        street_2: None,
        zip_code: None,
    })
}

fn something(place: Location) -> Option<Location> {
    (place != Location::default()).then_some(place)
}

/// The ISO 3166 alpha-2 code of a country, or the text itself if it is no English name of one.
pub(crate) fn country(name: Option<String>) -> Option<String> {
    let name = text(name)?;
    match CODES.get(name.to_lowercase().as_str()) {
        Some(code) => Some((*code).to_owned()),
        None => Some(name),
    }
}

static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let official = rust_iso3166::ALL
        .iter()
        .map(|country| (country.name, country.alpha2));
    let all = official.chain(EVERYDAY.iter().copied());
    all.map(|(name, code)| (name.to_lowercase(), code))
        .collect()
});

/// Names in daily use that the standard's list spells differently.
const EVERYDAY: &[(&str, &str)] = &[
    ("Bolivia", "BO"),
    ("British Virgin Islands", "VG"),
    ("Brunei", "BN"),
    ("Burma", "MM"),
    ("Cape Verde", "CV"),
    ("Cocos Islands", "CC"),
    ("Cote d'Ivoire", "CI"),
    ("Côte d’Ivoire", "CI"),
    ("Curacao", "CW"),
    ("Czech Republic", "CZ"),
    ("Democratic Republic of the Congo", "CD"),
    ("East Timor", "TL"),
    ("Falkland Islands", "FK"),
    ("Great Britain", "GB"),
    ("Iran", "IR"),
    ("Ivory Coast", "CI"),
    ("Laos", "LA"),
    ("Macau", "MO"),
    ("Micronesia", "FM"),
    ("Moldova", "MD"),
    ("Netherlands", "NL"),
    ("North Korea", "KP"),
    ("Palestine", "PS"),
    ("Republic of Ireland", "IE"),
    ("Republic of Korea", "KR"),
    ("Republic of the Congo", "CG"),
    ("Reunion", "RE"),
    ("Russia", "RU"),
    ("Saint Barthelemy", "BL"),
    ("Saint Martin", "MF"),
    ("Sint Maarten", "SX"),
    ("South Korea", "KR"),
    ("Swaziland", "SZ"),
    ("Syria", "SY"),
    ("Taiwan", "TW"),
    ("Tanzania", "TZ"),
    ("The Bahamas", "BS"),
    ("The Gambia", "GM"),
    ("The Netherlands", "NL"),
    ("Turkey", "TR"),
    ("U.S. Virgin Islands", "VI"),
    ("UK", "GB"),
    ("United Kingdom", "GB"),
    ("United States", "US"),
    ("USA", "US"),
    ("Vatican City", "VA"),
    ("Venezuela", "VE"),
    ("Vietnam", "VN"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn english_names_become_codes_and_other_text_stays() {
        let code = |name: &str| country(Some(name.into())).unwrap();
        for (name, expected) in [
            ("Germany", "DE"),
            (" united states ", "US"),
            ("United States of America", "US"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("South Korea", "KR"),
            ("Deutschland", "Deutschland"),
            ("DE", "DE"),
        ] {
            assert_eq!(code(name), expected);
        }
        assert_eq!(country(Some(" ".into())), None);
    }

    #[test]
    fn every_everyday_name_has_a_code_of_the_standard_and_is_not_in_it_already() {
        for (name, code) in EVERYDAY {
            assert!(rust_iso3166::from_alpha2(code).is_some(), "{name}: {code}");
            assert!(!rust_iso3166::ALL_NAME.contains(name), "{name}");
        }
    }

    #[test]
    fn a_place_without_an_address_has_its_name_and_an_empty_one_is_none() {
        let place = of_address(None, Some("Remote, Europe".into()));
        assert_eq!(place.unwrap().raw.as_deref(), Some("Remote, Europe"));
        assert_eq!(
            of_address(
                Some(WireAddress {
                    postal_address: None
                }),
                None
            ),
            None
        );
    }

    #[test]
    fn a_home_takes_the_first_part_of_each_kind() {
        let home = json!({
            "locationSummary": "Bonn, Germany",
            "locationComponents": [
                { "type": "Country", "name": "Germany" },
                { "type": "City", "name": "Bonn" },
                { "type": "City", "name": "Köln" },
                { "type": "Planet", "name": "Earth" },
            ],
        });
        let document = Document::new("candidate.list", "/results/*", &home);
        let mut mapped = Mapped::default();
        let home = of_home(
            serde_json::from_value(home).unwrap(),
            &document,
            &mut mapped,
        );
        let home = home.unwrap();
        assert_eq!(
            (home.city.as_deref(), home.country.as_deref()),
            (Some("Bonn"), Some("DE"))
        );
        assert_eq!(mapped.losses[0].path, "/location/locationComponents/3/type");
    }
}
