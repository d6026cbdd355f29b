//! Hiring teams: who has which role in the hiring for a job.
//!
//! Roles are free text of each customer; those that name a unified role are told by their words.

use ats_core::{Document, Mapped, Reference, model::HiringTeamRole};
use serde::Deserialize;

use crate::wire::{lose, text};

/// A member. Ashby API reference, `hiringTeam` of `job.list`. A user with two roles is named twice.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireMember {
    user_id: Option<String>,
    role: Option<String>,
}

/// The users of a hiring team, which stands at `/hiringTeam`, each once and with all roles.
pub(crate) fn roles(
    members: Option<Vec<Option<WireMember>>>,
    document: &Document,
    mapped: &mut Mapped,
) -> Vec<(Reference, Vec<HiringTeamRole>)> {
    let mut team: Vec<(Reference, Vec<HiringTeamRole>)> = Vec::new();
    for (index, member) in members.into_iter().flatten().enumerate() {
        let Some(WireMember { user_id, role }) = member else {
            continue;
        };
        let Some(user) = text(user_id).map(Reference::remote) else {
            lose(
                document,
                &format!("/hiringTeam/{index}/userId"),
                "the id of a user",
                mapped,
            );
            continue;
        };
        let place = team
            .iter()
            .position(|(known, _)| *known == user)
            .unwrap_or_else(|| {
                team.push((user, Vec::new()));
                team.len() - 1
            });
        let role = text(role).and_then(|role| unified(&role));
        if let (Some((_, roles)), Some(role)) = (team.get_mut(place), role)
            && !roles.contains(&role)
        {
            roles.push(role);
        }
    }
    team
}

fn unified(role: &str) -> Option<HiringTeamRole> {
    let role = role.to_lowercase();
    match role.as_str() {
        "recruiting coordinator" => return Some(HiringTeamRole::Coordinator),
        "interviewer" => return Some(HiringTeamRole::Interviewer),
        _ => {}
    }
    // The full titles contain their words too.
    let words = [
        ("recruiter", HiringTeamRole::Recruiter),
        ("hiring manager", HiringTeamRole::HiringManager),
        ("coordinator", HiringTeamRole::Coordinator),
        ("sourcer", HiringTeamRole::Sourcer),
    ];
    words
        .into_iter()
        .find_map(|(word, unified)| role.contains(word).then_some(unified))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_with_two_roles_is_one_member() {
        let members = json!([
            { "userId": "a", "role": " hiring MANAGER " },
            { "userId": "b", "role": "Legal eagle" },
            { "userId": "a", "role": "Senior Technical Recruiter" },
            null,
            { "role": "Sourcer" },
            { "userId": "c", "role": "Recruiting Coordinator" },
            { "userId": "c", "role": "Coordinator (EMEA)" },
        ]);
        let document = Document::new("job.list", "/results/*", &members);
        let mut mapped = Mapped::default();
        let members = serde_json::from_value(members).unwrap();
        let team: Vec<_> = roles(members, &document, &mut mapped)
            .into_iter()
            .map(|(user, roles)| {
                (
                    user.remote_id().unwrap_or_default().to_owned(),
                    json!(roles),
                )
            })
            .collect();
        let expected = [
            ("a".to_owned(), json!(["HIRING_MANAGER", "RECRUITER"])),
            ("b".to_owned(), json!([])),
            ("c".to_owned(), json!(["COORDINATOR"])),
        ];
        assert_eq!(team, expected);
        assert_eq!(mapped.losses[0].path, "/hiringTeam/4/userId");
    }
}
