//! `ats pull`: reads everything that a key may read, one file a model.
//!
//! One full pass, stream after stream, in constant memory: only the bundles that other streams look
//! up are kept.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use ats_core::{
    Connector, Error, ErrorKind, ModelKind, RawPage, Recovery, Shelf, Start, Stream, Timestamp,
    Walk, fields,
};
use chrono::Utc;
use clap::Args;
use serde::Serialize;

use crate::{
    exit::Exit,
    files::Files,
    integration::{self, Integration},
    progress::Progress,
    summary::{Problem, Summary},
};

/// The options of `ats pull`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  export ASHBY_API_KEY=...
  ats pull ashby --api-key-env ASHBY_API_KEY --out mirror/
  ats pull ashby --api-key-env ASHBY_API_KEY --set screening_answers=off --out mirror/")]
pub(crate) struct Options {
    /// The connector, for example `ashby`.
    connector: String,

    /// Name of the environment variable that holds the API key.
    #[arg(long, value_name = "VAR")]
    api_key_env: String,

    /// Another address of the vendor's API, for example that of `ats simulate`.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// The folder for the files; it is created.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// What you call the integration. The ids of all records follow from it, so keep it.
    #[arg(long, value_name = "NAME", default_value = "default")]
    name: String,

    /// Switches a setting of the connector, as NAME=on or NAME=off. May be repeated.
    #[arg(long = "set", value_name = "NAME=on|off", value_parser = integration::parse_setting)]
    settings: Vec<(String, bool)>,
}

/// Runs the command.
pub(crate) async fn run(options: Options, json: bool) -> Result<Exit> {
    let factory = integration::factory(&options.connector)?;
    let key = std::env::var(&options.api_key_env).with_context(|| {
        format!(
            "the environment variable {} does not hold an API key; set it and try again",
            options.api_key_env
        )
    })?;
    let integration = integration::connect(
        factory,
        &options.name,
        key.trim().into(),
        options.base_url,
        &options.settings,
    )?;
    let summary = pull(&integration, &options.out, json).await?;
    if json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        summary.print();
    }
    Ok(summary.exit())
}

/// Reads everything into files in `out`.
pub(crate) async fn pull(integration: &Integration, out: &Path, quiet: bool) -> Result<Summary> {
    let connector = integration.connector.as_ref();
    let mut reading = Reading::start(integration, out, quiet)?;
    let streams = connector.streams();
    let looked_up: BTreeSet<_> = streams
        .iter()
        .flat_map(|stream| stream.uses())
        .copied()
        .collect();
    let mut interrupted = false;
    let stop = tokio::signal::ctrl_c();
    tokio::pin!(stop);
    for stream in streams {
        let keep = looked_up.contains(stream.name());
        let outcome = tokio::select! {
            outcome = reading.stream(connector, stream, keep) => outcome?,
            _ = &mut stop => { interrupted = true; None }
        };
        if interrupted {
            reading
                .unread
                .extend(connector.streams().iter().map(|stream| stream.name()));
            break;
        }
        if let Some(error) = outcome {
            // A refused key is refused everywhere, and who has not answered once will not answer now.
            let hopeless = *error.kind() == ErrorKind::CredentialsRejected
                || (*error.kind() == ErrorKind::Unavailable && reading.done.is_empty());
            reading.failed(connector, stream, &error);
            if hopeless {
                reading
                    .unread
                    .extend(connector.streams().iter().map(|stream| stream.name()));
                break;
            }
        } else if !reading.unread.contains(stream.name()) {
            reading.done.insert(stream.name());
        }
    }
    reading.finish(connector, interrupted)
}

/// One full pass under way.
struct Reading {
    files: Files,
    report: Report,
    shelf: Shelf,
    progress: Progress,
    summary: Summary,
    done: BTreeSet<&'static str>,
    unread: BTreeSet<&'static str>,
}

impl Reading {
    fn start(integration: &Integration, out: &Path, quiet: bool) -> Result<Self> {
        let now = Timestamp::from(Utc::now());
        let files = Files::create(out, integration.id.clone(), now)
            .with_context(|| format!("cannot write into {}", out.display()))?;
        let summary = Summary {
            integration: integration.id.to_string(),
            out: out.display().to_string(),
            complete: false,
            seconds: 0.0,
            requests: 0,
            retries: 0,
            throttled: 0,
            losses: 0,
            rejects: 0,
            models: Default::default(),
            problems: Vec::new(),
            interrupted: false,
            worst: None,
        };
        Ok(Self {
            files,
            report: Report::create(out)?,
            shelf: Shelf::default(),
            progress: Progress::start(quiet),
            summary,
            done: BTreeSet::new(),
            unread: BTreeSet::new(),
        })
    }

    /// Reads one stream to its end. `Ok(Some(_))` says why the vendor's side ended it early.
    async fn stream(
        &mut self,
        connector: &dyn Connector,
        stream: &dyn Stream,
        keep: bool,
    ) -> Result<Option<Error>> {
        let mut records = 0;
        let mut restarted = false;
        let mut walk = Walk::new(stream, Start::Full);
        loop {
            match walk.next(&self.shelf).await {
                Ok(Some(page)) => {
                    let of_page = self.page(stream, page, keep)?;
                    records += of_page;
                    self.progress
                        .page(stream.name(), of_page, connector.usage());
                }
                Ok(None) => break,
                // What was written is written again and replaced, so starting over is safe.
                Err(error) if error.recovery() == Recovery::RestartPass && !restarted => {
                    restarted = true;
                    walk = Walk::new(stream, Start::Full);
                }
                Err(error) => return Ok(Some(error)),
            }
        }
        if records > 0 {
            self.progress
                .stream_done(&format!("{:<20} {records:>8} records", stream.name()));
        }
        Ok(None)
    }

    fn page(&mut self, stream: &dyn Stream, page: RawPage, keep: bool) -> Result<u64> {
        let mut records = 0;
        for reject in &page.rejects {
            self.summary.rejects += 1;
            self.report.reject(stream.name(), reject)?;
        }
        for bundle in page.bundles {
            let bundle = Arc::new(bundle);
            let mapped = stream.map(&bundle, &self.shelf);
            for loss in &mapped.losses {
                self.summary.losses += 1;
                self.report.loss(stream.name(), &bundle.id, loss)?;
            }
            for record in mapped.records {
                records += 1;
                self.files.write(record)?;
            }
            if keep {
                self.shelf.put(stream.name(), bundle);
            }
        }
        Ok(records)
    }

    fn failed(&mut self, connector: &dyn Connector, stream: &dyn Stream, error: &Error) {
        self.unread.insert(stream.name());
        let models = models_of(connector, stream);
        let problem = Problem::new(stream.name(), error, models);
        self.progress.stream_done(&format!(
            "{:<20} not read: {}",
            problem.stream, problem.message
        ));
        self.summary.problems.push(problem);
        let exit = Exit::for_failure(error.kind());
        self.summary.worst = self.summary.worst.or(Some(exit));
    }

    fn finish(mut self, connector: &dyn Connector, interrupted: bool) -> Result<Summary> {
        let incomplete: BTreeSet<ModelKind> = connector
            .streams()
            .into_iter()
            .filter(|stream| !self.done.contains(stream.name()))
            .flat_map(|stream| models_of(connector, stream))
            .collect();
        let is_complete = |kind| !incomplete.contains(&kind);
        let mut counts = self.files.finish(is_complete)?;
        counts.retain(|kind, _| is_complete(*kind));
        self.report.finish()?;
        self.summary.models = counts;
        self.summary.interrupted = interrupted;
        self.summary.complete = !interrupted && self.unread.is_empty();
        self.summary
            .set_usage(connector.usage(), self.progress.finish());
        Ok(self.summary)
    }
}

/// The models that are not complete unless `stream` is: those it maps, and the joins that look up
/// the records they point to in it.
fn models_of(connector: &dyn Connector, stream: &dyn Stream) -> Vec<ModelKind> {
    let reads = connector.reads();
    let mut models: BTreeSet<ModelKind> = stream.models().iter().copied().collect();
    for (kind, slot) in reads.slots() {
        let Some(read) = slot.yes() else { continue };
        let carries = read.stream.name() == stream.name();
        let looks_up = read.stream.uses().contains(&stream.name()) && points_into(kind, stream);
        if carries || looks_up {
            models.insert(kind);
        }
    }
    models.into_iter().collect()
}

/// Whether `kind` is a join with an end among the models of `stream`.
fn points_into(kind: ModelKind, stream: &dyn Stream) -> bool {
    let fields = fields(kind);
    let is_join = !fields.contains_key("remote_id");
    let ends = fields.values().filter_map(|field| field.target);
    is_join && ends.into_iter().any(|end| stream.models().contains(&end))
}

/// What was lost, line by line, beside the models.
struct Report {
    losses: BufWriter<File>,
    rejects: BufWriter<File>,
}

impl Report {
    fn create(out: &Path) -> Result<Self> {
        let folder = out.join("report");
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot write into {}", folder.display()))?;
        let open = |name| File::create(folder.join(name)).map(BufWriter::new);
        Ok(Self {
            losses: open("losses.jsonl")?,
            rejects: open("rejects.jsonl")?,
        })
    }

    fn loss(&mut self, stream: &str, id: &str, loss: &ats_core::Loss) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            stream: &'a str,
            id: &'a str,
            #[serde(flatten)]
            loss: &'a ats_core::Loss,
        }
        line(&mut self.losses, &Line { stream, id, loss })
    }

    fn reject(&mut self, stream: &str, reject: &ats_core::Reject) -> Result<()> {
        #[derive(Serialize)]
        struct Line<'a> {
            stream: &'a str,
            #[serde(flatten)]
            reject: &'a ats_core::Reject,
        }
        line(&mut self.rejects, &Line { stream, reject })
    }

    fn finish(mut self) -> Result<()> {
        self.losses.flush()?;
        Ok(self.rejects.flush()?)
    }
}

fn line<T: Serialize>(writer: &mut impl Write, value: &T) -> Result<()> {
    serde_json::to_writer(&mut *writer, value)?;
    Ok(writer.write_all(b"\n")?)
}
