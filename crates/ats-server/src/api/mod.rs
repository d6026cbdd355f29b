//! The endpoints of the unified API. One file a topic; here stands only which there are.

mod actions;
pub(crate) mod always_there;
mod changes;
mod check;
mod connect;
mod coverage;
mod document;
mod fields;
mod force_sync;
mod integrations;
mod lists;
mod names;
mod operation;
mod passthrough;
mod restrictions;
mod tools;

use aide::{
    axum::ApiRouter,
    openapi::{Info, OpenApi},
};

use crate::App;

pub(crate) use connect::connect_link;
pub use names::{action_name, model_name};
pub(crate) use operation::operation;

/// What the document says about the whole.
pub(crate) fn about() -> OpenApi {
    OpenApi {
        info: Info {
            title: "unified-ats".to_owned(),
            summary: Some("One API to every applicant tracking system.".to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Info::default()
        },
        ..OpenApi::default()
    }
}

/// Endpoints that are answered from the store.
pub(crate) fn quick() -> ApiRouter<App> {
    ApiRouter::new()
        .merge(check::routes())
        .merge(lists::routes())
        .merge(changes::routes())
        .merge(integrations::routes())
        .merge(fields::routes())
        .merge(tools::routes())
        .merge(connect::routes())
        .merge(restrictions::routes())
}

/// Endpoints that wait for the vendor.
pub(crate) fn patient() -> ApiRouter<App> {
    ApiRouter::new()
        .merge(actions::routes(false))
        .merge(force_sync::routes())
}

/// Endpoints that wait for the vendor and take files.
pub(crate) fn with_files() -> ApiRouter<App> {
    ApiRouter::new()
        .merge(actions::routes(true))
        .merge(passthrough::routes())
}
