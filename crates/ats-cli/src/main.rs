//! The command line: the binary ats.
fn main() {}
