//! The parts of an integration's page, each a table or a list.

use ats_core::Timestamp;
use ats_store::{ActionState, DeliveryState, Integration, SubscriptionState};
use maud::{Markup, html};

use super::facts::{Facts, More, SHOWN};
use crate::pages::layout::{Tone, moment, number, spoken, tag, wide};

/// The models with their counts and how fresh they are.
pub(super) fn models(facts: &Facts, home: &str, now: Timestamp) -> Markup {
    wide(
        "Models",
        html! {
            table {
                thead { tr { th scope="col" { "Model" } th.number scope="col" { "Records" } th.number scope="col" { "Gone" } th scope="col" { "Fresh as of" } } }
                tbody {
                    @for model in &facts.models {
                        @let count = facts.counts.get(model).copied().unwrap_or_default();
                        tr {
                            th scope="row" { a href=(format!("{home}/data/{model}")) { (spoken(model.name())) } }
                            td.number { (number(count.live)) }
                            td.number { (number(count.deleted)) }
                            td {
                                @if !facts.integration.settings.scope.allows_model(*model) { (tag(Tone::Plain, "switched off")) }
                                @else if let Some(at) = facts.fresh.get(model) { (moment(*at, now)) }
                                @else { "not read yet" }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// What could not be mapped or kept.
pub(super) fn lost(more: &More) -> Markup {
    html! {
        @if more.losses.is_empty() && more.rejects.is_empty() {
            p { "Nothing: every value and every row of the vendor was understood." }
        }
        @if !more.losses.is_empty() {
            (wide("Losses", html! {
                table {
                    caption { "Values that were left empty" @if more.losses.len() == SHOWN { ", the first " (SHOWN) } }
                    thead { tr { th scope="col" { "Place" } th scope="col" { "Expected" } th scope="col" { "Document" } } }
                    tbody { @for loss in &more.losses { tr {
                        th scope="row" { code { (loss.endpoint) ":" (loss.path) } }
                        td { (loss.expected) }
                        td { (loss.stream) " " code { (loss.bundle) } }
                    } } }
                }
            }))
        }
        @if !more.rejects.is_empty() {
            (wide("Rejects", html! {
                table {
                    caption { "Rows that were left out" @if more.rejects.len() == SHOWN { ", the first " (SHOWN) } }
                    thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Why" } } }
                    tbody { @for reject in &more.rejects { tr { th scope="row" { code { (reject.endpoint) } } td { (reject.reason) } } } }
                }
            }))
        }
    }
}

/// Subscriptions to the vendor's events, and what came of them.
pub(super) fn events(more: &More, now: Timestamp) -> Markup {
    html! {
        @if more.subscriptions.is_empty() {
            p { "Not subscribed; changes arrive with the next sync. " code { "ats subscriptions create" } " subscribes." }
        } @else {
            ul.row aria-label="Subscriptions" {
                @for one in &more.subscriptions {
                    @let (tone, word) = match one.state {
                        SubscriptionState::Pending => (Tone::Warn, "waiting for the vendor"),
                        SubscriptionState::Active => (Tone::Good, "active"),
                        SubscriptionState::Ending => (Tone::Plain, "ending"),
                    };
                    li { code { (one.event) } " " (tag(tone, word)) }
                }
            }
        }
        @if !more.deliveries.is_empty() {
            (wide("Events that came", html! {
                table {
                    caption { "The last events that came" }
                    thead { tr { th scope="col" { "Came" } th scope="col" { "Event" } th scope="col" { "State" } th.number scope="col" { "Tries" } th scope="col" { "Problem" } } }
                    tbody { @for one in &more.deliveries {
                        @let (tone, word) = match one.progress.state {
                            DeliveryState::Waiting => (Tone::Busy, "waiting"),
                            DeliveryState::Done => (Tone::Good, "done"),
                            DeliveryState::Failed => (Tone::Bad, "given up"),
                        };
                        tr {
                            th scope="row" { (moment(one.received_at, now)) }
                            td { code { (one.event) } }
                            td { (tag(tone, word)) }
                            td.number { (one.progress.attempts) }
                            td { @if let Some(problem) = &one.progress.problem { (problem.message) } }
                        }
                    } }
                }
            }))
        }
    }
}

/// The last actions.
pub(super) fn actions(more: &More, now: Timestamp) -> Markup {
    html! {
        @if more.actions.is_empty() { p { "None yet." } }
        @else {
            (wide("Actions", html! {
                table {
                    thead { tr { th scope="col" { "Began" } th scope="col" { "Action" } th scope="col" { "Outcome" } } }
                    tbody { @for one in &more.actions {
                        @let (tone, word) = action_tone(one.state);
                        tr { th scope="row" { (moment(one.started_at, now)) } td { (spoken(&one.action)) } td { (tag(tone, word)) } }
                    } }
                }
            }))
        }
    }
}

fn action_tone(state: ActionState) -> (Tone, &'static str) {
    match state {
        ActionState::Planned => (Tone::Busy, "nothing sent yet"),
        ActionState::Sent => (Tone::Busy, "under way"),
        ActionState::Confirmed => (Tone::Good, "done"),
        ActionState::Unknown => (Tone::Warn, "answer lost"),
        ActionState::Failed => (Tone::Bad, "failed"),
    }
}

/// What is set.
pub(super) fn settings(one: &Integration) -> Markup {
    let settings = &one.settings;
    let yes = |on: bool| if on { "yes" } else { "no" };
    html! {
        div.sheet {
            dl.facts {
                dt { "Raw documents shown" } dd { (yes(settings.remote_data)) }
                dt { "Only what was created here" } dd { (yes(settings.sync_only_created)) }
                dt { "Changes are read every" } dd { (settings.delta_interval.as_secs() / 60) " min" }
                dt { "Everything is read every" } dd { (settings.full_interval.as_secs() / 3600) " h" }
                dt { "Usual source" } dd { @match &settings.default_source { Some(source) => { (source) }, None => { "none" } } }
                @for (name, on) in &settings.switches { dt { (spoken(name)) } dd { (yes(*on)) } }
                dt { "Switched off" }
                dd {
                    @if settings.scope.is_whole() { "nothing" }
                    @else {
                        @for model in &settings.scope.models_off { code { (model) } " " }
                        @for (model, fields) in &settings.scope.fields_off { @for field in fields { code { (model) "." (field) } " " } }
                        @for action in &settings.scope.actions_off { code { (action) } " " }
                    }
                }
            }
            p.small.quiet { code { "ats integrations set" } " changes them." }
        }
    }
}
