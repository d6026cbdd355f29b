//! Laws of mapping: the same bundle gives the same records, whenever and in whatever order.

use std::sync::Arc;

use ats_core::{Bundle, Mapped, Shelf, Stream};

use super::{Judged, LawEvidence, compare::fresh, probe::start};
use crate::{
    Failure, Harness,
    mirror::{RelatedView, json},
};

super::declare! {
    "purity/map-twice-is-the-same",
    "mapping a bundle twice, or a copy of it, gives the same",
    "a stored bundle that is mapped again seems to have changed" => twice;

    "purity/order-does-not-matter",
    "what a bundle becomes does not depend on what was mapped before it",
    "one record's value ends up in another" => order;
}

async fn twice(harness: &dyn Harness) -> Judged {
    each(harness, |stream, bundle, shelf| {
        let copy = bundle.clone();
        [
            map(stream, bundle, shelf),
            map(stream, bundle, shelf),
            map(stream, &copy, shelf),
        ]
    })
    .await
}

async fn order(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mirror = fresh(harness, &*connector).await?;
    let mut judged = 0;
    for stream in connector.streams() {
        // Copies, so that nothing that an earlier mapping left in a bundle is there any more.
        let copy = || -> Vec<Bundle> {
            mirror
                .shelf()
                .stream(stream.name())
                .map(|bundle| Bundle::clone(bundle))
                .collect()
        };
        let forth = copy();
        let forth: Vec<_> = forth
            .iter()
            .map(|bundle| map(stream, bundle, mirror.shelf()))
            .collect();
        let back = copy();
        let mut back: Vec<_> = back
            .iter()
            .rev()
            .map(|bundle| map(stream, bundle, mirror.shelf()))
            .collect();
        back.reverse();
        for (bundle, pair) in copy().iter().zip(forth.into_iter().zip(back)) {
            same(stream, bundle, &pair.0, &pair.1)?;
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn each<const N: usize>(
    harness: &dyn Harness,
    maps: impl Fn(&dyn Stream, &Bundle, &Shelf) -> [Mapped; N],
) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mirror = fresh(harness, &*connector).await?;
    let mut judged = 0;
    for stream in connector.streams() {
        let bundles: Vec<Arc<Bundle>> = mirror.shelf().stream(stream.name()).cloned().collect();
        for bundle in bundles {
            let maps = maps(stream, &bundle, mirror.shelf());
            for pair in maps.windows(2) {
                same(stream, &bundle, &pair[0], &pair[1])?;
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

fn map(stream: &dyn Stream, bundle: &Bundle, shelf: &Shelf) -> Mapped {
    stream.map(bundle, &RelatedView::new(stream, shelf))
}

fn same(
    stream: &dyn Stream,
    bundle: &Bundle,
    left: &Mapped,
    right: &Mapped,
) -> Result<(), Failure> {
    if left == right {
        return Ok(());
    }
    let values = |mapped: &Mapped| mapped.records.iter().map(json).collect::<Vec<_>>();
    let (left, right) = (values(left), values(right));
    let other = left.iter().zip(&right).find(|(left, right)| left != right);
    Err(Failure::default()
        .record(format!("stream {}, bundle {}", stream.name(), bundle.id))
        .expected("the same records and losses", "")
        .came(other.map_or_else(
            || "other losses, or another number of records".to_owned(),
            |(left, right)| format!("{left}\nand {right}"),
        )))
}
