//! A walk: every page of a list, one after the other.

use std::time::Instant;

use anyhow::{Result, ensure};
use bytes::Bytes;
use hyper::Uri;

use crate::{
    client::Target,
    load::{Is, Wanted},
    truth::{Comparison, Truth, next},
};

/// Of a walk, as many pages at most are kept to be asked for again.
const KEPT: usize = 200;

/// The pages of a list and their lengths.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    uris: Vec<Uri>,
    lengths: Vec<usize>,
    /// Some of them, from all over the list.
    pub(crate) some: Vec<Wanted>,
}

impl Walk {
    /// Walks, and compares every page with the mirror.
    pub(crate) async fn compared(target: &Target, size: usize, truth: &Truth) -> Result<Self> {
        let mut connection = target.connect().await?;
        let mut comparison = Comparison::new(truth);
        let mut walk = Self::default();
        let pages = truth.counts()[0].div_ceil(size);
        let mut uri = Some(first(size)?);
        while let Some(here) = uri {
            let page = connection.get(target, &here).await?;
            comparison.page(&page)?;
            uri = following(size, &page)?;
            if walk.uris.len() % pages.div_ceil(KEPT) == 0 {
                walk.some.push(Wanted {
                    uri: here.clone(),
                    is: Is::Same(page.clone()),
                });
            }
            walk.uris.push(here);
            walk.lengths.push(page.len());
        }
        comparison.end()?;
        Ok(walk)
    }

    /// Walks again, and tells how long each page took. The pages must be the same ones.
    pub(crate) async fn timed(&self, target: &Target, size: usize) -> Result<Vec<f64>> {
        let mut connection = target.connect().await?;
        // A connection that was used already.
        let opening = Uri::from_static("/v1/check-api-key");
        connection.get(target, &opening).await?;
        let mut times = Vec::with_capacity(self.uris.len());
        let mut uri = Some(first(size)?);
        for (expected, length) in self.uris.iter().zip(&self.lengths) {
            ensure!(uri.as_ref() == Some(expected), "a walk leads elsewhere");
            let begin = Instant::now();
            let page = connection.get(target, expected).await?;
            times.push(begin.elapsed().as_secs_f64());
            ensure!(page.len() == *length, "a page has another length");
            uri = following(size, &page)?;
        }
        ensure!(uri.is_none(), "a walk does not end");
        Ok(times)
    }

    /// The first page.
    pub(crate) fn first(&self) -> Option<&Wanted> {
        self.some.first()
    }
}

fn first(size: usize) -> Result<Uri> {
    Ok(format!("/v1/ats/candidates?page_size={size}").parse()?)
}

fn following(size: usize, page: &Bytes) -> Result<Option<Uri>> {
    let uri = next(page)?
        .map(|cursor| format!("/v1/ats/candidates?page_size={size}&cursor={cursor}").parse());
    Ok(uri.transpose()?)
}
