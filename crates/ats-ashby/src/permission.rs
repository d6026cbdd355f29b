//! Which permission each endpoint needs, as Ashby's API reference states it endpoint by endpoint.

/// The permission that `endpoint` needs.
pub(crate) fn of(endpoint: &str) -> Option<&'static str> {
    let permission = match endpoint {
        "apiKey.info" => "apiKeysRead",
        "job.list" | "jobBoard.list" | "jobPosting.info" | "jobPosting.list" => "jobsRead",
        "application.info" | "application.list" | "candidate.list" | "surveySubmission.list" => {
            "candidatesRead"
        }
        "interview.info"
        | "interview.list"
        | "interviewPlan.list"
        | "interviewSchedule.list"
        | "interviewStage.list" => "interviewsRead",
        "archiveReason.list" | "candidateTag.list" | "customField.list" | "source.list" => {
            "hiringProcessMetadataRead"
        }
        "department.list" | "location.list" | "user.list" => "organizationRead",
        "offer.list" => "offersRead",
        _ => return None,
    };
    Some(permission)
}

/// All permissions that a complete read needs.
pub(crate) const ALL: &[&str] = &[
    "candidatesRead",
    "hiringProcessMetadataRead",
    "interviewsRead",
    "jobsRead",
    "offersRead",
    "organizationRead",
];
