//! Fields of the vendor, and custom fields that are mapped to them.

use std::collections::{BTreeMap, BTreeSet};

use aide::axum::{
    ApiRouter,
    routing::{get_with, patch_with, put_with},
};
use ats_store::{CustomField, Integration};
use axum::extract::{Path, State};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    integrations::{Wanted, chosen},
    model_name,
};
use crate::{
    ApiError, App,
    auth::Caller,
    extract::{Body, Params},
    outer::Noted,
    respond::Success,
};

const USUAL: usize = 100;
const MOST_INTEGRATION_FIELDS: usize = 2_000;
const MOST_CUSTOM_FIELDS: usize = 250;

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
struct Asked {
    /// Where it begins: `data.next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// How many at most; 100 unless it is said.
    #[serde(default)]
    page_size: Option<String>,
}

/// Which field of the vendor.
#[derive(Debug, Deserialize, JsonSchema)]
struct WantedField {
    /// The integration.
    integration_id: String,
    /// The field.
    integration_field_id: String,
}

/// Which custom field.
#[derive(Debug, Deserialize, JsonSchema)]
struct WantedCustom {
    /// The integration.
    integration_id: String,
    /// The custom field.
    custom_field_id: String,
}

/// A page of fields.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Fields_{T}")]
struct Fields<T> {
    /// The fields.
    results: Vec<T>,
    /// Where the next page begins; `null` on the last one.
    next: Option<String>,
}

/// Who made a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum FieldType {
    /// The vendor.
    Default,
    /// The customer.
    Custom,
}

/// A field of the vendor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct IntegrationField {
    /// Its id.
    id: String,
    /// What the vendor calls it.
    key: String,
    /// The model that it belongs to.
    model: String,
    /// Who made it.
    #[serde(rename = "type")]
    kind: FieldType,
    /// What people call it.
    label: Option<String>,
    /// Whether records show it among their `integration_fields`.
    is_passthrough_enabled: bool,
    /// Always false; kept for old clients.
    #[schemars(extend("const" = false))]
    is_writable: bool,
}

/// A definition as records hold it.
#[derive(Debug, Deserialize)]
struct Definition {
    id: String,
    key: String,
    #[serde(rename = "type")]
    kind: FieldType,
    label: Option<String>,
}

/// Whether a field is to be shown.
#[derive(Debug, Deserialize, JsonSchema)]
struct Passthrough {
    /// Whether it is; `null` leaves it as it is.
    enable_passthrough: Option<bool>,
}

/// A custom field with what is mapped to it.
#[derive(Debug, Serialize, JsonSchema)]
struct Custom {
    /// Its id.
    id: String,
    /// What records call it.
    key: String,
    /// What is mapped to it.
    integration_field: Option<Mapped>,
    /// The model that it belongs to.
    model: String,
    /// What people call it.
    label: Option<String>,
    /// What it is for.
    description: Option<String>,
}

/// A field of the vendor that is mapped to a custom field.
#[derive(Debug, Serialize, JsonSchema)]
struct Mapped {
    /// Its id.
    id: String,
    /// What the vendor calls it.
    key: String,
    /// Who made it.
    #[serde(rename = "type")]
    kind: FieldType,
    /// What people call it.
    label: Option<String>,
}

/// What is to be mapped.
#[derive(Debug, Deserialize, JsonSchema)]
struct Mapping {
    /// The id of a field of the vendor; `null` takes the mapping away.
    integration_field_id: Option<String>,
}

pub(super) fn routes() -> ApiRouter<App> {
    ApiRouter::new()
        .api_route(
            "/integrations/{integration_id}/integration-fields",
            get_with(integration_fields, |operation| {
                operation
                    .id("getIntegrationFields")
                    .tag("Integrations")
                    .summary("Get the fields of the vendor")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/integration-fields/{integration_field_id}",
            patch_with(set_passthrough, |operation| {
                operation
                    .id("updateIntegrationField")
                    .tag("Integrations")
                    .summary("Show a field of the vendor in records, or no longer")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/custom-fields",
            get_with(custom_fields, |operation| {
                operation
                    .id("getCustomFields")
                    .tag("Integrations")
                    .summary("Get the custom fields with what is mapped to them")
            }),
        )
        .api_route(
            "/integrations/{integration_id}/custom-fields/{custom_field_id}",
            put_with(map_custom_field, |operation| {
                operation
                    .id("updateCustomFieldMapping")
                    .tag("Integrations")
                    .summary("Map a custom field to a field of the vendor")
            }),
        )
}

/// Every field of the vendor that records of the integration have, by model and id.
async fn known(app: &App, one: &Integration) -> Result<Vec<IntegrationField>, ApiError> {
    let id = one.id.clone();
    let (layouts, shown) = app
        .stored(move |platform| Ok((platform.layouts(&id)?, platform.passthrough_fields(&id)?)))
        .await?;
    let shown: BTreeSet<String> = shown.into_iter().collect();
    let mut fields = BTreeMap::new();
    for (model, definitions) in layouts {
        let definitions: Vec<Definition> = serde_json::from_str(&definitions).unwrap_or_default();
        for definition in definitions {
            let field = IntegrationField {
                is_passthrough_enabled: shown.contains(&definition.id),
                id: definition.id,
                key: definition.key,
                model: model_name(model).to_owned(),
                kind: definition.kind,
                label: definition.label,
                is_writable: false,
            };
            fields.insert((field.model.clone(), field.id.clone()), field);
        }
    }
    Ok(fields.into_values().collect())
}

/// A page of what is known.
fn page<T>(all: Vec<T>, asked: &Asked, most: usize) -> Result<Fields<T>, ApiError> {
    let size = match asked.page_size.as_deref().filter(|text| !text.is_empty()) {
        None => USUAL,
        Some(text) => {
            let size = text.parse().ok().filter(|size| (1..=most).contains(size));
            size.ok_or_else(|| {
                ApiError::input(format!(
                    "`page_size` must be a whole number from 1 to {most}"
                ))
            })?
        }
    };
    let skip = match asked.cursor.as_deref().filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => place(text).ok_or_else(|| {
            ApiError::input("`cursor` is not one of this list; take `data.next` as it is")
        })?,
    };
    let end = skip.saturating_add(size);
    let next = (all.len() > end).then(|| URL_SAFE_NO_PAD.encode(format!("f{end}")));
    let results = all.into_iter().skip(skip).take(size).collect();
    Ok(Fields { results, next })
}

fn place(text: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    String::from_utf8(bytes)
        .ok()?
        .strip_prefix('f')?
        .parse()
        .ok()
}

async fn integration_fields(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    Params(asked): Params<Asked>,
) -> Result<Success<Fields<IntegrationField>>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    let all = known(&app, &one).await?;
    Ok(Success::new(page(all, &asked, MOST_INTEGRATION_FIELDS)?))
}

async fn set_passthrough(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<WantedField>,
    Body(asked): Body<Passthrough>,
) -> Result<Success<IntegrationField>, ApiError> {
    let of = Wanted {
        integration_id: wanted.integration_id,
    };
    let one = chosen(&app, &caller, &noted, &of).await?;
    let all = known(&app, &one).await?;
    let mut field = named(&all, &wanted.integration_field_id)?.clone();
    if let Some(enabled) = asked.enable_passthrough {
        let (id, name) = (one.id.clone(), field.id.clone());
        app.stored(move |platform| {
            platform.set_passthrough(&id, &name, enabled)?;
            platform.drop_answers(&id)
        })
        .await?;
        app.runner().fill_soon(&one.id);
        field.is_passthrough_enabled = enabled;
    }
    Ok(Success::new(field))
}

fn named<'a>(all: &'a [IntegrationField], id: &str) -> Result<&'a IntegrationField, ApiError> {
    all.iter().find(|field| field.id == id).ok_or_else(|| {
        ApiError::input("there is no such field of the vendor; `integration-fields` lists them")
    })
}

async fn custom_fields(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<Wanted>,
    Params(asked): Params<Asked>,
) -> Result<Success<Fields<Custom>>, ApiError> {
    let one = chosen(&app, &caller, &noted, &wanted).await?;
    let fields = known(&app, &one).await?;
    let (environment, id) = (one.environment.clone(), one.id.clone());
    let (all, mappings) = app
        .stored(move |platform| {
            Ok((
                platform.custom_fields(&environment)?,
                platform.custom_mappings(&id)?,
            ))
        })
        .await?;
    let mappings: BTreeMap<String, String> = mappings
        .into_iter()
        .map(|mapping| (mapping.custom_field, mapping.integration_field))
        .collect();
    let all = all.into_iter().map(|custom| {
        let mapped = mappings.get(&custom.id);
        let mapped = mapped.and_then(|id| fields.iter().find(|field| field.id == *id));
        shape(custom, mapped)
    });
    Ok(Success::new(page(
        all.collect(),
        &asked,
        MOST_CUSTOM_FIELDS,
    )?))
}

fn shape(custom: CustomField, mapped: Option<&IntegrationField>) -> Custom {
    Custom {
        id: custom.id,
        key: custom.key,
        integration_field: mapped.map(|field| Mapped {
            id: field.id.clone(),
            key: field.key.clone(),
            kind: field.kind,
            label: field.label.clone(),
        }),
        model: custom.model,
        label: custom.label,
        description: custom.description,
    }
}

async fn map_custom_field(
    State(app): State<App>,
    noted: Noted,
    caller: Caller,
    Path(wanted): Path<WantedCustom>,
    Body(asked): Body<Mapping>,
) -> Result<Success<Custom>, ApiError> {
    let of = Wanted {
        integration_id: wanted.integration_id,
    };
    let one = chosen(&app, &caller, &noted, &of).await?;
    let environment = one.environment.clone();
    let all = app
        .stored(move |platform| platform.custom_fields(&environment))
        .await?;
    let custom = all
        .into_iter()
        .find(|custom| custom.id == wanted.custom_field_id);
    let custom = custom.ok_or_else(|| {
        ApiError::input("there is no such custom field; `ats custom-fields add` makes one")
    })?;
    let fields = known(&app, &one).await?;
    let mapped = match &asked.integration_field_id {
        None => None,
        Some(id) => Some(named(&fields, id)?),
    };
    if let Some(field) = mapped
        && field.model != custom.model
    {
        return Err(ApiError::input(format!(
            "the field belongs to `{}`, the custom field to `{}`",
            field.model, custom.model
        )));
    }
    let (id, name) = (one.id.clone(), custom.id.clone());
    app.stored(move |platform| {
        platform.map_custom_field(&id, &name, asked.integration_field_id.as_deref())?;
        platform.drop_answers(&id)
    })
    .await?;
    app.runner().fill_soon(&one.id);
    Ok(Success::new(shape(custom, mapped)))
}
