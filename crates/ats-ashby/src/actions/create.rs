//! Creating a candidate with an application: one sequence for both actions, in two ways.
//!
//! Through the form of a published posting (`form`) where there are answers to give, or where the
//! input fills in all that the form demands. Else the candidate and the application are made one
//! after the other (`direct`). What the vendor refuses one way is never tried the other way.
//!
//! Everything is checked before anything is sent. Once the application is there, nothing makes the
//! action fail any more: what could not be added to it is a warning.

use std::hash::{DefaultHasher, Hash, Hasher};

use ats_core::{
    Error, ErrorKind, ModelKind, Outcome, Output, Result, StepState, Target,
    action::{CreateApplication, CreateCandidate},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    after::{self, Add},
    answers::{self, Answers},
    desk::{Desk, JOB, USER, invalid},
    direct,
    files::{self, File},
    form::{self, Filled},
    people::{self, Person},
    posting::{self, Posting},
    profile::{self, Told},
    sheet::Sheet,
    source, submission,
    submission::Submission,
    survey,
    wish::Wish,
};

/// What was made, by the vendor's ids.
#[derive(Debug)]
pub(super) struct Made {
    /// The candidate.
    pub(super) candidate: String,
    /// The application.
    pub(super) application: String,
    /// Whether there was no such candidate before.
    pub(super) is_new: bool,
}

/// Where an application begins.
#[derive(Debug, Default)]
pub(super) struct Beginning {
    /// The stage, if the caller names one.
    pub(super) stage: Option<String>,
    /// The interview plan, unless it is the job's default one.
    pub(super) other_plan: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    title: Option<String>,
    status: Option<String>,
    default_interview_plan_id: Option<String>,
    interview_plan_ids: Option<Vec<Option<String>>>,
    job_posting_ids: Option<Vec<Option<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    id: String,
    title: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    interview_plan_id: Option<String>,
}

/// Creates a candidate with an application, and gives the candidate.
pub(super) async fn candidate(desk: &Desk<'_>, input: &CreateCandidate) -> Result<Outcome> {
    let (made, mut outcome) = perform(desk, &Wish::of_candidate(input)?).await?;
    outcome.output = Output::Candidate(made.candidate);
    Ok(outcome)
}

/// Creates an application, with its candidate unless there is one, and gives the application.
pub(super) async fn application(desk: &Desk<'_>, input: &CreateApplication) -> Result<Outcome> {
    let (made, mut outcome) = perform(desk, &Wish::of_application(input)?).await?;
    outcome.output = Output::Application(made.application);
    Ok(outcome)
}

/// How far an earlier attempt of the same action came.
struct Begun {
    form: Option<StepState>,
    direct: bool,
}

impl Begun {
    async fn recall(desk: &Desk<'_>) -> Result<Self> {
        if desk.is_dry() {
            return Ok(Self {
                form: None,
                direct: false,
            });
        }
        Ok(Self {
            form: desk.context.journal.recall(submission::STEP).await?,
            direct: direct::is_begun(desk).await?,
        })
    }

    /// Whether there was a candidate with a résumé before anything was sent.
    fn had_resume(&self, people: &[Person]) -> bool {
        match &self.form {
            Some(StepState::Sent { before }) => before["has_resume"] == true,
            Some(StepState::Confirmed { result }) => result["before"]["has_resume"] == true,
            None => people.iter().any(Person::has_resume),
        }
    }

    fn any(&self) -> bool {
        self.form.is_some() || self.direct
    }
}

async fn perform(desk: &Desk<'_>, wish: &Wish<'_>) -> Result<(Made, Outcome)> {
    let email = &wish.candidate.email_address;
    // Two actions at once would both find nobody with this address.
    let _held = match desk.is_dry() {
        true => None,
        false => Some(desk.context.journal.hold(&held_name(email)).await?),
    };
    let begun = Begun::recall(desk).await?;
    let mut job: Job = desk.named(JOB, wish.job_path, wish.job).await?;
    if !begun.any() {
        ensure_open(&job)?;
    }
    let beginning = beginning(desk, wish, &job).await?;
    ensure_user(desk, wish.credited).await?;
    let source::Found {
        id: source,
        warning,
    } = source::find(desk, wish.source).await?;
    let people = people::with_email(desk, email).await?;
    if !begun.any() {
        people::ensure_none(desk, &people, wish.job).await?;
    }
    let posting = posting::of_job(desk, wish.job, job.job_posting_ids.take()).await?;
    let known = match &posting {
        Some(_) => Sheet::default(),
        None => posting::known_questions(desk, wish.job, wish.answers).await?,
    };
    let sheet = posting.as_ref().map_or(&known, |posting| &posting.sheet);
    let mut answers = answers::sort(sheet, wish.answers)?;
    let mut outcome = Outcome::from(Output::Done);
    outcome.warnings.extend(warning);
    outcome.warnings.append(&mut answers.warnings);
    let way = choose(wish, &begun, posting.as_ref(), &answers, &people)?;
    let used = way.filled().map_or(&[][..], |filled| &filled.used);
    // Files that cannot be had are found out before anything is sent.
    let files = load(desk, wish, used).await?;
    let made = match &way {
        Way::Form { posting, filled } => {
            outcome.warnings.extend(filled.warnings.iter().cloned());
            let made = submit(desk, wish, &begun, posting, filled, &people).await?;
            survey::submit(desk, &made, &answers.surveys, &mut outcome).await;
            after::place(desk, wish, &made, source.as_deref(), &mut outcome).await;
            made
        }
        Way::Taken => {
            let made = taken(desk, wish, &begun).await?;
            after::place(desk, wish, &made, source.as_deref(), &mut outcome).await;
            made
        }
        Way::Direct { because } => {
            let source = source.as_deref();
            let made = direct::create(desk, wish, &people, &beginning, source).await?;
            let title = job.title.as_deref().unwrap_or_default();
            after::tell(desk, &made, title, &answers, because, &mut outcome).await;
            survey::submit(desk, &made, &answers.surveys, &mut outcome).await;
            made
        }
    };
    let told_directly = Told {
        phone: true,
        location: true,
        rest: true,
        origin: true,
    };
    let told = way.filled().map_or(&told_directly, |filled| &filled.told);
    let filled = profile::fill(desk, wish, &made, told, source.as_deref()).await;
    outcome.add(
        filled,
        "candidate",
        "the candidate's data could not be completed",
    );
    for (index, file) in &files {
        let kind = wish.attachments[*index].kind;
        let step = format!("attachment {}", index + 1);
        match files::attach(desk, &step, &made.candidate, file, kind).await {
            Ok(warnings) => outcome.warnings.extend(warnings),
            failed => {
                let input = format!("attachments[{index}]");
                outcome.add(failed.map(drop), &input, "a file could not be added");
            }
        }
    }
    if !desk.is_dry() {
        if made.is_new {
            outcome
                .created
                .push((ModelKind::Candidate, made.candidate.clone()));
        }
        outcome
            .created
            .push((ModelKind::Application, made.application.clone()));
        outcome
            .touched
            .insert(0, Target::new("candidates", &*made.candidate));
        outcome
            .touched
            .push(Target::new("applications", &*made.application));
    }
    Ok((made, outcome))
}

/// What two actions for one address wait on. The address itself stays out of it.
fn held_name(email: &str) -> String {
    let mut hasher = DefaultHasher::new();
    email.trim().to_lowercase().hash(&mut hasher);
    format!("candidate with e-mail {:016x}", hasher.finish())
}

fn ensure_open(job: &Job) -> Result<()> {
    let state = match job.status.as_deref() {
        Some("Open") | None => return Ok(()),
        Some("Closed") => "is closed",
        Some("Archived") => "is archived",
        Some("Draft") => "is a draft and not open yet",
        Some(_) => "is not open",
    };
    let kind = ErrorKind::Conflict { what: "job_closed" };
    let message = format!(
        "the job `{}` {state}, so that nobody can apply; open it in Ashby or choose another one",
        job.title.as_deref().unwrap_or("without a title")
    );
    Err(Error::new(kind, "job.info", message))
}

/// Finds the stage to begin in, which has to be in a plan of the job.
async fn beginning(desk: &Desk<'_>, wish: &Wish<'_>, job: &Job) -> Result<Beginning> {
    let default = job.default_interview_plan_id.as_ref();
    let mut plans = job.interview_plan_ids.iter().flatten().flatten();
    let Some(wanted) = wish.stage else {
        let first = plans.next().filter(|_| default.is_none());
        return Ok(Beginning {
            stage: None,
            other_plan: first.cloned(),
        });
    };
    let refuse = |message: &str| Err(invalid(wish.stage_path, message));
    let Some(stage) = desk.stage::<Stage>(wanted).await? else {
        return refuse("there is no such stage; list the stages of the job");
    };
    let Stage {
        id,
        title,
        kind,
        interview_plan_id: plan,
    } = stage;
    let is_own = plan.as_ref().is_some_and(|plan| {
        let mut plans = plans.chain(default);
        plans.any(|of_job| of_job == plan)
    });
    if !is_own {
        let title = title.as_deref().unwrap_or(&id);
        return refuse(&format!(
            "`{title}` is a stage of another job's interview plan; choose one of the stages of this \
             job"
        ));
    }
    if kind.as_deref() == Some("Archived") {
        return refuse("it is the stage of rejected applications; create the application first");
    }
    Ok(Beginning {
        stage: Some(id),
        other_plan: plan.filter(|plan| Some(plan) != default),
    })
}

/// Makes sure that there is such a user, as far as the key may know.
async fn ensure_user(desk: &Desk<'_>, user: Option<&str>) -> Result<()> {
    let Some(user) = user else { return Ok(()) };
    match desk.named::<Value>(USER, "sourced_by.user_id", user).await {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::PermissionMissing { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The way that an application goes.
enum Way<'s> {
    /// Through the form of a posting.
    Form {
        posting: &'s Posting,
        filled: Filled<'s>,
    },
    /// An earlier attempt sent the form of a posting that is there no more.
    Taken,
    /// Without a form.
    Direct {
        /// Why answers that there are do not go into a form.
        because: String,
    },
}

impl<'s> Way<'s> {
    fn filled(&self) -> Option<&Filled<'s>> {
        match self {
            Self::Form { filled, .. } => Some(filled),
            Self::Taken | Self::Direct { .. } => None,
        }
    }
}

fn choose<'s>(
    wish: &Wish<'_>,
    begun: &Begun,
    posting: Option<&'s Posting>,
    answers: &Answers<'s>,
    people: &[Person],
) -> Result<Way<'s>> {
    let direct = |because: String| Ok(Way::Direct { because });
    let has_resume = begun.had_resume(people);
    let filled = posting.and_then(|posting| {
        let filled = form::fill(&posting.sheet, wish, &answers.form, has_resume)?;
        Some((posting, filled))
    });
    let (posting, filled) = match filled {
        _ if begun.direct => return direct("the application was begun without a form".to_owned()),
        Some(filled) => filled,
        None if begun.form.is_some() => return Ok(Way::Taken),
        None => return direct("the job has no published posting with a form".to_owned()),
    };
    if begun.form.is_some() || filled.missing.is_empty() {
        return Ok(Way::Form { posting, filled });
    }
    if let Some(field) = filled.unfillable() {
        return direct(format!(
            "the form of the job's posting demands `{}`, which cannot be answered through the API",
            field.title()
        ));
    }
    match answers.is_empty() {
        true => direct(String::new()),
        false => Err(filled.incomplete()),
    }
}

/// Gets the files that go to the candidate.
async fn load(desk: &Desk<'_>, wish: &Wish<'_>, used: &[usize]) -> Result<Vec<(usize, File)>> {
    let mut loaded = Vec::new();
    for (index, attachment) in wish.attachments.iter().enumerate() {
        if !used.contains(&index) {
            let path = format!("attachments[{index}]");
            loaded.push((index, files::load(desk, &path, &attachment.file()).await?));
        }
    }
    Ok(loaded)
}

/// Sends the form, unless an earlier attempt has.
async fn submit(
    desk: &Desk<'_>,
    wish: &Wish<'_>,
    begun: &Begun,
    posting: &Posting,
    filled: &Filled<'_>,
    people: &[Person],
) -> Result<Made> {
    let before = match &begun.form {
        Some(StepState::Confirmed { .. }) => return taken(desk, wish, begun).await,
        Some(StepState::Sent { before }) => before.clone(),
        None => submission::before(desk, people),
    };
    Submission::prepare(desk, wish, &posting.id, filled, before)
        .await?
        .run()
        .await
}

/// What the form of an earlier attempt made.
async fn taken(desk: &Desk<'_>, wish: &Wish<'_>, begun: &Begun) -> Result<Made> {
    let result = match &begun.form {
        Some(StepState::Confirmed { result }) => result.clone(),
        Some(StepState::Sent { before }) => json!({ "before": before }),
        None => Value::Null,
    };
    submission::made(desk, wish.job, &wish.candidate.email_address, &result).await
}
