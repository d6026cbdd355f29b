//! The figures that a monitor reads: what is counted as it happens, and what is looked up when asked.

use std::time::Duration;

use ats_sync::freshness;
use chrono::{DateTime, Utc};

use super::Runner;
use crate::App;

/// How often observations are summed up.
const SUMMED_UP: Duration = Duration::from_secs(5);

/// Passes that are looked through for the last complete walk of each stream.
const LOOK_BACK: usize = 50;

impl Runner {
    /// All figures as Prometheus reads them; `None` where nobody collects them.
    pub(crate) async fn figures(&self, app: &App) -> Option<String> {
        let handle = app.figures()?;
        self.look_up(app).await;
        asked_of_vendors(app);
        Some(handle.render())
    }

    async fn look_up(&self, app: &App) {
        let asked = app.stored(|platform| {
            let (mut all, mut inbox) = (Vec::new(), 0);
            for one in platform.integrations()? {
                let passes = platform.passes(&one.id, LOOK_BACK)?;
                inbox += platform.waiting_deliveries(&one.id)?;
                all.push((one, passes));
            }
            Ok((all, inbox, platform.outgoing_depth()?))
        });
        let Ok((all, inbox, outgoing)) = asked.await else {
            return;
        };
        let now = DateTime::<Utc>::from(app.now());
        metrics::gauge!("ats_integrations").set(count(all.len() as u64));
        let running = super::lock(&self.progress).len() as u64;
        metrics::gauge!("ats_passes_running").set(count(running));
        metrics::gauge!("ats_inbox_waiting").set(count(inbox));
        metrics::gauge!("ats_outbox_waiting").set(count(outgoing.waiting));
        metrics::gauge!("ats_outbox_dead").set(count(outgoing.dead));
        metrics::gauge!("ats_request_log_waiting").set(count(self.log.waiting()));
        for (one, passes) in all {
            let Ok(connector) = app.connector(&one) else {
                continue;
            };
            for (model, at) in freshness(connector.as_ref(), &passes) {
                let age = now - DateTime::<Utc>::from(at);
                let labels = [
                    ("integration", one.id.to_string()),
                    ("model", model.name().to_owned()),
                ];
                let seconds = age.to_std().unwrap_or_default().as_secs_f64();
                metrics::gauge!("ats_mirror_age_seconds", &labels).set(seconds);
            }
        }
    }
}

/// What was observed is summed up now and then, also where no monitor asks: it would be kept one by one.
pub(super) async fn sum_up(app: App) {
    let Some(handle) = app.figures() else {
        return;
    };
    loop {
        tokio::time::sleep(SUMMED_UP).await;
        handle.run_upkeep();
    }
}

/// Adds what was asked of vendors since the last time, by passes, actions and everything else.
fn asked_of_vendors(app: &App) {
    for (integration, more) in app.registry().more_usage() {
        let of_one = [("integration", integration)];
        metrics::counter!("ats_vendor_requests_total", &of_one).increment(more.requests);
        metrics::counter!("ats_vendor_retries_total", &of_one).increment(more.retries);
        metrics::counter!("ats_vendor_throttled_total", &of_one).increment(more.throttled);
        let waited = u64::try_from(more.waited.as_millis()).unwrap_or(u64::MAX);
        metrics::counter!("ats_vendor_wait_milliseconds_total", &of_one).increment(waited);
    }
}

fn count(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
