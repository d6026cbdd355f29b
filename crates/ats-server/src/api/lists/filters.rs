//! From the filters of a query to those of the store.

use ats_core::{Coverage, Id};
use ats_store::{Filter, Integration, record_id};

use super::{
    moment,
    query::Asked,
    table::{FilterOf, Kind},
};
use crate::ApiError;

/// The filters; `None` if nothing can match, because the connector does not fill a field.
pub(super) fn of(
    asked: &Asked,
    integration: &Integration,
    coverage: Option<&Coverage>,
) -> Result<Option<Vec<Filter>>, ApiError> {
    let mut filters = Vec::new();
    if let Some(text) = &asked.ids {
        filters.push(Filter::Ids(ids(text)));
    }
    if let Some(text) = &asked.remote_ids {
        filters.push(Filter::RemoteIds(list(text)));
    }
    let mut is_possible = true;
    for (filter, text) in &asked.filters {
        let found = one(filter, text, integration)?;
        if is_covered(filter, asked, coverage) {
            filters.push(found);
        } else if !asked.ignore_unsupported {
            is_possible = false;
        }
    }
    Ok(is_possible.then_some(filters))
}

/// Whether the connector fills the field that a filter looks at.
fn is_covered(filter: &FilterOf, asked: &Asked, coverage: Option<&Coverage>) -> bool {
    let model = coverage.and_then(|coverage| coverage.models.get(&asked.model));
    let gap = model.and_then(|model| model.fields.get(filter.field));
    !matches!(gap, Some(Some(_)))
}

fn one(filter: &FilterOf, text: &str, integration: &Integration) -> Result<Filter, ApiError> {
    let field = filter.field;
    Ok(match filter.kind {
        Kind::OneOf(words) => {
            let values = list(text);
            if let Some(odd) = values.iter().find(|value| !words.contains(&value.as_str())) {
                let odd: String = odd.chars().take(40).collect();
                return Err(ApiError::input(format!(
                    "`{}` cannot be `{odd}`; it takes {}",
                    filter.name,
                    words.join(", ")
                )));
            }
            Filter::Is { field, values }
        }
        Kind::Is if filter.name == "post_url" => Filter::Is {
            field,
            values: vec![text.to_owned()],
        },
        Kind::Is => Filter::Is {
            field,
            values: list(text),
        },
        Kind::IsIgnoringCase => Filter::IsIgnoringCase {
            field,
            values: vec![text.to_owned()],
        },
        Kind::Contains => Filter::Contains {
            field,
            values: vec![text.to_owned()],
        },
        Kind::SinceDay => {
            let moment = moment::parse(filter.name, text)?;
            let day: String = moment.to_string().chars().take(10).collect();
            Filter::Since {
                field,
                moment: moment::parse(filter.name, &day)?,
            }
        }
        Kind::Email => Filter::Email(list(text)),
        Kind::RefersTo => Filter::RefersTo(ids(text)),
        Kind::RefersToRemote(model) => {
            let ids = list(text).into_iter();
            Filter::RefersTo(
                ids.map(|id| record_id(&integration.id, model, &id))
                    .collect(),
            )
        }
        Kind::WithApplicationOf => Filter::WithApplicationOf(ids(text)),
        Kind::OfApplicationOf => Filter::OfApplicationOf(ids(text)),
    })
}

/// The values of a comma list.
fn list(text: &str) -> Vec<String> {
    let values = text.split(',').map(str::trim);
    let values = values.filter(|value| !value.is_empty());
    values.map(str::to_owned).collect()
}

/// Ids of ours. What is none matches nothing.
fn ids(text: &str) -> Vec<Id> {
    list(text).iter().filter_map(|id| id.parse().ok()).collect()
}
