//! Webhooks to others.

use axum::extract::State;
use maud::html;

use super::session::Operator;
use crate::{
    App,
    pages::layout::{Page, Section},
};

/// `GET /webhooks`.
pub(super) async fn all(State(_app): State<App>, operator: Operator) -> Page {
    let content = html! {
        h1 { "Webhooks" }
    };
    Page::operator(
        "Webhooks",
        Section::Webhooks,
        Some(operator.csrf()),
        content,
    )
}
