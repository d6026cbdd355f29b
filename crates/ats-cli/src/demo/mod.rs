//! `ats demo`: the whole story on this machine alone, from a key to a mirror that follows.

mod edits;
mod fresh;
mod served;
mod show;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, Result};
use ats_core::ModelKind;
use ats_simulator::{Options as SimulatorOptions, Simulator, ashby};
use ats_store::{
    Change, ChangeQuery, Integration, PRODUCTION, Pass, PassKind, RecordQuery, Settings,
    StoredRecord,
};
use ats_sync::PassOptions;
use clap::Args;
use serde_json::{Value, json};
use tokio::sync::watch::Receiver;

use crate::{
    connect::{self, Connected, Place, Request},
    context::{Context, Global},
    exit::Exit,
    explain, integration,
    output::{self, say},
    stop::stopped,
    sync::{self, Watcher, report},
};
use edits::Edit;

/// What the integration of the demo is called.
const NAME: &str = "demo";

/// The field that is explained.
const FIELD: &str = "source";

/// Where the demo keeps its mirror unless it is told otherwise.
const DATABASE: &str = "sqlite://ats-demo.db";

/// The options of `ats demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats demo
  ats demo --candidates 5000
  ats demo --keep
  ats demo --serve

The database is ats-demo.db unless --database names another; a demo that is there already is replaced,
any other database is left alone.")]
pub(crate) struct Options {
    /// How many candidates the simulated organisation has.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..))]
    candidates: u32,

    /// What the simulated organisation is drawn from; the same seed gives the same organisation.
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Lets the simulated vendor run on until Ctrl-C, so that `ats sync demo` has someone to ask.
    #[arg(long)]
    keep: bool,

    /// Then serves the unified API and its pages on this machine until Ctrl-C, with the simulated
    /// vendor behind.
    #[arg(long)]
    serve: bool,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let global = Global {
        json: global.json,
        database: Some(global.named().unwrap_or(DATABASE).to_owned()),
        // The simulated vendor and whoever listens are on this machine.
        allow_private_network: global.allow_private_network || options.serve,
        config: None,
    };
    fresh::clear(&global)?;
    let candidates = usize::try_from(options.candidates)?;
    let world = ashby::generated_world(options.seed, candidates);
    let simulator = Simulator::start(world, SimulatorOptions::default())
        .await
        .context("cannot start the simulated vendor on a free port of this machine")?;
    let stop = sync::stop_of(None);
    let outcome = story(options, &global, &simulator, stop.clone()).await?;
    if options.serve && outcome == Exit::Complete {
        return Ok(outcome);
    }
    if options.keep && outcome == Exit::Complete {
        keep(&global, &simulator, stop).await?;
    }
    Ok(outcome)
}

/// The story in its steps. It ends early where a pass does not succeed.
async fn story(
    options: &Options,
    global: &Global,
    simulator: &Simulator,
    stop: Receiver<bool>,
) -> Result<Exit> {
    let serving_stop = stop.clone();
    let stage = Stage::set(global, simulator, stop).await?;
    stage.step(&format!(
        "A simulated Ashby with {} candidates answers at {}",
        options.candidates,
        simulator.base_url()
    ))?;
    stage.show_access()?;

    stage.step("A full pass reads everything")?;
    let full = stage.pass(PassKind::Full).await?;
    if report::exit(&full) != Exit::Complete {
        return stage.broken(&full);
    }
    stage.show_mirror(&full)?;

    stage.step("Meanwhile, at the vendor")?;
    let edits = simulator.edit(|world| edits::make(world, options.seed));
    stage.lines(edits.iter().map(Edit::line))?;

    stage.step("A delta pass reads only what changed")?;
    let seen = stage.last_change()?;
    let delta = stage.pass(PassKind::Delta).await?;
    if report::exit(&delta) != Exit::Complete {
        return stage.broken(&delta);
    }
    let changed = stage.changes_after(seen)?;
    stage.show_changes(&delta, &changed)?;

    stage.step("Only a full pass can see what is gone")?;
    let seen = stage.last_change()?;
    let full_again = stage.pass(PassKind::Full).await?;
    if report::exit(&full_again) != Exit::Complete {
        return stage.broken(&full_again);
    }
    let gone = stage.changes_after(seen)?;
    stage.show_changes(&full_again, &gone)?;

    stage.step("Where a value comes from")?;
    let explained = stage.explain(&changed)?;

    let one = &stage.connected.integration;
    if options.serve {
        return served::serve(&stage, simulator, serving_stop).await;
    }
    if global.json {
        output::json(&json!({
            "database": stage.context().database,
            "integration_id": one.id.as_str(),
            "full": report::to_json(one, &full),
            "changes": edits,
            "delta": report::to_json(one, &delta),
            "delta_changes": changed,
            "full_again": report::to_json(one, &full_again),
            "full_again_changes": gone,
            "explained": explained,
        }))?;
    } else {
        stage.show_next(options.keep)?;
    }
    Ok(Exit::Complete)
}

/// What the steps work with.
struct Stage {
    connected: Connected,
    json: bool,
    watcher: Option<Arc<Watcher>>,
    stop: Receiver<bool>,
}

impl Stage {
    /// Connects the simulated vendor as any other.
    async fn set(global: &Global, simulator: &Simulator, stop: Receiver<bool>) -> Result<Self> {
        let factory = integration::factory("ashby")?;
        let place = Place::look(global, factory, NAME)?;
        let fields = factory.manifest.credentials.iter();
        let credentials: BTreeMap<_, _> = fields
            .map(|field| (field.name.to_owned(), simulator.key().into()))
            .collect();
        let request = Request {
            factory,
            name: NAME.to_owned(),
            credentials,
            base_url: Some(simulator.base_url()),
            environment: PRODUCTION.to_owned(),
            settings: Settings::default(),
        };
        let mut connected = connect::connect(place, request).await?;
        connected.context.allow_private_network = global.allow_private_network;
        Ok(Self {
            connected,
            json: global.json,
            watcher: match global.json {
                true => None,
                false => Watcher::on_terminal().map(Arc::new),
            },
            stop,
        })
    }

    fn context(&self) -> &Context {
        &self.connected.context
    }

    fn integration(&self) -> &Integration {
        &self.connected.integration
    }

    async fn pass(&self, kind: PassKind) -> Result<Pass> {
        let options = PassOptions {
            kind: Some(kind),
            ..PassOptions::default()
        };
        let (watcher, stop) = (self.watcher.clone(), self.stop.clone());
        sync::pass(self.context(), self.integration(), &options, watcher, stop).await
    }

    /// Tells of a pass that did not succeed, which ends the story.
    fn broken(&self, pass: &Pass) -> Result<Exit> {
        if self.json {
            output::json(&report::to_json(self.integration(), pass))?;
        } else {
            report::print(self.integration(), pass)?;
        }
        Ok(report::exit(pass))
    }

    /// The place in the change log that comes last.
    fn last_change(&self) -> Result<i64> {
        let mut after = 0;
        while let Some(last) = self.changes_page(after)?.last() {
            after = last.seq;
        }
        Ok(after)
    }

    fn changes_after(&self, seq: i64) -> Result<Vec<Change>> {
        let mut all: Vec<Change> = Vec::new();
        loop {
            let after = all.last().map_or(seq, |last| last.seq);
            let page = self.changes_page(after)?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Explains the source of a candidate, best of one that a rename has just reached.
    fn explain(&self, changed: &[Change]) -> Result<Option<Value>> {
        let reached = changed.iter().find(|change| {
            change.model == ModelKind::Candidate && change.fields.iter().any(|name| name == FIELD)
        });
        let store = &self.context().store;
        let record = match reached {
            Some(change) => store.record(&self.integration().id, &change.id)?,
            None => self.first_candidate()?,
        };
        let Some(record) = record else {
            return Ok(None);
        };
        let fields = explain::explain(self.context(), self.integration(), &record)?;
        let field = fields.into_iter().find(|field| field.field == FIELD);
        let Some(field) = field else {
            return Ok(None);
        };
        let command = format!("$ ats explain {NAME} candidates {} {FIELD}", record.id);
        self.lines([command].into_iter().chain(explain::field_lines(&field)))?;
        Ok(Some(json!({
            "model": record.model,
            "id": record.id,
            "field": field,
        })))
    }

    fn first_candidate(&self) -> Result<Option<StoredRecord>> {
        let query = RecordQuery {
            model: ModelKind::Candidate,
            include_deleted: false,
            changed_since: None,
            after: 0,
            limit: 1,
        };
        let store = &self.context().store;
        let mut records = store.records(&self.integration().id, query)?;
        Ok(records.pop())
    }

    fn changes_page(&self, after: i64) -> Result<Vec<Change>> {
        let query = ChangeQuery {
            after,
            limit: 5000,
            ..ChangeQuery::default()
        };
        Ok(self
            .context()
            .store
            .changes(&self.integration().id, &query)?)
    }
}

async fn keep(global: &Global, simulator: &Simulator, mut stop: Receiver<bool>) -> Result<()> {
    if !global.json {
        say!(
            "The simulated vendor goes on answering at {} until Ctrl-C.",
            simulator.base_url()
        );
    }
    stopped(&mut stop).await;
    Ok(())
}
