//! The field prover: for every claim the cases that can fail, and for every gap the proof that it
//! is one.

mod engine;
mod gaps;
mod judge;
mod malformed;
mod permissions;
mod perturb;
mod probe;
mod spot;
mod subject;
mod sweep;
mod tamper;
mod trace;
mod value;

pub use engine::EngineRun;
pub use permissions::Scopes;
pub use probe::{Finding, Probe};
pub use spot::Source;
pub use subject::{ReadTable, Standing, Subject, Tables, Worlds};

pub(crate) use engine::engine_case;
pub(crate) use gaps::{constant_case, gap_case, model_gap_case, slot_gap_case, tables_case};
pub(crate) use malformed::{malformed_case, model_malformed_case, open_texts_case};
pub(crate) use permissions::permissions_case;
pub(crate) use tamper::tamper_case;
pub(crate) use trace::trace_case;
pub(crate) use value::{distinct_case, losses_case, records_case, reference_case, value_case};
