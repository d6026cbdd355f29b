//! Judges real exchanges by the vendor's own OpenAPI document.
//!
//! The connector and the simulator share no type, but one person may still have misread the
//! vendor twice. So what the connector sends and what the simulator answers is recorded and
//! validated here against a document that neither of them was made from. Where that document
//! contradicts what the vendor really does, an entry of the deviations file says so.

mod deviations;
mod document;
mod leaves;
mod traffic;
mod undeclared;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    contract::{deviations::Deviations, document::Document, traffic::Exchange},
    workspace::{self, Workspace},
};

/// Where the known contradictions of the vendor's document stand.
const DEVIATIONS: &str = "fixtures/ashby/contract-deviations.json";

/// One way in which a body does not follow the document, however often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    endpoint: String,
    side: Side,
    /// JSON pointer into the body, `*` for an index.
    path: String,
    /// The schema keyword that failed, or `undeclared`.
    rule: String,
    /// Whether the value there is `null`.
    null: bool,
    message: String,
}

/// Which body of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Request,
    Response,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Request => "request",
            Side::Response => "response",
        };
        write!(
            f,
            "{} {side} {} [{}]: {}",
            self.endpoint, self.path, self.rule, self.message
        )
    }
}

/// What came of judging a set of exchanges.
#[derive(Debug)]
struct Report {
    exchanges: usize,
    endpoints: BTreeSet<String>,
    violations: BTreeMap<Violation, usize>,
    used: usize,
    unused: Vec<String>,
}

/// Records exchanges (or takes recorded ones) and judges them.
pub(crate) fn run(workspace: &Workspace, spec: &Path, recorded: Option<&Path>) -> Result<()> {
    let document = Document::load(spec)?;
    let deviations = Deviations::parse(&workspace.read(DEVIATIONS)?)
        .with_context(|| format!("cannot read {DEVIATIONS}"))?;
    let traffic = match recorded {
        Some(path) => path.to_owned(),
        None => record(workspace)?,
    };
    let text = fs::read_to_string(&traffic)
        .with_context(|| format!("cannot read {}", traffic.display()))?;
    let report = judge(&document, &deviations, &traffic::parse(&text)?)?;
    print(&report);
    conclude(&report)
}

/// Runs the connector against the simulator with the log switched on.
fn record(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.metadata()?.target_directory.join("contract");
    fs::create_dir_all(&folder).context("cannot make the folder for the traffic")?;
    let path = folder.join("traffic.jsonl");
    if path.exists() {
        fs::remove_file(&path).context("cannot remove the traffic of an earlier run")?;
    }
    let mut cargo = workspace.cargo();
    cargo
        .args(["test", "--package", "ats-connectors", "--test", "traffic"])
        .env("ATS_TRAFFIC", &path);
    workspace::run(&mut cargo)?;
    Ok(path)
}

fn judge(document: &Document, deviations: &Deviations, exchanges: &[Exchange]) -> Result<Report> {
    let checker = document.checker()?;
    let mut violations: BTreeMap<Violation, usize> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for exchange in exchanges {
        for violation in checker.check(exchange)? {
            match deviations.find(&violation) {
                Some(index) => {
                    used.insert(index);
                }
                None => *violations.entry(violation).or_default() += 1,
            }
        }
    }
    Ok(Report {
        exchanges: exchanges.len(),
        endpoints: exchanges
            .iter()
            .map(|exchange| exchange.endpoint.clone())
            .collect(),
        violations,
        used: used.len(),
        unused: deviations.except(&used),
    })
}

fn print(report: &Report) {
    for (violation, count) in &report.violations {
        println!("violation: {violation} ({count} times)");
    }
    for deviation in &report.unused {
        println!("unused deviation: {deviation}");
    }
    println!(
        "contract: {} exchanges, {} endpoints, {} violations, {} deviations used, {} unused",
        report.exchanges,
        report.endpoints.len(),
        report.violations.len(),
        report.used,
        report.unused.len()
    );
}

fn conclude(report: &Report) -> Result<()> {
    if report.exchanges == 0 {
        bail!("no exchange was recorded, so nothing was checked");
    }
    if !report.violations.is_empty() {
        bail!(
            "{} violations: mend the connector or the simulator; if the vendor's document is \
             wrong, say why in {DEVIATIONS}",
            report.violations.len()
        );
    }
    if !report.unused.is_empty() {
        bail!(
            "{} deviations are not needed; remove them from {DEVIATIONS}",
            report.unused.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
