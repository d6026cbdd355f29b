//! Issues: what goes wrong again and again, told once when it begins and once when it ends.

use ats_core::Timestamp;
use ats_store::{ActionState, DeliveryState, ISSUE_STATUS_CHANGED, Integration};
use chrono::{DateTime, TimeDelta, Utc};

use super::body::{self, Told};
use crate::App;

const AUTHENTICATION: &str = "integration.authentication_failed";
const ACTIONS: &str = "integration.action_failing";
const INCOMING: &str = "integration.incoming_webhook_failing";

/// Actions of so many hours are looked at, if there are so many of them.
const ACTION_HOURS: i64 = 24;
const ENOUGH_ACTIONS: usize = 5;

/// Calls of the vendor of so many hours are looked at.
const INCOMING_HOURS: i64 = 6;

/// No more than this are looked at.
const LOOK_BACK: usize = 1_000;

/// The vendor accepted the credentials, or not.
pub(crate) async fn authenticated(app: &App, one: &Integration, accepted: bool) {
    note(app, one, AUTHENTICATION, !accepted).await;
}

/// An action ended.
pub(crate) async fn acted(app: &App, one: &Integration) {
    let id = one.id.clone();
    let since = before(app.now(), ACTION_HOURS);
    let failing = app.stored(move |platform| {
        let actions = platform.actions(&id, LOOK_BACK)?.into_iter();
        let recent = actions.filter(|action| action.started_at >= since);
        let ended = recent.filter_map(|action| match action.state {
            ActionState::Confirmed => Some(false),
            ActionState::Failed | ActionState::Unknown => Some(true),
            ActionState::Planned | ActionState::Sent => None,
        });
        Ok(is_failing(ended, ENOUGH_ACTIONS))
    });
    if let Ok(failing) = failing.await {
        note(app, one, ACTIONS, failing).await;
    }
}

/// Calls of the vendor were worked off.
pub(crate) async fn called(app: &App, one: &Integration) {
    let id = one.id.clone();
    let since = before(app.now(), INCOMING_HOURS);
    let failing = app.stored(move |platform| {
        let calls = platform.deliveries(&id, LOOK_BACK)?.into_iter();
        let recent = calls.filter(|call| call.received_at >= since);
        let ended = recent.filter_map(|call| match call.progress.state {
            DeliveryState::Done => Some(false),
            DeliveryState::Failed => Some(true),
            DeliveryState::Waiting => call.progress.problem.is_some().then_some(true),
        });
        Ok(is_failing(ended, 1))
    });
    if let Ok(failing) = failing.await {
        note(app, one, INCOMING, failing).await;
    }
}

/// Whether at least half of enough ended badly.
fn is_failing(ended_badly: impl Iterator<Item = bool>, enough: usize) -> bool {
    let (mut all, mut bad) = (0, 0);
    for is_bad in ended_badly {
        all += 1;
        bad += usize::from(is_bad);
    }
    all >= enough && bad * 2 >= all
}

fn before(now: Timestamp, hours: i64) -> Timestamp {
    (DateTime::<Utc>::from(now) - TimeDelta::hours(hours)).into()
}

async fn note(app: &App, one: &Integration, kind: &'static str, is_open: bool) {
    let (one, now) = (one.clone(), app.now());
    let page = app.public(&format!("/integrations/{}", one.id));
    let noted = app.stored(move |platform| {
        platform.note_issue(&one.id, kind, is_open, now, &mut |issue| {
            let data = body::issue(&one, issue, &told(kind, &page));
            body::event(&one, ISSUE_STATUS_CHANGED, data, now)
        })
    });
    if matches!(noted.await, Ok(true)) {
        super::wake(app);
    }
}

fn told(kind: &str, page: &str) -> Told {
    let (title, what) = match kind {
        AUTHENTICATION => (
            "Authentication fails",
            "The vendor does not accept the credentials. Send the customer a link to connect again.",
        ),
        ACTIONS => (
            "Actions fail",
            "At least half of the actions of the last 24 hours have failed.",
        ),
        _ => (
            "Incoming webhooks fail",
            "At least half of the vendor's calls of the last 6 hours could not be worked off. Syncs bring \
             what they would have told.",
        ),
    };
    Told {
        title,
        message: format!("{what} [More]({page})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_enough_is_failing() {
        let failing = |bad: usize, good: usize, enough| {
            let all = std::iter::repeat_n(true, bad).chain(std::iter::repeat_n(false, good));
            is_failing(all, enough)
        };
        assert!(failing(3, 3, 5) && failing(5, 0, 5) && failing(1, 1, 1));
        assert!(!failing(4, 0, 5) && !failing(2, 3, 5) && !failing(0, 0, 1));
    }
}
