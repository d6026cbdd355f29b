//! The figures that a monitor reads: what is counted as it happens, and what is looked up when asked.

use std::time::Duration;

use ats_store::Integration;
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
        Some(handle.render())
    }

    async fn look_up(&self, app: &App) {
        let asked = app.stored(|platform| {
            let all = platform.integrations()?.into_iter();
            all.map(|one| {
                let passes = platform.passes(&one.id, LOOK_BACK)?;
                Ok((one, passes))
            })
            .collect::<ats_store::Result<Vec<(Integration, _)>>>()
        });
        let Ok(all) = asked.await else {
            return;
        };
        let now = DateTime::<Utc>::from(app.now());
        metrics::gauge!("ats_integrations").set(count(all.len()));
        metrics::gauge!("ats_passes_running").set(count(super::lock(&self.progress).len()));
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

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}
