//! The toy connector: its tables and its check. It must not know a law.

use std::sync::Arc;

use async_trait::async_trait;
use ats_core::{
    Access, Action, ActionContext, Actions, Connector, CredentialField, Error, ErrorKind, Features,
    FieldGap, Gap, Guide, GuideStep, KeyBox, Manifest, Outcome, Passthrough, Read, Reads, Result,
    Setting, Stream, Support, Usage, Webhooks,
};
use serde_json::json;

use super::{
    client::Client,
    streams::{KINDS, ToyStream},
};

const DOCS: &str = "https://example.com/toy";
const NONE: Gap = Gap::unsupported("the toy vendor has no such thing", DOCS);

// doc: begin manifest
/// Who the toy connector is.
pub(crate) static MANIFEST: Manifest = Manifest {
    slug: "toy",
    name: "Toy",
    vendor_docs: DOCS,
    base_url: "https://example.com",
    credentials: &[CredentialField {
        name: "key",
        label: "Key",
        help: "Any text.",
    }],
    settings: &[Setting {
        name: "details",
        help: "Reads the details of applications, at one request each.",
        default: true,
    }],
    permissions: &[
        "sourcesRead",
        "tagsRead",
        "candidatesRead",
        "applicationsRead",
    ],
    boxes: &[
        tick("sourcesRead", "Sources"),
        tick("tagsRead", "Tags"),
        tick("candidatesRead", "Candidates"),
        tick("applicationsRead", "Applications"),
    ],
    key_options: &[],
    guides: &[Guide {
        name: "create_credentials",
        title: "Make a key for the toy",
        steps: &[GuideStep {
            title: "Tick the boxes",
            text: "Tick those that you need:\n\n{permissions}",
        }],
    }],
};
// doc: end

const fn tick(permission: &'static str, label: &'static str) -> KeyBox {
    KeyBox {
        permission,
        label,
        also: None,
    }
}

/// The toy connector.
#[derive(Debug)]
pub(crate) struct Toy {
    client: Arc<Client>,
    streams: Vec<ToyStream>,
}

impl Toy {
    /// A connector that speaks through `client`.
    pub(crate) fn new(client: Client, details: bool) -> Self {
        let client = Arc::new(client);
        let stream = |kind| ToyStream {
            kind,
            client: Arc::clone(&client),
            details,
        };
        let streams = KINDS.iter().map(stream).collect();
        Self { client, streams }
    }

    fn read(
        &self,
        stream: usize,
        permissions: &'static [&'static str],
        gaps: &'static [FieldGap],
    ) -> Support<Read<'_>> {
        match self.streams.get(stream) {
            Some(stream) => Support::Yes(Read {
                stream,
                permissions,
                gaps,
                always_null: &[],
            }),
            None => Support::No(NONE),
        }
    }
}

const fn gap(field: &'static str) -> FieldGap {
    FieldGap { field, gap: NONE }
}

const CANDIDATE_GAPS: &[FieldGap] = &[
    gap("company"),
    gap("confidential"),
    gap("phone_numbers"),
    gap("email_addresses"),
    gap("social_media"),
    gap("location"),
    gap("custom_fields"),
    gap("integration_fields"),
    gap("remote_url"),
    gap("remote_updated_at"),
];

const APPLICATION_GAPS: &[FieldGap] = &[
    gap("rejection_reason_name"),
    gap("current_stage_id"),
    gap("job_id"),
    gap("screening_question_answers"),
    gap("custom_fields"),
    gap("integration_fields"),
    gap("remote_url"),
    gap("remote_updated_at"),
];

#[async_trait]
impl Connector for Toy {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    async fn check(&self) -> Result<Access> {
        let granted = self.client.info("key.info", &json!({}))?.to_value();
        let granted = granted.as_array().into_iter().flatten();
        let granted = granted.filter_map(|name| Some(name.as_str()?.to_owned()));
        Ok(Access::of(
            None,
            granted.collect(),
            &self.reads(),
            &self.actions(),
        ))
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.streams
            .iter()
            .map(|stream| stream as &dyn Stream)
            .collect()
    }

    // doc: begin reads
    fn reads(&self) -> Reads<'_> {
        let no = || Support::No(NONE);
        Reads {
            users: no(),
            tags: self.read(1, &["tagsRead"], &[]),
            rejection_reasons: no(),
            application_stages: no(),
            jobs: no(),
            job_postings: no(),
            screening_questions: no(),
            candidates: self.read(2, &["candidatesRead"], CANDIDATE_GAPS),
            applications: self.read(3, &["applicationsRead"], APPLICATION_GAPS),
            interviews: no(),
            offers: no(),
            candidate_tags: self.read(2, &["candidatesRead"], &[]),
            job_application_stages: no(),
            job_screening_questions: no(),
            job_hiring_team_members: no(),
            interviewing_team_members: no(),
        }
    }
    // doc: end

    fn actions(&self) -> Actions {
        Actions {
            create_candidate: Support::No(NONE),
            create_application: Support::No(NONE),
            add_tag_to_candidate: Support::No(NONE),
            remove_tag_from_candidate: Support::No(NONE),
            add_attachment_to_application: Support::No(NONE),
            move_application_to_stage: Support::No(NONE),
            reject_application: Support::No(NONE),
            add_result_link_to_application: Support::No(NONE),
            add_note_to_application: Support::No(NONE),
            get_application_attachments: Support::No(NONE),
            add_attachment_to_candidate: Support::No(NONE),
            add_result_link_to_candidate: Support::No(NONE),
            get_candidate_attachments: Support::No(NONE),
        }
    }

    fn features(&self) -> Features {
        Features {
            source_writing: Support::No(NONE),
            sync_only_created_applications: Support::No(NONE),
            connection_guide: Support::No(NONE),
            prerequisites: Support::No(NONE),
            create_credentials: Support::Yes(()),
            candidate_source_tracking: Support::Yes(()),
            api_passthrough: Support::No(NONE),
            webhook_subscriptions: Support::No(NONE),
            scope_testing: Support::Yes(()),
            per_model_tests: Support::Yes(()),
            per_field_tests: Support::No(NONE),
            delta_syncs: Support::Yes(()),
            eeo_questions: Support::No(NONE),
        }
    }

    async fn perform(&self, action: &Action, _: &ActionContext<'_>) -> Result<Outcome> {
        Err(Error::new(
            ErrorKind::NotAvailable,
            action.kind().name(),
            "the connector does not perform this action",
        ))
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        None
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }

    fn usage(&self) -> Usage {
        self.client.usage()
    }
}
