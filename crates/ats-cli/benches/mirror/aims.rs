//! What was to be reached, and whether it was.

use crate::{
    figures::Figures,
    text::{megabytes, milliseconds, table, thousands, times},
};

/// One aim: what it is, where, what was reached, and whether that is enough.
struct Aim {
    what: &'static str,
    profile: String,
    reached: String,
    aim: &'static str,
    met: bool,
}

/// The table of aims.
pub(crate) fn aims(figures: &[Figures]) -> String {
    let mut aims = Vec::new();
    for one in figures {
        aims.extend(aims_of(one, figures));
    }
    let rows = aims.iter().map(|aim| {
        let met = if aim.met { "yes" } else { "**no**" };
        vec![
            aim.what.to_owned(),
            aim.profile.clone(),
            aim.reached.clone(),
            aim.aim.to_owned(),
            met.to_owned(),
        ]
    });
    table(
        "## Aims",
        &["figure", "profile", "measured", "aim", "met"],
        rows,
    )
}

fn aims_of(one: &Figures, all: &[Figures]) -> Vec<Aim> {
    let profile = || one.profile.clone();
    let mut aims = Vec::new();
    let slow = one.profile.ends_with("-100ms");
    let answers = one.profile.contains("answers");
    if !slow && !answers {
        let rate = one.rows as f64 / one.full.wall.median;
        aims.push(Aim {
            what: "rows a second, first full pass",
            profile: profile(),
            reached: thousands(rate),
            aim: "above 40,000",
            met: rate > 40_000.0,
        });
    }
    if slow {
        aims.push(Aim {
            what: "time over the floor's, first full pass",
            profile: profile(),
            reached: times(one.ratio.median),
            aim: "at most 1.15 ×",
            met: one.ratio.median <= 1.15,
        });
    }
    if one.profile == "200k" {
        let peak = one.full.peak.median;
        aims.push(Aim {
            what: "peak memory",
            profile: profile(),
            reached: megabytes(peak),
            aim: "under 200 MB",
            met: peak < 200e6,
        });
        if let Some(less) = all.iter().find(|one| one.profile == "20k") {
            let ratio = peak / less.full.peak.median;
            aims.push(Aim {
                what: "peak memory over that of 20k",
                profile: profile(),
                reached: times(ratio),
                aim: "at most 1.2 ×",
                met: ratio <= 1.2,
            });
        }
    }
    let sized = [
        ("database over raw JSON", Some(one.size), 2.5, "under 2.5 ×"),
        (
            "the same, without raw documents",
            one.size_without,
            0.6,
            "under 0.6 ×",
        ),
    ];
    for (what, size, most, aim) in sized {
        if let Some(size) = size.filter(|_| !slow) {
            let ratio = size as f64 / one.bytes as f64;
            aims.push(Aim {
                what,
                profile: profile(),
                reached: times(ratio),
                aim,
                met: ratio < most,
            });
        }
    }
    aims.extend(delta_aims(one));
    aims
}

fn delta_aims(one: &Figures) -> Vec<Aim> {
    let Some(delta) = &one.delta else {
        return Vec::new();
    };
    let profile = || one.profile.clone();
    let needed: u64 = delta.quiet_needed.values().sum();
    let cpu = delta.quiet.cpu.median;
    let requests = delta.changed.requests as f64 / delta.changed_needed as f64;
    let work = delta.changed.cpu.median / delta.changed_needed_cpu;
    vec![
        Aim {
            what: "requests of a quiet delta pass",
            profile: profile(),
            reached: delta.quiet.requests.to_string(),
            aim: "one a list, board and plan",
            met: delta.quiet.requests <= needed,
        },
        Aim {
            what: "processor time of a quiet delta pass",
            profile: profile(),
            reached: milliseconds(cpu),
            aim: "under 50 ms",
            met: cpu < 0.05,
        },
        Aim {
            what: "requests with 1 % changed, over those needed",
            profile: profile(),
            reached: times(requests),
            aim: "under 2 ×",
            met: requests < 2.0,
        },
        Aim {
            what: "processor time with 1 % changed, over that needed",
            profile: profile(),
            reached: times(work),
            aim: "under 2 ×",
            met: work < 2.0,
        },
    ]
}
