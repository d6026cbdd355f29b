//! Load: connections that each ask for one page after the other, as fast as they are answered.

use std::time::Instant;

use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use hyper::Uri;

use crate::{ats::thread_cpu, client::Target, truth};

/// Connections side by side.
pub(crate) const CONNECTIONS: usize = 8;

/// One answer of so many is compared whole; of the others only the length.
const COMPARED: usize = 16;

/// A page that is asked for, and what it has to be.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) uri: Uri,
    pub(crate) is: Is,
}

/// What an answer is compared with.
#[derive(Debug, Clone)]
pub(crate) enum Is {
    /// These bytes.
    Same(Bytes),
    /// These candidates in this order, whatever is said of them.
    Ids(Vec<String>),
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// How long each answer took, in seconds, the shortest first.
    times: Vec<f64>,
    /// Seconds from beginning to end.
    pub(crate) wall: f64,
    /// Seconds of processor time that asking took.
    pub(crate) cpu: f64,
}

impl Loaded {
    pub(crate) fn new(mut times: Vec<f64>, wall: f64, cpu: f64) -> Self {
        times.sort_by(f64::total_cmp);
        Self { times, wall, cpu }
    }

    /// Answers.
    pub(crate) fn count(&self) -> usize {
        self.times.len()
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() as f64 / self.wall
    }

    /// The time within which this share of the answers came.
    pub(crate) fn within(&self, share: f64) -> f64 {
        let place = (share * self.count() as f64).ceil() as usize;
        let place = place.clamp(1, self.count().max(1)) - 1;
        self.times.get(place).copied().unwrap_or_default()
    }
}

/// Asks for these pages in turn on so many connections, until it is enough.
pub(crate) async fn load(
    target: &Target,
    pages: &[Wanted],
    connections: usize,
    enough: &dyn Fn() -> bool,
) -> Result<Loaded> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(target.connect().await?);
    }
    let (begin, cpu) = (Instant::now(), thread_cpu());
    let each = open
        .into_iter()
        .enumerate()
        .map(|(number, mut connection)| {
            // Connections begin at places of their own, far apart.
            let turn = pages
                .iter()
                .cycle()
                .skip(number * pages.len() / connections);
            async move {
                let mut times = Vec::new();
                for (asked, wanted) in turn.enumerate() {
                    if enough() {
                        break;
                    }
                    let begin = Instant::now();
                    if asked % COMPARED == 0 {
                        let page = connection.get(target, &wanted.uri).await?;
                        times.push(begin.elapsed().as_secs_f64());
                        wanted.is.compare(&page)?;
                    } else {
                        let length = connection.weigh(target, &wanted.uri).await?;
                        times.push(begin.elapsed().as_secs_f64());
                        wanted.is.compare_length(length)?;
                    }
                }
                anyhow::Ok(times)
            }
        });
    let times = try_join_all(each).await?;
    let (wall, cpu) = (begin.elapsed().as_secs_f64(), thread_cpu() - cpu);
    Ok(Loaded::new(times.concat(), wall, cpu))
}

impl Is {
    fn compare(&self, page: &Bytes) -> Result<()> {
        match self {
            Self::Same(bytes) => ensure!(page == bytes, "an answer is not the page"),
            Self::Ids(ids) => ensure!(truth::ids(page)? == *ids, "a page has other candidates"),
        }
        Ok(())
    }

    fn compare_length(&self, length: usize) -> Result<()> {
        match self {
            Self::Same(bytes) => ensure!(length == bytes.len(), "an answer has another length"),
            Self::Ids(_) => ensure!(length > 0, "an answer is empty"),
        }
        Ok(())
    }
}
