//! The first two pages: who asks for what, and how the key is made and entered.

use ats_core::{ActionKind, Connection, CredentialField, Guide, Manifest, ModelKind};
use ats_store::ScopeSetting;
use axum::extract::{Path, Query, State};
use http::StatusCode;
use maud::{Markup, html};
use secrecy::SecretString;
use serde::Deserialize;

use super::Flow;
use crate::{
    App,
    outer::Noted,
    pages::{
        failure::Failure,
        layout::{Page, spoken},
        markdown,
    },
};

/// The guide that tells what is needed first.
const BEFORE: &str = "prerequisites";

/// The guides that tell how the key is made; the first that is there is shown.
const MAKING: [&str; 2] = ["create_credentials", "connection_guide"];

/// More actions than these are folded away.
const FEW: usize = 3;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    tool: String,
}

/// `GET /connect/{token}`.
pub(super) async fn start(
    State(app): State<App>,
    noted: Noted,
    Path(token): Path<String>,
) -> Result<Page, Failure> {
    let flow = Flow::open(&app, &noted, &token).await?;
    let known = flow.factory(&app, "").map(|factory| factory.manifest);
    if flow.link.connector.is_some() && known.is_none() {
        return Err(Failure::Invalid(
            "The tool of this link is not available here.".to_owned(),
        ));
    }
    let host = app
        .options()
        .public_url
        .host_str()
        .unwrap_or_default()
        .to_owned();
    let organization = &flow.link.end_user.organization_name;
    let asks = app.options().operator_name.clone().unwrap_or(host);
    let title = match (flow.is_relink(), known) {
        (true, Some(manifest)) => format!("Renew the connection to {}", manifest.name),
        (_, Some(manifest)) => format!("Connect {}", manifest.name),
        _ => "Connect your recruiting tool".to_owned(),
    };
    let content = html! {
        (flow.head(0))
        div.sheet {
            h1 { (title) }
            p {
                strong { (asks) } " asks for access to the recruiting data of "
                strong { (organization) } "."
                @if flow.link.environment != ats_store::PRODUCTION { " This is for the environment " strong { (flow.link.environment) } "." }
            }
            @if flow.is_relink() { p { "You replace the key of a connection that is there. What was read before stays." } }
            h2 { "What it is for" }
            (wishes(&flow))
            h2 { "What happens now" }
            ol {
                li { "You make a key in " (known.map_or("your tool", |manifest| manifest.name)) ", with the boxes that are named." }
                li { "The key is tried, and you see what it may do. Nothing is kept until you say so." }
                li { "You connect. You can disable the key at any time." }
            }
            form method="get" action=(flow.path("/key")) {
                @if flow.link.connector.is_none() {
                    fieldset {
                        legend { "Which tool do you use?" }
                        @for (index, manifest) in app.registry().manifests().enumerate() {
                            @let id = format!("tool-{}", manifest.slug);
                            div.choice {
                                input id=(id) type="radio" name="tool" value=(manifest.slug) required checked[index == 0];
                                label.plain for=(id) { (manifest.name) }
                            }
                        }
                    }
                }
                div.actions { button.main type="submit" { "Continue" } }
            }
        }
    };
    Ok(Page::connect(title, flow.framed(), content))
}

/// `GET /connect/{token}/key`.
pub(super) async fn key(
    State(app): State<App>,
    noted: Noted,
    Path(token): Path<String>,
    Query(choice): Query<Choice>,
) -> Result<Page, Failure> {
    let flow = Flow::open(&app, &noted, &token).await?;
    form(&app, &flow, &choice.tool, None)
}

/// The page on which the key is entered. `problem` tells why the one before was not taken.
pub(super) fn form(
    app: &App,
    flow: &Flow,
    tool: &str,
    problem: Option<&str>,
) -> Result<Page, Failure> {
    let factory = flow
        .factory(app, tool)
        .ok_or_else(|| Failure::Invalid("Choose one of the tools that are offered.".to_owned()))?;
    let manifest = factory.manifest;
    let boxes = boxes(flow, factory);
    let guide = |name: &str| manifest.guides.iter().find(|guide| guide.name == name);
    let making = MAKING.into_iter().find_map(guide);
    let title = format!("Make a key in {}", manifest.name);
    let content = html! {
        (flow.head(1))
        @if let Some(problem) = problem {
            div.note.bad role="alert" #problem { h2 { "The key was not taken" } p { (problem) } }
        }
        div.sheet {
            h1 { (title) }
            h2 { "Step by step" }
            @if let Some(before) = guide(BEFORE) {
                details {
                    summary { (before.title) }
                    (steps(before, &boxes))
                }
            }
            @if let Some(making) = making { (steps(making, &boxes)) }
            @else { (boxes) }
            p { a href=(manifest.vendor_docs) target="_blank" rel="noreferrer noopener" { (manifest.name) "'s own pages" } " (in a new window)" }
        }
        div.sheet {
            h2 #enter { "Enter the key" }
            form method="post" action=(flow.path("/check")) data-once autocomplete="off" {
                input type="hidden" name="tool" value=(manifest.slug);
                @for field in manifest.credentials { (credential(field, problem.is_some())) }
                @if app.options().allow_private_network {
                    details {
                        summary { "Advanced" }
                        div.field {
                            label for="base_url" { "Vendor address" }
                            p.hint #base_url-hint { "Only for a simulated vendor. Usually " (manifest.base_url) "." }
                            input #base_url name="base_url" type="url" autocomplete="off" aria-describedby="base_url-hint";
                        }
                    }
                }
                p.quiet.small { "The key is tried at once. It is kept encrypted, and only after you have seen what it may do." }
                div.actions {
                    button.main type="submit" data-busy="Trying the key…" { "Try the key" }
                    a href=(flow.path("")) { "Back" }
                }
            }
        }
    };
    let status = match problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok(Page::connect(title, flow.framed(), content).with_status(status))
}

fn credential(field: &CredentialField, is_wrong: bool) -> Markup {
    let id = format!("credential-{}", field.name);
    let hint = format!("{id}-hint");
    html! {
        div.field {
            label for=(id) { (field.label) }
            p.hint id=(hint) { (field.help) }
            input id=(id) name=(id) type="password" required autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby=(hint) aria-invalid=[is_wrong.then_some("true")];
        }
    }
}

fn steps(guide: &Guide, boxes: &Markup) -> Markup {
    html! {
        ol.steps {
            @for step in guide.steps {
                li { h3 { (step.title) } (markdown::rendered(step.text, boxes)) }
            }
        }
    }
}

/// The models and actions that are on.
fn wishes(flow: &Flow) -> Markup {
    let word = |setting: ScopeSetting| match setting {
        ScopeSetting::Optional => " (you can leave it out)",
        ScopeSetting::Enabled | ScopeSetting::Disabled => "",
    };
    let models = ModelKind::ALL.iter().filter(|model| is_for_people(**model));
    let models = models.map(|model| (spoken(model.name()), flow.settings.model(*model)));
    let models = models.filter(|(_, setting)| *setting != ScopeSetting::Disabled);
    let actions = ActionKind::ALL.iter();
    let actions = actions.map(|action| (spoken(action.name()), flow.settings.action(*action)));
    let actions = actions.filter(|(_, setting)| *setting != ScopeSetting::Disabled);
    html! {
        details {
            summary { "Data that is read" }
            ul { @for (name, setting) in models { li { (name) (word(setting)) } } }
        }
        details {
            summary { "What can be changed in the tool" }
            ul { @for (name, setting) in actions { li { (name) (word(setting)) } } }
        }
    }
}

/// Whether a model is more than a link between two others.
pub(super) fn is_for_people(model: ModelKind) -> bool {
    !matches!(
        model,
        ModelKind::CandidateTag
            | ModelKind::JobApplicationStage
            | ModelKind::JobScreeningQuestion
            | ModelKind::JobHiringTeamMember
            | ModelKind::InterviewingTeamMember
    )
}

/// The boxes to tick and what each is for, so far as the link asks for it.
fn boxes(flow: &Flow, factory: &ats_core::Factory) -> Markup {
    let manifest: &Manifest = factory.manifest;
    let none = |field: &CredentialField| (field.name.to_owned(), SecretString::from("none"));
    let unbound = Connection {
        credentials: manifest.credentials.iter().map(none).collect(),
        ..Connection::default()
    };
    // The tables of a connector do not depend on credentials; without them only names are told.
    let connector = (factory.connect)(&unbound).ok();
    let uses = |permission: &str| -> (Vec<String>, Vec<String>) {
        let Some(connector) = &connector else {
            return (Vec::new(), Vec::new());
        };
        let reads = connector.reads();
        let models = reads.slots().into_iter().filter(|(model, slot)| {
            flow.settings.model(*model) != ScopeSetting::Disabled
                && is_for_people(*model)
                && slot
                    .yes()
                    .is_some_and(|read| read.permissions.contains(&permission))
        });
        let models = models.map(|(model, _)| spoken(model.name())).collect();
        let writes = connector.actions();
        let actions = ActionKind::ALL.iter().filter(|action| {
            let mut slots = writes.slots().into_iter();
            let slot = slots.find(|(name, _)| *name == action.name());
            flow.settings.action(**action) != ScopeSetting::Disabled
                && slot
                    .and_then(|(_, slot)| slot.yes().copied())
                    .is_some_and(|write| write.permissions.contains(&permission))
        });
        let actions = actions.map(|action| spoken(action.name())).collect();
        (models, actions)
    };
    html! {
        div.wide role="region" aria-label="Boxes to tick" tabindex="0" {
            table.stack role="table" {
                thead role="rowgroup" { tr role="row" { th scope="col" role="columnheader" { "Box" } th scope="col" role="columnheader" { "What it is for" } } }
                tbody role="rowgroup" {
                    @for one in manifest.boxes {
                        @let (models, actions) = uses(one.permission);
                        @if !(models.is_empty() && actions.is_empty() && one.also.is_none()) {
                            tr role="row" {
                                th scope="row" role="rowheader" { (one.label) }
                                td role="cell" {
                                    @if !models.is_empty() { div { "Reading: " (models.join(", ")) } }
                                    @if actions.len() > FEW {
                                        details { summary { "Doing " (actions.len()) " things" } (actions.join(", ")) }
                                    } @else if !actions.is_empty() { div { "Doing: " (actions.join(", ")) } }
                                    @if let Some(also) = one.also { div { "Also: " (also) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
