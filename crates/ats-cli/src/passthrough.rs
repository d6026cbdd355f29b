//! `ats passthrough`: a call of the vendor's own API with the stored credentials.

use std::{fs, io::Read};

use anyhow::{Context as _, Result};
use ats_core::{PassthroughBody, PassthroughCall};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::{
    act,
    context::{Context, Global},
    exit::{Exit, usage},
    output,
};

/// The options of `ats passthrough`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ats passthrough acme POST /job.list --data '{\"limit\": 1}'
  ats passthrough acme POST /candidate.info --data @request.json --json

The call goes to the vendor's own address and nowhere else, under the same limit of requests as every
other one. Its answer is handed back unchanged: without --json the body alone, with it the status and
the headers too. A status that is no success is an answer; the exit code is 0.")]
pub(crate) struct Options {
    /// The integration: its name, its id, or CONNECTOR:NAME.
    integration: String,

    /// GET, POST, PUT, PATCH or DELETE.
    method: String,

    /// Path below the vendor's address, such as /job.list.
    path: String,

    /// The body: JSON, `@FILE`, or `-` for standard input. What is not JSON is sent as it is.
    #[arg(long, value_name = "JSON|@FILE|-")]
    data: Option<String>,

    /// A query parameter; may be given several times.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,

    /// A further header; may be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    headers: Vec<(String, String)>,

    /// Prints the body as base64.
    #[arg(long)]
    base64: bool,
}

/// Runs the command.
pub(crate) async fn run(options: &Options, global: &Global) -> Result<Exit> {
    let context = Context::open(global)?;
    let one = context.integration(&options.integration)?;
    let connector = context.connector(&one)?;
    let Some(passthrough) = connector.passthrough() else {
        let name = connector.manifest().name;
        return Err(usage(
            ats_server::Code::ActionNotAvailable.as_str(),
            format!("calls of the own API of {name} are not offered"),
        ));
    };
    let call = PassthroughCall {
        method: options.method.to_uppercase(),
        path: options.path.clone(),
        params: options.params.iter().cloned().collect(),
        headers: options.headers.iter().cloned().collect(),
        body: body(options.data.as_deref())?,
    };
    let answer = passthrough
        .call(&call)
        .await
        .map_err(|error| act::refused(&error))?;
    let text = std::str::from_utf8(&answer.body);
    let data = match text {
        Ok(text) if !options.base64 => match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => Value::from(text),
        },
        _ => Value::from(STANDARD.encode(&answer.body)),
    };
    if global.json {
        output::json(&json!({
            "url": answer.url,
            "status": answer.status,
            "headers": headers(&answer.headers),
            "data": data,
        }))?;
    } else if let Value::String(text) = &data {
        output::line(text)?;
    } else {
        output::line(serde_json::to_string_pretty(&data)?)?;
    }
    Ok(Exit::Complete)
}

/// Headers by name; one that comes several times is a list.
fn headers(all: &[(String, String)]) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in all {
        match headers.get_mut(name) {
            None => {
                headers.insert(name.clone(), value.as_str().into());
            }
            Some(Value::Array(values)) => values.push(value.as_str().into()),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    headers
}

fn body(data: Option<&str>) -> Result<PassthroughBody> {
    let text = match data {
        None => return Ok(PassthroughBody::Empty),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("cannot read standard input")?;
            text
        }
        Some(data) => match data.strip_prefix('@') {
            Some(file) => {
                fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?
            }
            None => data.to_owned(),
        },
    };
    Ok(match serde_json::from_str(&text) {
        Ok(value) => PassthroughBody::Json(value),
        Err(_) => PassthroughBody::Text(text),
    })
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_comes_several_times_is_a_list() {
        let all = [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = json!({ "a": ["1", "3", "4"], "b": "2" });
        assert_eq!(Value::Object(headers(&all)), expected);
    }

    #[test]
    fn what_is_not_json_is_sent_as_it_is() {
        let is_json = |text| matches!(body(Some(text)).unwrap(), PassthroughBody::Json(_));
        assert!(is_json("{\"a\": 1}") && !is_json("<a/>"));
        assert!(matches!(body(None).unwrap(), PassthroughBody::Empty));
    }
}
