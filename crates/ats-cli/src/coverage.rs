//! `ats coverage`: the support matrix, from the binary.

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use crate::{
    context::Global,
    exit::{Exit, usage},
    matrix::{self, Pages},
    output,
};

/// The options of `ats coverage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats coverage
  ats coverage ashby
  ats coverage ashby --format json")]
pub(crate) struct Options {
    /// The connector, for example `ashby`. Without it: an overview of all.
    connector: Option<String>,

    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown.
    Md,
    /// JSON.
    Json,
}

/// Runs the command.
pub(crate) fn run(options: &Options, global: &Global) -> Result<Exit> {
    let pages = options.connector.as_deref().map(find).transpose()?;
    if global.json || options.format == Format::Json {
        output::json(&document(pages)?)?;
    } else {
        let text = pages.map_or(matrix::OVERVIEW, |pages| pages.markdown);
        output::line(text.trim_end())?;
    }
    Ok(Exit::Complete)
}

fn find(slug: &str) -> Result<&'static Pages> {
    matrix::of(slug).ok_or_else(|| {
        let known: Vec<_> = matrix::ALL.iter().map(|pages| pages.slug).collect();
        usage(
            "unknown_connector",
            format!(
                "there is no connector `{slug}`; these are there: {}",
                known.join(", ")
            ),
        )
    })
}

/// The matrix of one connector, or those of all by slug.
fn document(pages: Option<&Pages>) -> Result<Value> {
    let read = |pages: &Pages| {
        serde_json::from_str(pages.json)
            .with_context(|| format!("the support matrix of {} is damaged", pages.slug))
    };
    if let Some(pages) = pages {
        return read(pages);
    }
    let all = matrix::ALL.iter();
    let all = all.map(|pages| Ok((pages.slug.to_owned(), read(pages)?)));
    Ok(Value::Object(all.collect::<Result<Map<_, _>>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connector_is_its_own_document_and_all_are_named_by_slug() {
        let one = document(matrix::of("ashby")).unwrap();
        assert_eq!(one["connector"], "ashby");
        assert_eq!(document(None).unwrap()["ashby"], one);
        assert!(find("none").unwrap_err().to_string().contains("ashby"));
    }
}
