//! The actions: what is written at Ashby, and the files that are read live.
//!
//! Each file owns the call sequence of one kind of action. What they share is the `desk`, which reads
//! from the vendor or, in a dry run, from the mirror, and the `step`, which is one write.

mod after;
mod answers;
mod attachments;
mod create;
mod desk;
mod direct;
mod files;
mod form;
mod links;
mod note;
mod people;
mod posting;
mod profile;
mod result_link;
mod sheet;
mod source;
mod stage;
mod step;
mod submission;
mod survey;
mod tags;
mod wish;

use ats_core::{Action, ActionContext, Outcome, Result};

use crate::client::Client;
use desk::Desk;
pub(crate) use files::type_of_name;

/// Performs an action. Ashby API reference; the sequences are those of the vendor's guides.
pub(crate) async fn perform(
    client: &Client,
    action: &Action,
    context: &ActionContext<'_>,
) -> Result<Outcome> {
    let desk = Desk::new(client, context);
    match action {
        Action::CreateCandidate(input) => create::candidate(&desk, input).await,
        Action::CreateApplication(input) => create::application(&desk, input).await,
        Action::MoveApplicationToStage(input) => stage::change(&desk, input).await,
        Action::AddNoteToApplication(input) => note::on_application(&desk, input).await,
        Action::RejectApplication(input) => stage::reject(&desk, input).await,
        Action::AddResultLinkToApplication(input) => {
            result_link::on_application(&desk, input).await
        }
        Action::AddResultLinkToCandidate(input) => result_link::on_candidate(&desk, input).await,
        Action::AddTagToCandidate(input) => tags::add(&desk, input).await,
        Action::RemoveTagFromCandidate(input) => tags::remove(&desk, input).await,
        Action::AddAttachmentToApplication(input) => {
            attachments::add_to_application(&desk, input).await
        }
        Action::AddAttachmentToCandidate(input) => {
            attachments::add_to_candidate(&desk, input).await
        }
        Action::GetApplicationAttachments(input) => attachments::of_application(&desk, input).await,
        Action::GetCandidateAttachments(input) => attachments::of_candidate(&desk, input).await,
    }
}
