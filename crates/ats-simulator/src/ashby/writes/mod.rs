//! What the endpoints that write do to the world. Each first checks everything it can refuse, and
//! changes the world only then.

mod applications;
mod candidates;
mod custom_fields;
mod files;
mod forms;
mod notes;
mod stages;
mod surveys;
mod tags;
mod values;
mod webhooks;

pub(crate) use applications::{change_source, create_application, update_application};
pub(crate) use candidates::{create_candidate, update_candidate};
pub(crate) use custom_fields::{create_field, set_value, set_values};
pub(crate) use files::{announce_upload, upload_file, upload_resume};
pub(crate) use forms::submit_form;
pub(crate) use notes::create_note;
pub(crate) use stages::change_stage;
pub(crate) use surveys::submit_survey;
pub(crate) use tags::{add_tag, archive_tag, create_tag, remove_tag};
pub(crate) use webhooks::{create_webhook, delete_webhook, shown_webhook, update_webhook};

use serde_json::Value;

use super::envelope::Refusal;

/// The `results` of a write.
type Written = Result<Value, Refusal>;
