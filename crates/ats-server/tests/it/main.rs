//! The server from outside: real HTTP in front, a simulated vendor behind.

mod actions;
mod general;
mod support;
