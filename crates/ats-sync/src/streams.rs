//! Which streams a pass walks, and which of them wait for which. Pure.

use std::collections::BTreeSet;

use ats_core::{Connector, ModelKind, Stream};

use crate::session::Place;

/// Every stream of the connector.
pub(crate) fn places(connector: &dyn Connector) -> Vec<Place> {
    let streams = connector.streams();
    let used: BTreeSet<&str> = streams
        .iter()
        .flat_map(|stream| stream.uses().iter().copied())
        .collect();
    let place = |(index, stream): (usize, &&dyn Stream)| Place {
        index,
        name: stream.name(),
        shared: used.contains(stream.name()),
        people: carries(*stream, ModelKind::Candidate) || carries(*stream, ModelKind::Application),
    };
    streams.iter().enumerate().map(place).collect()
}

/// The places of the streams that carry these models, and of everything that they use.
pub(crate) fn chosen(streams: &[&dyn Stream], only: &BTreeSet<ModelKind>) -> Vec<usize> {
    let mut chosen: BTreeSet<usize> = (0..streams.len())
        .filter(|index| {
            let models = streams[*index].models();
            only.is_empty() || models.iter().any(|model| only.contains(model))
        })
        .collect();
    // What is used comes before what uses it, so one walk from the back finds all of it.
    for index in (0..streams.len()).rev() {
        if chosen.contains(&index) {
            chosen.extend(used_by(streams, index));
        }
    }
    chosen.into_iter().collect()
}

/// For each of the chosen streams, the ones among them that have to be over before it begins.
///
/// With `people_first` the candidates wait for the applications too: an application that is wanted
/// makes its candidate one that is wanted.
pub(crate) fn after(
    streams: &[&dyn Stream],
    chosen: &[usize],
    people_first: bool,
) -> Vec<Vec<usize>> {
    let place = |index: usize| chosen.iter().position(|other| *other == index);
    let applications: Vec<usize> = chosen
        .iter()
        .copied()
        .filter(|index| carries(streams[*index], ModelKind::Application))
        .collect();
    let waits_for = |index: usize| {
        let mut before: BTreeSet<usize> = used_by(streams, index).collect();
        if people_first && carries(streams[index], ModelKind::Candidate) {
            let free = applications
                .iter()
                .filter(|other| **other != index && !needs(streams, **other, index));
            before.extend(free);
        }
        before.into_iter().filter_map(place).collect()
    };
    chosen.iter().map(|index| waits_for(*index)).collect()
}

fn carries(stream: &dyn Stream, model: ModelKind) -> bool {
    stream.models().contains(&model)
}

fn used_by<'a>(streams: &'a [&dyn Stream], index: usize) -> impl Iterator<Item = usize> + 'a {
    let used = streams[index].uses();
    (0..streams.len()).filter(move |other| used.contains(&streams[*other].name()))
}

/// Whether `index` cannot begin before `other` is over.
fn needs(streams: &[&dyn Stream], index: usize, other: usize) -> bool {
    used_by(streams, index)
        .any(|used| used == other || (used != index && needs(streams, used, other)))
}

#[cfg(test)]
mod tests {
    use ats_core::{Bundle, Known, Mapped, PageRequest, RawPage, Related};

    use super::*;

    #[derive(Debug)]
    struct Fake(&'static str, &'static [ModelKind], &'static [&'static str]);

    #[async_trait::async_trait]
    impl Stream for Fake {
        fn name(&self) -> &'static str {
            self.0
        }

        fn models(&self) -> &'static [ModelKind] {
            self.1
        }

        fn uses(&self) -> &'static [&'static str] {
            self.2
        }

        async fn fetch(&self, _: &PageRequest, _: &dyn Known) -> ats_core::Result<RawPage> {
            unreachable!("nothing is fetched here")
        }

        async fn fetch_one(&self, _: &str, _: &dyn Known) -> ats_core::Result<Option<Bundle>> {
            unreachable!("nothing is fetched alone here")
        }

        fn map(&self, _: &Bundle, _: &dyn Related) -> Mapped {
            Mapped::default()
        }
    }

    const FAKES: &[Fake] = &[
        Fake("sources", &[], &[]),
        Fake("plans", &[], &[]),
        Fake("stages", &[ModelKind::ApplicationStage], &["plans"]),
        Fake("jobs", &[ModelKind::Job], &["stages"]),
        Fake("candidates", &[ModelKind::Candidate], &["sources"]),
        Fake("applications", &[ModelKind::Application], &["stages"]),
    ];

    fn streams() -> Vec<&'static dyn Stream> {
        FAKES.iter().map(|fake| fake as &dyn Stream).collect()
    }

    #[test]
    fn a_pass_over_some_models_walks_what_they_use_too() {
        let chosen = |models: &[ModelKind]| chosen(&streams(), &models.iter().copied().collect());
        assert_eq!(chosen(&[]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(chosen(&[ModelKind::Job]), [1, 2, 3]);
        assert_eq!(chosen(&[ModelKind::Candidate]), [0, 4]);
        assert_eq!(chosen(&[ModelKind::Offer]), [0; 0]);
    }

    #[test]
    fn a_stream_waits_for_those_it_uses() {
        let all: Vec<usize> = (0..6).collect();
        let expected: Vec<Vec<usize>> = vec![vec![], vec![], vec![1], vec![2], vec![0], vec![2]];
        assert_eq!(after(&streams(), &all, false), expected);
        assert_eq!(
            after(&streams(), &[1, 2, 3], false),
            [vec![], vec![0], vec![1]],
            "places are those of the pass"
        );
    }

    #[test]
    fn candidates_wait_for_applications_unless_these_wait_for_them() {
        let all: Vec<usize> = (0..6).collect();
        assert_eq!(after(&streams(), &all, true)[4], [0, 5]);
        let circle = [
            Fake("candidates", &[ModelKind::Candidate], &[]),
            Fake("applications", &[ModelKind::Application], &["candidates"]),
        ];
        let circle: Vec<&dyn Stream> = circle.iter().map(|fake| fake as &dyn Stream).collect();
        assert_eq!(after(&circle, &[0, 1], true), [vec![], vec![0]]);
    }
}
