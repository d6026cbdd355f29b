//! How fast a page of candidates and a page of applications are mapped, on one core.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has to stop"
)]

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use ats_conformance::Mirror;
use ats_core::{Bundle, Connection, Connector, ModelKind, Shelf};
use ats_simulator::{Options, Simulator, ashby};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const PAGE: usize = 100;

/// A generated organisation, read through the real connector.
fn read() -> (Arc<dyn Connector>, Shelf) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = ashby::generated_world(1, 300);
        let simulator = Simulator::start(world, Options::default()).await.unwrap();
        let connection = Connection {
            credentials: BTreeMap::from([("api_key".to_owned(), simulator.key().into())]),
            base_url: Some(simulator.base_url()),
            ..Connection::default()
        };
        let factory = ats_connectors::find("ashby").unwrap();
        let connector: Arc<dyn Connector> = Arc::from((factory.connect)(&connection).unwrap());
        let mut mirror = Mirror::new("ashby");
        let report = mirror.full_pass(&*connector).await;
        assert!(
            report.complete(),
            "{:?}",
            report.errors().collect::<Vec<_>>()
        );
        (connector, mirror.shelf().clone())
    })
}

fn map(criterion: &mut Criterion) {
    let (connector, shelf) = read();
    let mut group = criterion.benchmark_group("map");
    for (name, model) in [
        ("candidates", ModelKind::Candidate),
        ("applications", ModelKind::Application),
    ] {
        let streams = connector.streams();
        let stream = streams
            .iter()
            .find(|stream| stream.models().contains(&model))
            .unwrap();
        let page: Vec<Arc<Bundle>> = shelf.stream(stream.name()).take(PAGE).cloned().collect();
        assert_eq!(
            page.len(),
            PAGE,
            "the world is too small for a page of {name}"
        );
        for bundle in &page {
            let mapped = stream.map(bundle, &shelf);
            let of_model = mapped
                .records
                .iter()
                .filter(|record| record.kind() == model)
                .count();
            assert_eq!(
                (of_model, mapped.losses.len()),
                (1, 0),
                "{name} {}",
                bundle.id
            );
        }
        group.throughput(Throughput::Elements(PAGE as u64));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                // A bundle remembers its parsed form; a page that was just fetched does not.
                || {
                    page.iter()
                        .map(|bundle| Bundle::clone(bundle))
                        .collect::<Vec<_>>()
                },
                |page| {
                    for bundle in &page {
                        black_box(stream.map(bundle, &shelf));
                    }
                },
                criterion::BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, map);
criterion_main!(benches);
