//! Guides for the person who looks after Ashby at the customer's: how to connect it, and where to
//! find what came of it.
//!
//! Each can be read alone. What they say of Ashby's pages stands in Ashby's own:
//! <https://developers.ashbyhq.com/docs/authentication>,
//! <https://developers.ashbyhq.com/docs/setting-up-webhooks>,
//! <https://docs.ashbyhq.com/source-types-and-sources>. Which box gives what is no text of theirs: it
//! is worked out from the tables, where the line `{permissions}` stands.

use ats_core::{Guide, GuideStep};

/// All of them, in the order in which a person needs them.
pub(crate) const ALL: &[Guide] = &[
    CONNECTION,
    PREREQUISITES,
    CREDENTIALS,
    SOURCES,
    FINDING_SOURCES,
    WEBHOOKS,
];

const fn step(title: &'static str, text: &'static str) -> GuideStep {
    GuideStep { title, text }
}

const OPEN_KEYS: GuideStep = step(
    "Open the page for API keys",
    "Sign in to Ashby and go to **Admin > Integrations > API Keys**.\n\n\
     If you do not see the page, your account may not make keys. Ask an administrator of your \
     organization to do it.",
);

const NEW_KEY: GuideStep = step(
    "Make a new key",
    "Choose **+ New** and give the key a name that says what it is for. A key of its own can be \
     changed or disabled later, and nothing else is touched.\n\n\
     A new key may do nothing yet.",
);

const TICK: GuideStep = step(
    "Tick the boxes",
    "Each module has a box for reading and one for writing. Tick those whose row you need. A row \
     says what is missing without its box.\n\n\
     {permissions}\n\n\
     To read everything and write nothing, tick only the boxes that end in **Read**.",
);

const SWITCHES: GuideStep = step(
    "Decide on confidential jobs and private fields",
    "Beside the boxes there are switches for confidential jobs and projects, and for private \
     fields. They are off unless you turn them on. What they hide is left out without a word: \
     Ashby does not say that something is missing, and does not tell how a switch stands. So turn \
     them on now if you want to see such jobs and fields.",
);

const COPY: GuideStep = step(
    "Copy the key",
    "Save. Ashby shows the key **once**. Copy it at once and keep it like a password: whoever has \
     it can do all that you have ticked. If it gets lost, make a new one.",
);

const CONNECTION: Guide = Guide {
    name: "connection_guide",
    title: "Connect Ashby",
    steps: &[
        OPEN_KEYS,
        NEW_KEY,
        TICK,
        SWITCHES,
        COPY,
        step(
            "Enter the key",
            "Enter the key where you are asked for it, or hand it over in a safe way to the person \
             who runs the integration. On the command line:\n\n\
             ```console\n$ ats connect ashby --name acme\n```\n\n\
             It asks for the key, tries it, and keeps it encrypted. `acme` is any name for your \
             organization.",
        ),
        step(
            "See what the key may do",
            "```console\n$ ats check acme\n```\n\n\
             lists what can be read and done, and names the box for whatever cannot. You can change \
             the boxes of a key at any time: open the key on the page for API keys and change its \
             permissions. The key stays the same.",
        ),
        step(
            "Read for the first time",
            "```console\n$ ats sync acme\n```\n\n\
             reads everything once, and afterwards only what has changed.",
        ),
        step(
            "When you no longer want it",
            "Disable the key on the page for API keys. Ashby then answers no more, and it cannot be \
             enabled again. What was read before stays where it is until the integration is removed \
             there (`ats integrations remove acme`).",
        ),
    ],
};

const PREREQUISITES: Guide = Guide {
    name: "prerequisites",
    title: "What you need before you connect Ashby",
    steps: &[
        step(
            "An account that may make API keys",
            "You need an account in Ashby that can open **Admin > Integrations > API Keys**. If \
             yours cannot, ask an administrator of your organization.",
        ),
        step(
            "An idea of what the integration is for",
            "What it may do is decided by the boxes that you tick for its key:\n\n\
             - **Reading only**: the boxes Jobs, Candidates, Interviews, Hiring Process Metadata, \
             Organization and Offers, each for reading.\n\
             - **Creating candidates and applications, notes, files, tags, moves and rejections**: \
             Candidates and Hiring Process Metadata for writing, too.\n\
             - **Changes as they happen**: API Keys for writing, too.\n\n\
             API Keys for reading helps in every case: the key can then be asked what it may do.",
        ),
        step(
            "A decision on what is confidential",
            "A key sees confidential jobs and private fields only if you switch that on. Find out \
             whether your organization wants them in the integration.",
        ),
        step(
            "A source, if candidates will be created",
            "What is created through the integration can carry a source, so that you can tell it \
             from the rest. The source has to be there in Ashby before. By default only an \
             Organization Admin can add one.",
        ),
        step(
            "A way for Ashby and the integration to reach each other",
            "The integration calls `https://api.ashbyhq.com`. If Ashby is to tell of changes as they \
             happen, it has to reach the integration at a public `https` address.",
        ),
    ],
};

const CREDENTIALS: Guide = Guide {
    name: "create_credentials",
    title: "Make an API key in Ashby",
    steps: &[OPEN_KEYS, NEW_KEY, TICK, SWITCHES, COPY],
};

const SOURCES: Guide = Guide {
    name: "source_writing",
    title: "Set up a source for what is created",
    steps: &[
        step(
            "Add the source in Ashby",
            "Go to **Admin > Organization Setup > Candidate Sources**, choose **+ New Source**, and \
             give it a name and a source type. By default only an Organization Admin can do that. A \
             source cannot be added through Ashby's API, so the integration cannot do it for you.",
        ),
        step(
            "Give it a name of its own",
            "The integration finds a source by its name. Capital letters and spaces around the name \
             make no difference; everything else has to be the same. Archived sources do not count.\n\n\
             Ashby allows two sources with the same name under different source types. Then the one \
             of the type Inbound is taken, and the answer warns that the name is not clear. Rename \
             or archive the other one.",
        ),
        step(
            "Let the key read sources",
            "Tick **Hiring Process Metadata: Read** for the key. Without it, nothing that names a \
             source is created.",
        ),
        step(
            "Set it as the default",
            "Whoever creates a candidate or an application can name a source (`source.name`). For all \
             that name none, the integration has a default:\n\n\
             ```console\n$ ats integrations set acme default_source=\"Job board\"\n```\n\n\
             An empty text takes it away again. If Ashby has no source of that name, what is created \
             gets none, and the answer says what to do.",
        ),
        step(
            "What carries the source",
            "The new application, and the candidate if it is new. A candidate that was there before \
             keeps its own source; only its new application gets the one you named.",
        ),
    ],
};

const FINDING_SOURCES: Guide = Guide {
    name: "candidate_source_tracking",
    title: "Find the source of a candidate and of an application",
    steps: &[
        step(
            "In Ashby",
            "Open the candidate's profile. The source stands under **Attribution**, in the part on \
             activities and progress. Each application has a source of its own, so look at the one \
             that you mean: someone who applied twice can have come from two places.",
        ),
        step(
            "In the mirror: a candidate",
            "The field `source` is the name of the candidate's source. When the source is renamed in \
             Ashby, it follows.\n\n\
             ```console\n$ ats export acme candidates | jq '{id, source}'\n\
             $ ats explain acme candidates remote:<id in Ashby> source\n```",
        ),
        step(
            "In the mirror: type and credited user",
            "The type of the source and the user who is credited stand in the raw document of the \
             candidate:\n\n\
             ```console\n$ ats export acme candidates | jq '.remote_data[\"/candidate.list\"] // \
             .remote_data[\"/candidate.info\"]\n    \
             | {id, type: .source.sourceType.title, credited: .creditedToUser}'\n```\n\n\
             Raw documents are there unless the integration has the setting `remote_data=false`.",
        ),
        step(
            "In the mirror: an application",
            "The source of an application, its type, the credited user and the posting that was \
             applied to stand in the raw document of the application:\n\n\
             ```console\n$ ats export acme applications | jq '.remote_data[\"/application.list\"] // \
             .remote_data[\"/application.info\"]\n    \
             | {id, source: .source.title, type: .source.sourceType.title,\n       \
             credited: .creditedToUser, posting: .appliedViaJobPostingId}'\n```",
        ),
        step(
            "When there is none",
            "A candidate or an application without a source in Ashby has none in the mirror. You can \
             set it in Ashby, under Attribution; it arrives with the next pass.",
        ),
    ],
};

const WEBHOOKS: Guide = Guide {
    name: "webhook_subscriptions",
    title: "Let Ashby tell of changes as they happen",
    steps: &[
        step(
            "What it is good for",
            "Without webhooks, a change arrives when the integration asks next. With them it arrives \
             at once. Nothing depends on them: what a lost call would have told comes with the next \
             pass.",
        ),
        step(
            "Tick the boxes",
            "Tick **API Keys: Write** for the key, so that the integration can add, renew and remove \
             its own webhooks, and **API Keys: Read**, so that it can see how they stand. It touches \
             no webhook that it has not made.",
        ),
        step(
            "What is subscribed to",
            "- applications: `applicationSubmit`, `applicationUpdate` (stage changes and hires among \
             them)\n\
             - candidates: `candidateDelete`, `candidateMerge`, `surveySubmit`\n\
             - interviews: `interviewScheduleUpdate`, `interviewPlanTransition`\n\
             - jobs and postings: `jobPostingUpdate`, and, where Ashby accepts it, `jobCreate`, \
             `jobUpdate`, `jobPostingDelete`\n\
             - offers: `offerCreate`, `offerUpdate`, `offerDelete`\n\n\
             Each is signed with a secret that only Ashby and the integration know. A call that is \
             not signed with it is refused.",
        ),
        step(
            "What Ashby does not tell",
            "There are no events for edits of candidates, deleted applications, users, departments, \
             locations, tags, sources, rejection reasons and notes. Such changes arrive with the next \
             pass, and what was deleted with the next full one.",
        ),
        step(
            "By hand instead",
            "If the key is not to write API keys, webhooks can be added in Ashby: go to **Admin > \
             Integrations > Webhooks** and choose **New**. For each event, choose the webhook type, \
             and enter the request URL and the secret token that the person who runs the integration \
             gives you. Do not leave the secret token empty: calls without a signature are refused.",
        ),
        step(
            "When you no longer want it",
            "End the subscriptions before you disable the key: without it, the integration cannot \
             remove its webhooks. Those that are left can be deleted on the page for webhooks.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::BOXES;

    /// All that a guide says.
    fn text(guide: &Guide) -> String {
        let steps = guide.steps.iter().map(|step| step.text);
        steps.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_event_that_is_subscribed_to_is_named_and_no_other() {
        let text = text(&WEBHOOKS);
        let mut named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let mut events: Vec<&str> = crate::webhooks::EVENTS
            .iter()
            .map(|event| event.name)
            .collect();
        named.sort_unstable();
        events.sort_unstable();
        assert_eq!(named, events);
    }

    #[test]
    fn every_box_that_a_guide_names_is_on_the_page() {
        for guide in ALL {
            let text = text(guide);
            let bold = text.split("**").skip(1).step_by(2);
            for label in bold.filter(|label| label.contains(": ")) {
                let known = BOXES.iter().any(|known| known.label == label);
                assert!(known, "{}: {label}", guide.name);
            }
        }
    }

    #[test]
    fn names_are_those_of_files_and_occur_once() {
        for (index, guide) in ALL.iter().enumerate() {
            let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(guide.name.chars().all(is_plain), "{}", guide.name);
            assert!(!ALL[..index].iter().any(|other| other.name == guide.name));
        }
    }
}
