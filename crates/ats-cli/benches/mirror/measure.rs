//! Measures one profile: the floor, the first full pass, what it leaves on disk, and delta passes.
//! Every pass is checked before its figures count.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Context, Result};
use ats_simulator::{ChangeKind, Options, Simulator, World, ashby};
use chrono::Utc;
use tokio::runtime::Runtime;

use crate::{
    ats::{Ats, KEY, Run, Vendor, thread_cpu},
    client::{Client, Traffic},
    figures::{Cost, Delta, Figures},
    machine::Watch,
    mirror::check,
    profile::Profile,
    spread::Spread,
    truth::Truth,
    walk::{Walk, Walked},
};

/// The settings that go with a profile.
fn settings(answers: bool, raw: bool) -> Vec<&'static str> {
    let mut settings = Vec::new();
    if !answers {
        settings.push("screening_answers=false");
    }
    if !raw {
        settings.push("remote_data=false");
    }
    settings
}

/// Measures everything that a profile has.
pub(crate) fn measure(runtime: &Runtime, profile: &Profile) -> Result<Figures> {
    let watch = Watch::begin()?;
    let vendor = Vendor::start(profile.candidates, profile.latency_ms)?;
    let answers = profile.answers;
    // This walk also warms the vendor, which draws a page when it is asked for the first time.
    let (truth, traffic) = truth(runtime, &vendor.base_url, answers)?;
    let rows = truth.total();
    say(
        profile,
        &format!("{rows} rows, {} requests", traffic.total()),
    );
    let (mut floors, mut runs, mut size) = (Vec::new(), Vec::new(), 0);
    for number in 1..=profile.runs {
        let client = Client::new(&vendor.base_url, KEY)?;
        let walk = Walk::new(&client, answers);
        let (floor, _) = timed(|| runtime.block_on(walk.run()))?;
        let ats = Ats::connect(&vendor.base_url, KEY, &settings(answers, true))?;
        let run = ats.sync("FULL")?;
        size = ats.size()?;
        check(&ats, &truth, true)?;
        say(
            profile,
            &format!(
                "full pass {number}: {:.2} s ({:.0} rows/s), {:.2} s of processor time, {} MB, {} requests; floor {floor:.2} s",
                run.wall,
                rows as f64 / run.wall,
                run.cpu,
                run.peak / 1_000_000,
                run.requests()?,
            ),
        );
        floors.push(floor);
        runs.push(run);
    }
    let ratio = Spread::of(
        runs.iter()
            .zip(&floors)
            .map(|(run, floor)| run.wall / floor),
    );
    let full = cost(&runs)?;
    let (mut size_without, mut delta) = (None, None);
    if profile.latency_ms == 0 {
        size_without = Some(without_raw(&vendor, answers, &truth)?);
        drop(vendor);
        delta = Some(deltas(runtime, profile, full.cpu.median / rows as f64)?);
    } else {
        drop(vendor);
    }
    let others = watch.others()?;
    say(
        profile,
        &format!("other programs had {:.0} % of the processors", others * 1e2),
    );
    Ok(Figures {
        profile: profile.name.clone(),
        date: Utc::now().format("%Y-%m-%d").to_string(),
        rows,
        bytes: traffic.bytes,
        full,
        floor: Spread::of(floors),
        floor_requests: traffic.total(),
        ratio,
        size,
        size_without,
        delta,
        others,
    })
}

/// The seconds that something takes, and the seconds of processor time of this thread, on which the
/// floor runs alone.
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, f64)> {
    let (begin, cpu) = (Instant::now(), thread_cpu());
    work()?;
    Ok((begin.elapsed().as_secs_f64(), thread_cpu() - cpu))
}

/// What the vendor holds, by a walk that is not timed.
pub(crate) fn truth(runtime: &Runtime, base_url: &str, answers: bool) -> Result<(Truth, Traffic)> {
    let client = Client::new(base_url, KEY)?;
    let walked = runtime.block_on(Walk::new(&client, answers).noting().run())?;
    Ok((known(walked.truth)?, client.traffic()))
}

fn known(truth: Option<Truth>) -> Result<Truth> {
    truth.context("the walk was to write down what it saw")
}

/// The bytes of a database without raw documents.
fn without_raw(vendor: &Vendor, answers: bool, truth: &Truth) -> Result<u64> {
    let ats = Ats::connect(&vendor.base_url, KEY, &settings(answers, false))?;
    ats.sync("FULL")?;
    check(&ats, truth, false)?;
    ats.size()
}

/// A vendor inside this process, so that it can be changed. The measured process is another one.
///
/// Copies that documents embed stay as they were stored: otherwise rows would differ from what they
/// were without having changed.
pub(crate) fn changeable(runtime: &Runtime, candidates: usize) -> Result<Simulator> {
    let options = Options {
        key: Some(KEY.to_owned()),
        stale_copies: true,
        ..Options::default()
    };
    let world = ashby::generated_world(1, candidates);
    Ok(runtime.block_on(Simulator::start(world, options))?)
}

fn deltas(runtime: &Runtime, profile: &Profile, cpu_per_row: f64) -> Result<Delta> {
    let answers = profile.answers;
    let simulator = changeable(runtime, profile.candidates)?;
    let base_url = simulator.base_url();
    let ats = Ats::connect(&base_url, KEY, &settings(answers, true))?;
    ats.sync("FULL")?;
    let mut walked = walk(runtime, &base_url, answers, None)?.0;
    let mut quiet = Vec::new();
    let mut quiet_requests = BTreeMap::new();
    for _ in 0..profile.runs {
        simulator.clear_log();
        quiet.push(ats.sync("DELTA")?);
        quiet_requests = by_endpoint(&simulator);
    }
    let (nothing, quiet_traffic) = walk(runtime, &base_url, answers, Some(&walked))?;
    let quiet_rows = known(nothing.truth)?.total();
    let mut floors = Vec::new();
    for _ in 0..profile.runs {
        let client = Client::new(&base_url, KEY)?;
        let walk = Walk::new(&client, answers).since(&walked);
        floors.push(timed(|| runtime.block_on(walk.run()))?.1);
    }
    let starts: Vec<Run> = (0..profile.runs)
        .map(|_| ats.start())
        .collect::<Result<_>>()?;
    let quiet = cost(&quiet)?;
    say(
        profile,
        &format!(
            "quiet delta pass: {} requests, {:.0} ms of processor time",
            quiet.requests,
            quiet.cpu.median * 1e3
        ),
    );
    let (mut changed, mut changed_rows, mut changed_needed) = (Vec::new(), 0, 0);
    for number in 0..profile.runs {
        simulator.edit(|world| change_some(world, number as u64));
        let (after, traffic) = walk(runtime, &base_url, answers, Some(&walked))?;
        changed_rows = known(after.truth)?.total() - quiet_rows;
        changed_needed = traffic.total();
        let run = ats.sync("DELTA")?;
        say(
            profile,
            &format!(
                "{changed_rows} rows changed: {} requests (needed {changed_needed}), {:.0} ms of processor time (needed {:.0})",
                run.requests()?,
                run.cpu * 1e3,
                (quiet.cpu.median + changed_rows as f64 * cpu_per_row) * 1e3,
            ),
        );
        changed.push(run);
        let (full, _) = walk(runtime, &base_url, answers, None)?;
        check(&ats, full.truth.as_ref().context("no truth")?, true)?;
        walked = full;
    }
    Ok(Delta {
        floor_cpu: Spread::of(floors),
        start_cpu: Spread::of(starts.iter().map(|run| run.cpu)),
        changed_needed_cpu: quiet.cpu.median + changed_rows as f64 * cpu_per_row,
        quiet,
        quiet_requests,
        quiet_needed: quiet_traffic.requests,
        changed: cost(&changed)?,
        changed_rows,
        changed_needed,
    })
}

fn walk(
    runtime: &Runtime,
    base_url: &str,
    answers: bool,
    since: Option<&Walked>,
) -> Result<(Walked, Traffic)> {
    let client = Client::new(base_url, KEY)?;
    let mut walk = Walk::new(&client, answers).noting();
    if let Some(before) = since {
        walk = walk.since(before);
    }
    Ok((runtime.block_on(walk.run())?, client.traffic()))
}

/// Changes one in a hundred of what there are many of, and adds some candidates and applications.
/// New offers are left out: the world looks through all applications for each.
fn change_some(world: &mut World, round: u64) {
    for collection in [
        "candidates",
        "applications",
        "interview_schedules",
        "offers",
    ] {
        let changes = ashby::changes().into_iter().filter(|change| {
            change.collection == collection
                && match change.kind {
                    ChangeKind::Edit => true,
                    ChangeKind::Create => collection != "offers",
                    _ => false,
                }
        });
        let changes: Vec<_> = changes.collect();
        let due = (world.len(collection) as u64).div_ceil(100);
        for (number, change) in (0..due).zip(changes.iter().cycle()) {
            // Far apart, and in every round at other places.
            (change.apply)(world, number * 100 + round * 7);
        }
    }
}

/// What was asked of a vendor inside this process, by endpoint.
pub(crate) fn by_endpoint(simulator: &Simulator) -> BTreeMap<String, u64> {
    let mut requests = BTreeMap::new();
    for exchange in simulator.log() {
        *requests.entry(exchange.endpoint).or_default() += 1;
    }
    requests
}

fn cost(runs: &[Run]) -> Result<Cost> {
    let last = runs.last().context("nothing was run")?;
    Ok(Cost {
        wall: Spread::of(runs.iter().map(|run| run.wall)),
        cpu: Spread::of(runs.iter().map(|run| run.cpu)),
        peak: Spread::of(runs.iter().map(|run| run.peak as f64)),
        requests: last.requests()?,
    })
}

/// Tells a person who waits how far it is.
fn say(profile: &Profile, text: &str) {
    eprintln!("{}: {text}", profile.name);
}
