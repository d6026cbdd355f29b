//! What the program writes down while it works: lines on standard error, for people or for machines,
//! and, where it was built with the feature `otel`, traces for a collector.

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// What is written down: `error`, `info`, `ats_server=debug`, …
const FILTER: &str = "ATS_LOG";

/// How: `json` for machines, anything else for people.
const FORMAT: &str = "ATS_LOG_FORMAT";

/// Ends what must be ended before the process does.
#[derive(Debug)]
pub(crate) struct Logging {
    #[cfg(feature = "otel")]
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Begins. A server tells what it does; a command only what goes wrong.
pub(crate) fn begin(is_server: bool) -> Logging {
    let usual = if is_server { "info" } else { "error" };
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new(usual));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match std::env::var(FORMAT).as_deref() {
        Ok("json") => lines.json().flatten_event(true).boxed(),
        _ => lines.boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter));
    #[cfg(feature = "otel")]
    let (registry, traces) = {
        let traces = otel::provider();
        let layer = traces.as_ref().map(otel::layer);
        (registry.with(layer), traces)
    };
    registry.init();
    Logging {
        #[cfg(feature = "otel")]
        traces,
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        #[cfg(feature = "otel")]
        if let Some(traces) = &self.traces
            && let Err(error) = traces.shutdown()
        {
            eprintln!("ats: the last traces did not reach the collector: {error}");
        }
    }
}

#[cfg(feature = "otel")]
mod otel {
    //! Traces for a collector that speaks OTLP over HTTP.

    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
    use tracing::Subscriber;
    use tracing_subscriber::{Layer, filter::LevelFilter, registry::LookupSpan};

    /// Where the collector is, as every program that exports traces calls it.
    const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// Sends traces where the variable says; nothing where it is not set.
    pub(super) fn provider() -> Option<SdkTracerProvider> {
        std::env::var_os(ENDPOINT).filter(|place| !place.is_empty())?;
        // The exporter makes a client of its own, which takes the provider of the process. It may have
        // been chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .build();
        let exporter = match exporter {
            Ok(exporter) => exporter,
            Err(error) => {
                eprintln!("ats: no traces are sent: {error}");
                return None;
            }
        };
        let resource = Resource::builder().with_service_name("ats").build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource);
        Some(provider.build())
    }

    /// Hands spans of the program over.
    pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = provider.tracer("ats");
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        layer.with_filter(LevelFilter::INFO)
    }
}
