//! `ats export`: the records of a model as JSON lines or CSV, in constant memory.

mod rows;

use std::{
    fs::Permissions,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use ats_core::{ModelKind, Timestamp};
use ats_store::{Integration, RecordQuery};
use clap::{Args, ValueEnum};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::{
    context::{Context, Global},
    exit::{Exit, usage},
    names, output,
};
use rows::Rows;

/// Records that are in memory at once.
const BATCH: usize = 500;

/// The options of `ats export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats export acme candidates > candidates.jsonl
  ats export acme applications --format csv --out applications.csv
  ats export acme jobs --updated-after 2026-01-02 --include-deleted

A line of jsonl is one record with the API's names and values; relations are our ids (job_id,
candidate_id). csv has one column a field and no raw documents; lists and objects stand as JSON.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// The model, such as candidates or job_postings.
    #[arg(value_parser = names::model_parser(), hide_possible_values = true)]
    model: ModelKind,

    /// The form.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,

    /// With the records that have a tombstone.
    #[arg(long)]
    include_deleted: bool,

    /// Only records that changed at this moment or later.
    #[arg(long, value_name = "T", value_parser = names::parse_moment)]
    updated_after: Option<Timestamp>,

    /// Writes into this file, which holds everything or is not there. Without it: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A head line, then one line a record.
    Csv,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    if global.json && options.out.is_none() {
        return Err(usage(
            "out_missing",
            "with --json the records need a file of their own; add --out FILE",
        ));
    }
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let Some(out) = &options.out else {
        let output = BufWriter::new(io::stdout().lock());
        write(&context, &one, options, output)?;
        return Ok(Exit::Complete);
    };
    let records = write_file(&context, &one, options, out)?;
    if global.json {
        output::json(&json!({
            "model": options.model,
            "format": options.format.name(),
            "records": records,
            "out": out,
        }))?;
    } else {
        eprintln!(
            "{} of {} in {}",
            output::count(records, "record", "records"),
            options.model,
            out.display()
        );
    }
    Ok(Exit::Complete)
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// Writes beside the file and gives it its name at the end, so that nobody finds half of it.
fn write_file(context: &Context, one: &Integration, options: &Options, out: &Path) -> Result<u64> {
    let cannot = || format!("cannot write {}; nothing was left there", out.display());
    let folder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let draft = draft(folder).with_context(cannot)?;
    let records =
        write(context, one, options, BufWriter::new(draft.as_file())).with_context(cannot)?;
    draft
        .persist(out)
        .map_err(|error| error.error)
        .with_context(cannot)?;
    Ok(records)
}

fn draft(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ats-export-");
    // As any other file that a command writes: what the user's mask takes away is taken away.
    #[cfg(unix)]
    builder.permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn write(
    context: &Context,
    one: &Integration,
    options: &Options,
    output: impl Write,
) -> Result<u64> {
    let mut rows = Rows::begin(options.model, options.format, output)?;
    let mut query = RecordQuery {
        model: options.model,
        include_deleted: options.include_deleted,
        changed_since: options.updated_after,
        after: 0,
        limit: BATCH,
    };
    let mut count = 0;
    loop {
        let batch = context.store.records(&one.id, query)?;
        let Some(last) = batch.last() else { break };
        query.after = last.key;
        for record in &batch {
            rows.write(context.store.as_ref(), one, record)?;
            count += 1;
        }
    }
    rows.finish()?;
    Ok(count)
}
