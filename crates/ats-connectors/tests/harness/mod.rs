//! How each connector of the registry is put to the proof.

pub(crate) mod ashby;
mod files;
mod simulated;
mod trials;
mod trials_create;
