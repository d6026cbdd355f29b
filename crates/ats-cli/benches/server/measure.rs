//! Measures the server, one thing after the other on one database. What is measured is compared with
//! the mirror before its figures count.

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use ats_simulator::Simulator;
use chrono::{SecondsFormat, Utc};
use hyper::Uri;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::{
    ats::{Ats, printed},
    client::Target,
    hooks,
    load::{CONNECTIONS, Is, Loaded, Wanted, load},
    machine::Watch,
    process::{Memory, Process},
    same,
    spread::Spread,
    state,
    truth::{Truth, ids, next},
    vendor,
    walk::Walk,
};

/// The pages that are asked for again and again.
pub(crate) const PAGE: usize = 100;

/// The pages of the walk whose times are compared.
pub(crate) const LARGE_PAGE: usize = 250;

/// So many candidates change for `updated_after`.
pub(crate) const CHANGED: usize = 100;

/// One in so many candidates changes before a full pass under load.
pub(crate) const ONE_IN: usize = 20;

/// `updated_after` also gives what changed shortly before.
const LEEWAY: Duration = Duration::from_secs(3);

/// How much is measured.
#[derive(Debug)]
pub(crate) struct Plan {
    candidates: usize,
    /// Rounds of load, and of `updated_after`.
    rounds: usize,
    /// How long a round of load lasts.
    round: Duration,
    walks: usize,
    /// How often `updated_after` is asked in a round.
    asked: usize,
    /// Changes that webhooks tell of.
    changes: usize,
}

impl Plan {
    /// What the page shows.
    pub(crate) const WHOLE: Self = Self {
        candidates: 200_000,
        rounds: 5,
        round: Duration::from_secs(6),
        walks: 5,
        asked: 400,
        changes: 100,
    };

    /// To see that it works.
    pub(crate) const QUICK: Self = Self {
        candidates: 2_000,
        rounds: 2,
        round: Duration::from_secs(1),
        walks: 2,
        asked: 50,
        changes: 10,
    };
}

/// All figures. Times are in seconds, memory in bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Server {
    pub(crate) date: String,
    /// Candidates, their applications, their tags.
    pub(crate) counts: [usize; 3],
    /// Bytes of the first page.
    pub(crate) page: usize,
    /// How long the first start took to make all answers, and how many.
    pub(crate) filled: (f64, i64),
    /// The first page.
    pub(crate) first: Rounds,
    /// The same bytes from memory.
    pub(crate) same: Rounds,
    /// The server's rate over that of memory, round by round.
    pub(crate) ratio: Spread,
    /// Pages from all over the list.
    pub(crate) all_over: Rounds,
    pub(crate) walk: Walked,
    /// `updated_after`, on one connection.
    pub(crate) updated: Rounds,
    /// Pages while a full pass writes.
    pub(crate) passing: Rounds,
    /// `updated_after` while a full pass writes.
    pub(crate) updated_passing: Rounds,
    pub(crate) hooks: Rounds,
    pub(crate) memory: Memories,
    /// The share of the processors that other programs had meanwhile.
    pub(crate) others: f64,
}

/// Rounds of answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rounds {
    /// Answers of all rounds.
    pub(crate) count: usize,
    /// Seconds of all rounds.
    pub(crate) wall: f64,
    pub(crate) rate: Spread,
    pub(crate) half: Spread,
    pub(crate) p95: Spread,
    pub(crate) p99: Spread,
    pub(crate) most: Spread,
    /// The share of the processors that asking took.
    pub(crate) asking: Spread,
    /// The share of the processors that the server took.
    pub(crate) serving: Spread,
}

/// Walks through the whole list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Walked {
    pub(crate) pages: usize,
    /// The first page.
    pub(crate) first: Spread,
    /// The median of all pages' medians.
    pub(crate) middle: f64,
    /// The page whose median is the greatest: its number and its times.
    pub(crate) slowest: (usize, Spread),
    /// Whole walks.
    pub(crate) whole: Spread,
}

/// The memory of one server from its start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Memories {
    /// Held before the first request.
    pub(crate) idle: f64,
    /// The most so far, after the load and the walks.
    pub(crate) loaded: f64,
    /// The most so far, after full passes under load.
    pub(crate) passed: f64,
    /// Held at the end, when it had nothing to do any more.
    pub(crate) rest: f64,
}

/// A mirror, and a key to ask for it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) ats: Ats,
    key: String,
}

impl Site {
    pub(crate) fn new(ats: Ats) -> Result<Self> {
        let mut create = ats.command(&["api-keys", "create", "--name", "bench", "--json"]);
        let made = printed(&mut create)?;
        let key = made["key"].as_str().context("no key")?.to_owned();
        Ok(Self { ats, key })
    }

    /// Where requests about the mirror go.
    pub(crate) fn target(&self, server: &Process) -> Result<Target> {
        Target::new(server.address, &self.key, &self.ats.integration)
    }
}

/// What a round needs.
struct Bench<'a> {
    runtime: &'a Runtime,
    plan: &'a Plan,
    simulator: Simulator,
    site: Site,
    server: Process,
    target: Target,
}

/// Measures everything.
pub(crate) fn measure(runtime: &Runtime, plan: &Plan) -> Result<Server> {
    let watch = Watch::begin()?;
    let simulator = vendor::start(runtime, plan.candidates)?;
    let site = Site::new(vendor::mirrored(&simulator)?)?;
    let truth = Truth::read(&site.ats)?;
    say(&format!(
        "{:?} candidates, applications, tags",
        truth.counts()
    ));
    let filled = fill(&site)?;
    let server = Process::serve(&site.ats)?;
    let target = site.target(&server)?;
    server.settle()?;
    let idle = server.memory()?;
    let bench = Bench {
        runtime,
        plan,
        simulator,
        site,
        server,
        target,
    };
    let pages = runtime.block_on(Walk::compared(&bench.target, PAGE, &truth))?;
    let (first, same, ratio) = bench.against_memory(&pages)?;
    let all_over = bench.rounds("pages all over", &pages.some)?;
    let walk = bench.walks(&truth)?;
    let loaded = bench.memory("load")?;
    let mut updated = Vec::new();
    for round in 0..plan.rounds {
        let wanted = bench.updated(round)?;
        updated.push(bench.asked(&wanted)?);
    }
    let updated = bench.told("updated_after", &updated)?;
    let (passing, updated_passing) = bench.passes(&pages)?;
    let passed = bench.memory("full passes")?;
    let times = hooks::measure(
        &bench.simulator,
        &bench.site.ats,
        &bench.server,
        plan.changes,
    )?;
    let hooks = bench.told("webhooks", &[(times, 0.0)])?;
    bench.compared()?;
    bench.server.settle()?;
    let rest = bench.memory("all")?;
    bench.server.stop()?;
    let others = watch.others()?;
    say(&format!("other programs had {:.0} %", others * 1e2));
    Ok(Server {
        date: Utc::now().format("%Y-%m-%d").to_string(),
        counts: truth.counts(),
        page: first_of(&pages)?.1,
        filled,
        first,
        same,
        ratio,
        all_over,
        walk,
        updated,
        passing,
        updated_passing,
        hooks,
        memory: Memories {
            idle: idle.held,
            loaded: loaded.peak,
            passed: passed.peak,
            rest: rest.held,
        },
        others,
    })
}

/// Lets a server make all answers, and ends it.
fn fill(site: &Site) -> Result<(f64, i64)> {
    let begin = Instant::now();
    let server = Process::serve(&site.ats)?;
    let count = state::filled(&site.ats.file())?;
    let took = begin.elapsed().as_secs_f64();
    say(&format!("{count} answers made in {took:.1} s"));
    server.settle()?;
    server.stop()?;
    Ok((took, count))
}

fn first_of(pages: &Walk) -> Result<(&Wanted, usize)> {
    let first = pages.first().context("no page")?;
    match &first.is {
        Is::Same(bytes) => Ok((first, bytes.len())),
        Is::Ids(_) => anyhow::bail!("the first page was not kept"),
    }
}

/// What came of a round, with the processor time of the server.
type Round = (Loaded, f64);

impl Bench<'_> {
    /// The first page from the server and from memory, by turns.
    fn against_memory(&self, pages: &Walk) -> Result<(Rounds, Rounds, Spread)> {
        let (first, _) = first_of(pages)?;
        let file = self.site.ats.file().with_extension("json");
        if let Is::Same(bytes) = &first.is {
            std::fs::write(&file, bytes)?;
        }
        let memory = same::start(&file)?;
        let target = self.target.at(memory.address)?;
        let first = std::slice::from_ref(first);
        let (mut served, mut same) = (Vec::new(), Vec::new());
        for _ in 0..self.plan.rounds {
            served.push(self.round(&self.server, &self.target, first)?);
            same.push(self.round(&memory, &target, first)?);
        }
        let pairs = served.iter().zip(&same);
        let ratio = Spread::of(pairs.map(|(served, same)| served.0.rate() / same.0.rate()));
        let first = self.told("the first page", &served)?;
        Ok((first, self.told("the same from memory", &same)?, ratio))
    }

    fn rounds(&self, name: &str, pages: &[Wanted]) -> Result<Rounds> {
        let rounds = (0..self.plan.rounds).map(|_| self.round(&self.server, &self.target, pages));
        self.told(name, &rounds.collect::<Result<Vec<_>>>()?)
    }

    fn round(&self, server: &Process, target: &Target, pages: &[Wanted]) -> Result<Round> {
        let (end, cpu) = (Instant::now() + self.plan.round, server.cpu()?);
        let enough = || Instant::now() >= end;
        let loaded = load(target, pages, CONNECTIONS, &enough);
        let loaded = self.runtime.block_on(loaded)?;
        Ok((loaded, server.cpu()? - cpu))
    }

    fn walks(&self, truth: &Truth) -> Result<Walked> {
        let compared = Walk::compared(&self.target, LARGE_PAGE, truth);
        let walk = self.runtime.block_on(compared)?;
        let walks = (0..self.plan.walks)
            .map(|_| self.runtime.block_on(walk.timed(&self.target, LARGE_PAGE)));
        let walks: Vec<Vec<f64>> = walks.collect::<Result<_>>()?;
        let pages = walks.first().map_or(0, Vec::len);
        let of_page = |page: usize| walks.iter().filter_map(move |walk| walk.get(page).copied());
        let each: Vec<Spread> = (0..pages).map(|page| Spread::of(of_page(page))).collect();
        let first = *each.first().context("no page")?;
        let numbered = each.iter().copied().enumerate();
        let slowest = numbered.max_by(|(_, a), (_, b)| a.median.total_cmp(&b.median));
        let walked = Walked {
            pages,
            first,
            middle: Spread::of(each.iter().map(|page| page.median)).median,
            slowest: slowest.context("no page")?,
            whole: Spread::of(walks.iter().map(|walk| walk.iter().sum())),
        };
        say(&format!("walk: {walked:?}"));
        Ok(walked)
    }

    /// Changes some candidates, lets a delta pass bring them, and gives the page that shows them and
    /// nothing else.
    fn updated(&self, round: usize) -> Result<Wanted> {
        std::thread::sleep(LEEWAY);
        let since = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let title = format!("Changed in round {round}");
        let changed = vendor::retitle(&self.simulator, round, CHANGED, &title)?;
        let pass = self.runtime.block_on(self.target.force("DELTA"))?;
        let file = self.site.ats.file();
        state::passed(&file, &pass)?;
        state::filled(&file)?;
        let uri: Uri =
            format!("/v1/ats/candidates?page_size={CHANGED}&updated_after={since}").parse()?;
        let page = self.runtime.block_on(async {
            let mut connection = self.target.connect().await?;
            connection.get(&self.target, &uri).await
        })?;
        let mut shown = ids(&page)?;
        shown.sort_unstable();
        ensure!(
            shown == changed && next(&page)?.is_none(),
            "`updated_after` shows {} candidates, not the {} that changed",
            shown.len(),
            changed.len()
        );
        let text = std::str::from_utf8(&page)?;
        ensure!(
            text.matches(&title).count() == CHANGED,
            "`updated_after` shows what candidates were before"
        );
        Ok(Wanted {
            uri,
            is: Is::Same(page),
        })
    }

    /// Asks for a page many times on one connection.
    fn asked(&self, wanted: &Wanted) -> Result<Round> {
        self.server.settle()?;
        let cpu = self.server.cpu()?;
        let left = Cell::new(self.plan.asked);
        let enough = || {
            let now = left.get();
            left.set(now.saturating_sub(1));
            now == 0
        };
        let loaded = load(&self.target, std::slice::from_ref(wanted), 1, &enough);
        let loaded = self.runtime.block_on(loaded)?;
        Ok((loaded, self.server.cpu()? - cpu))
    }

    /// The first page, and then `updated_after`, while full passes write.
    fn passes(&self, pages: &Walk) -> Result<(Rounds, Rounds)> {
        let (first, _) = first_of(pages)?;
        let Is::Same(bytes) = &first.is else {
            anyhow::bail!("the first page was not kept");
        };
        let first = Wanted {
            uri: first.uri.clone(),
            is: Is::Ids(ids(bytes)?),
        };
        let many = self.plan.candidates / ONE_IN;
        let passing = self.passing(&first, CONNECTIONS, many, 3)?;
        let passing = self.told("pages while a full pass writes", &[passing])?;
        let updated = self.updated(self.plan.rounds)?;
        let Is::Same(page) = &updated.is else {
            anyhow::bail!("the page was not kept");
        };
        let updated = Wanted {
            is: Is::Ids(ids(page)?),
            uri: updated.uri,
        };
        // Other candidates than those that `updated_after` shows.
        let few = self.plan.candidates / 100;
        let updated = self.passing(&updated, 1, few, 50)?;
        let updated = self.told("`updated_after` while a full pass writes", &[updated])?;
        Ok((passing, updated))
    }

    /// Changes candidates and asks for a page for as long as a full pass brings them.
    fn passing(
        &self,
        wanted: &Wanted,
        connections: usize,
        count: usize,
        round: usize,
    ) -> Result<Round> {
        let title = format!("Changed before a pass, {round}");
        vendor::retitle(&self.simulator, round, count, &title)?;
        let cpu = self.server.cpu()?;
        let pass = self.runtime.block_on(self.target.force("FULL"))?;
        let file = self.site.ats.file();
        let over = AtomicBool::new(false);
        let loaded = std::thread::scope(|scope| {
            let passed = scope.spawn(|| {
                let passed = state::passed(&file, &pass);
                over.store(true, Ordering::Relaxed);
                passed
            });
            let enough = || over.load(Ordering::Relaxed);
            let loaded = load(
                &self.target,
                std::slice::from_ref(wanted),
                connections,
                &enough,
            );
            let loaded = self.runtime.block_on(loaded);
            match passed.join() {
                Ok(passed) => passed.and(loaded),
                Err(_) => anyhow::bail!("nobody watched the pass"),
            }
        })?;
        let cpu = self.server.cpu()? - cpu;
        let truth = self.compared()?;
        ensure!(
            truth.titled(&title) == count,
            "the pass brought {} of {count} changes",
            truth.titled(&title)
        );
        Ok((loaded, cpu))
    }

    /// Compares the whole list with the mirror, once all answers are made.
    fn compared(&self) -> Result<Truth> {
        state::filled(&self.site.ats.file())?;
        let truth = Truth::read(&self.site.ats)?;
        let walk = Walk::compared(&self.target, LARGE_PAGE, &truth);
        self.runtime.block_on(walk)?;
        Ok(truth)
    }

    fn memory(&self, after: &str) -> Result<Memory> {
        let memory = self.server.memory()?;
        let (held, peak) = (memory.held / 1e6, memory.peak / 1e6);
        say(&format!(
            "memory after {after}: {held:.1} MB, at most {peak:.1} MB"
        ));
        Ok(memory)
    }

    /// Sums rounds up, and tells a person who waits.
    fn told(&self, name: &str, rounds: &[Round]) -> Result<Rounds> {
        let cores = std::thread::available_parallelism()?.get() as f64;
        let spread = |of: &dyn Fn(&Round) -> f64| Spread::of(rounds.iter().map(of));
        let all = Rounds {
            count: rounds.iter().map(|(round, _)| round.count()).sum(),
            wall: rounds.iter().map(|(round, _)| round.wall).sum(),
            rate: spread(&|(round, _)| round.rate()),
            half: spread(&|(round, _)| round.within(0.5)),
            p95: spread(&|(round, _)| round.within(0.95)),
            p99: spread(&|(round, _)| round.within(0.99)),
            most: spread(&|(round, _)| round.within(1.0)),
            asking: spread(&|(round, _)| round.cpu / (round.wall * cores)),
            serving: spread(&|(round, cpu)| cpu / (round.wall * cores)),
        };
        say(&format!(
            "{name}: {} answers, {:.0} a second, p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, most {:.1} ms; \
             asking {:.0} %, serving {:.0} %",
            all.count,
            all.rate.median,
            all.half.median * 1e3,
            all.p95.median * 1e3,
            all.p99.median * 1e3,
            all.most.median * 1e3,
            all.asking.median * 1e2,
            all.serving.median * 1e2,
        ));
        Ok(all)
    }
}

/// Tells a person who waits how far it is.
fn say(text: &str) {
    eprintln!("{text}");
}
