//! What the pages must say, read from the mirror through `ats export`, and the comparison.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, de::DeserializeOwned, de::IgnoredAny};

use crate::ats::Ats;

/// What is compared of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Fields {
    remote_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    title: Option<String>,
    remote_url: Option<String>,
    remote_created_at: Option<String>,
    remote_updated_at: Option<String>,
    changed_at: Option<String>,
    remote_deleted_at: Option<String>,
}

/// A candidate with the number of what is nested in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Says {
    fields: Fields,
    applications: usize,
    tags: usize,
}

/// All living candidates by their ids.
#[derive(Debug)]
pub(crate) struct Truth(HashMap<String, Says>);

#[derive(Deserialize)]
struct Exported {
    id: String,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Deserialize)]
struct Only {
    id: String,
}

#[derive(Deserialize)]
struct OfCandidate {
    candidate_id: Option<String>,
    tag_id: Option<String>,
}

#[derive(Deserialize)]
struct Answer<T> {
    status: String,
    data: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    results: Vec<T>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    applications: Vec<IgnoredAny>,
    tags: Vec<IgnoredAny>,
    #[serde(flatten)]
    fields: Fields,
}

impl Truth {
    /// Reads the mirror.
    pub(crate) fn read(ats: &Ats) -> Result<Self> {
        let mut all = HashMap::new();
        exported(ats, "candidates", |one: Exported| {
            let says = Says {
                fields: one.fields,
                applications: 0,
                tags: 0,
            };
            all.insert(one.id, says);
        })?;
        exported(ats, "applications", |one: OfCandidate| {
            let candidate = one.candidate_id.and_then(|id| all.get_mut(&id));
            if let Some(candidate) = candidate {
                candidate.applications += 1;
            }
        })?;
        let mut tags = HashSet::new();
        exported(ats, "tags", |one: Only| {
            tags.insert(one.id);
        })?;
        exported(ats, "candidate_tags", |one: OfCandidate| {
            let shown = one.tag_id.is_some_and(|tag| tags.contains(&tag));
            let candidate = one.candidate_id.and_then(|id| all.get_mut(&id));
            if let Some(candidate) = candidate.filter(|_| shown) {
                candidate.tags += 1;
            }
        })?;
        ensure!(!all.is_empty(), "there are no candidates");
        Ok(Self(all))
    }

    /// How many candidates there are, with how many applications and tags.
    pub(crate) fn counts(&self) -> [usize; 3] {
        let all = || self.0.values();
        [
            self.0.len(),
            all().map(|one| one.applications).sum(),
            all().map(|one| one.tags).sum(),
        ]
    }

    /// How many candidates have this title.
    pub(crate) fn titled(&self, title: &str) -> usize {
        let all = self.0.values();
        all.filter(|one| one.fields.title.as_deref() == Some(title))
            .count()
    }
}

/// Pages that are compared with the mirror as they come.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    truth: &'a Truth,
    seen: HashSet<String>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(truth: &'a Truth) -> Self {
        Self {
            truth,
            seen: HashSet::new(),
        }
    }

    /// Compares a page.
    pub(crate) fn page(&mut self, page: &[u8]) -> Result<()> {
        for one in parsed::<Shown>(page)?.results {
            let says = Says {
                fields: one.fields,
                applications: one.applications.len(),
                tags: one.tags.len(),
            };
            let wanted = self.truth.0.get(&one.id);
            ensure!(
                wanted == Some(&says),
                "the server says {says:?} of {}, and the mirror {wanted:?}",
                one.id
            );
            ensure!(!self.seen.contains(&one.id), "{} came twice", one.id);
            self.seen.insert(one.id);
        }
        Ok(())
    }

    /// Nothing may be missing after the last page.
    pub(crate) fn end(self) -> Result<()> {
        let (seen, all) = (self.seen.len(), self.truth.0.len());
        ensure!(seen == all, "the pages had {seen} candidates of {all}");
        Ok(())
    }
}

/// The ids on a page, in their order.
pub(crate) fn ids(page: &[u8]) -> Result<Vec<String>> {
    let rows = parsed::<Only>(page)?.results.into_iter();
    Ok(rows.map(|one| one.id).collect())
}

/// Where the next page begins. It stands at the end of a page, which need not be read for it.
pub(crate) fn next(page: &[u8]) -> Result<Option<String>> {
    const MARK: &[u8] = b"],\"next\":";
    let from = page.len().saturating_sub(400);
    let end = page.get(from..).unwrap_or_default();
    let at = end.windows(MARK.len()).rposition(|window| window == MARK);
    let at = at.context("a page has no end")? + MARK.len();
    let text = end.get(at..).unwrap_or_default().strip_suffix(b"}}");
    serde_json::from_slice(text.context("a page ends oddly")?).context("a cursor")
}

fn parsed<T: DeserializeOwned>(page: &[u8]) -> Result<Data<T>> {
    let answer: Answer<T> = serde_json::from_slice(page).context("a page is not understood")?;
    ensure!(answer.status == "success", "a page is no success");
    ensure!(answer.data.next == next(page)?, "a page has two ends");
    Ok(answer.data)
}

/// Reads the exported records of a model, one at a time.
fn exported<T: DeserializeOwned>(ats: &Ats, model: &str, mut each: impl FnMut(T)) -> Result<()> {
    let mut export = ats.export(model, false)?;
    let output = export.stdout.take().context("the export has no output")?;
    let mut output = BufReader::with_capacity(1 << 20, output);
    let mut text = String::new();
    while output.read_line(&mut text)? > 0 {
        let record = serde_json::from_str(&text);
        each(record.with_context(|| format!("an exported line of {model}"))?);
        text.clear();
    }
    ensure!(export.wait()?.success(), "`ats export` of {model} failed");
    Ok(())
}
