//! Laws of paging: every record once, whatever the pages look like, and no walk without an end.

use ats_core::{Bundle, ErrorKind, Next, RawPage};
use ats_simulator::FaultKind;

use super::{
    Judged, LawEvidence,
    probe::{Bench, End, difference_of_bundles, walk},
};
use crate::{Failure, Harness, WorldKind, mirror::KnownView};

super::declare! {
    "paging/page-size-changes-nothing",
    "every bundle arrives exactly once, whatever the size of the pages",
    "records are lost or doubled at the seams of pages" => page_size;

    "paging/empty-page-goes-on",
    "a page without rows is not the end",
    "everything behind a filtered-out page is lost" => empty_page;

    "paging/repeated-cursor-ends",
    "a cursor that comes twice ends the walk as a malformed answer",
    "a walk never ends, or ends early and passes for complete" => repeated_cursor;

    "paging/more-without-cursor-is-an-error",
    "more data without a cursor to it is a malformed answer",
    "the rest of a list is lost without a word" => more_without_cursor;

    "paging/resume-gives-the-rest",
    "a walk resumed at any page cursor brings the rest, in another process too",
    "a crash costs the records behind it, or a whole pass" => resume;

    "paging/same-request-same-page",
    "the same request to an unchanged vendor gives the same page",
    "fetching keeps state of its own, so that a retried page is another page" => same_request;
}

async fn page_size(harness: &dyn Harness) -> Judged {
    let remote = harness.start(WorldKind::SMALL).await.into();
    let whole = Bench::read(std::sync::Arc::clone(&remote), remote.connector()).await?;
    let mut judged = 0;
    let mut paged = false;
    for cap in [1, 2, 3] {
        let small = Bench::start(harness, cap).await?;
        for (stream, read) in &small.streams {
            if let Some(came) = whole.difference(stream, read) {
                return Err(Failure::default()
                    .expected(
                        format!("stream {stream} brings the same bundles with {cap} rows a page"),
                        "",
                    )
                    .came(came));
            }
            judged += read.bundles().count();
            paged |= read.pages.len() > 1;
        }
    }
    Ok(LawEvidence::judged(if paged { judged } else { 0 }))
}

async fn empty_page(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 2).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        for skip in spot.ends() {
            let read = bench
                .harmed(&spot, skip, 1, FaultKind::EmptyMiddlePage)
                .await?;
            let came = match &read.end {
                End::Complete => bench.difference(spot.stream, &read),
                end => Some(end.to_string()),
            };
            if let Some(came) = came {
                return Err(Failure::default()
                    .expected(
                        format!("an empty page (request {skip}) changes nothing: {spot}"),
                        "",
                    )
                    .came(came));
            }
            judged += usize::from(read.calls_of(&spot.endpoint) > spot.calls);
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn repeated_cursor(harness: &dyn Harness) -> Judged {
    never_the_end(harness, FaultKind::RepeatCursor).await
}

async fn more_without_cursor(harness: &dyn Harness) -> Judged {
    never_the_end(harness, FaultKind::MoreWithoutCursor).await
}

/// A list that is broken this way ends as malformed. A list that the fault cannot hit, because it
/// has no pages, is read as ever.
async fn never_the_end(harness: &dyn Harness, kind: FaultKind) -> Judged {
    let bench = Bench::start(harness, 1).await?;
    let mut judged = 0;
    for spot in bench.spots() {
        let read = bench.harmed(&spot, 0, u32::MAX, kind.clone()).await?;
        let wrong = match &read.end {
            End::Failed(error) if matches!(error.kind(), ErrorKind::Malformed { .. }) => {
                judged += 1;
                None
            }
            End::Complete => bench
                .difference(spot.stream, &read)
                .map(|difference| format!("the walk ended as a success, and {difference}")),
            end => Some(end.to_string()),
        };
        if let Some(came) = wrong {
            return Err(Failure::default()
                .expected(format!("a malformed answer, or no harm done: {spot}"), "")
                .came(came));
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn resume(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 2).await?;
    let mut judged = 0;
    for (name, honest) in &bench.streams {
        for (index, page) in honest.pages.iter().enumerate().skip(1) {
            // Another connector, as after a crash: nothing but the request and what is stored.
            let connector = bench.remote.connector();
            let streams = connector.streams();
            let Some(stream) = streams.into_iter().find(|stream| stream.name() == *name) else {
                continue;
            };
            let request = page.request.clone();
            let read = walk(&*bench.remote, stream, request, &page.known).await;
            let rest: Vec<Bundle> = honest.pages[index..]
                .iter()
                .flat_map(|read| read.page.bundles.clone())
                .collect();
            let came: Vec<Bundle> = read.bundles().cloned().collect();
            let came = match &read.end {
                End::Complete => difference_of_bundles(&rest, &came),
                end => Some(end.to_string()),
            };
            if let Some(came) = came {
                return Err(Failure::default()
                    .expected(
                        format!("stream {name} resumed at page {index} brings the rest"),
                        "",
                    )
                    .came(came));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn same_request(harness: &dyn Harness) -> Judged {
    let bench = Bench::start(harness, 2).await?;
    let mut judged = 0;
    for stream in bench.connector.streams() {
        let pages = bench.streams.get(stream.name()).map(|read| &read.pages);
        for (index, read) in pages.into_iter().flatten().enumerate() {
            let known = KnownView::new(stream, &read.known);
            let again = stream.fetch(&read.request, &known).await;
            let same = again.as_ref().is_ok_and(|again| alike(&read.page, again));
            if !same {
                let expected =
                    format!("page {index} of stream {} is the same again", stream.name());
                let came = again.map_or_else(|error| error.to_string(), |_| "another page".into());
                return Err(Failure::default().expected(expected, "").came(came));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

/// Whether two pages say the same. The text of a cursor or checkpoint is the vendor's business.
fn alike(left: &RawPage, right: &RawPage) -> bool {
    let next = match (&left.next, &right.next) {
        (Next::Page(_), Next::Page(_)) => true,
        (Next::Done { checkpoint: left }, Next::Done { checkpoint: right }) => {
            left.is_some() == right.is_some()
        }
        _ => false,
    };
    next && left.bundles == right.bundles && left.rejects == right.rejects
}
