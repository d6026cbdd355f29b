//! How each connector of the registry is put to the proof.

pub(crate) mod ashby;
mod simulated;
