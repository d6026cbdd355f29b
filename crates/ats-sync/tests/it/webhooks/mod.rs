//! Webhooks: what the simulated vendor tells, taken in over HTTP and worked off.

mod desk;
mod events;
mod inbox;
mod life;
mod signature;
