//! The registry of connectors: one line each.
//!
//! It knows which connectors exist and nothing else about them. The conformance suite and the
//! command line find every connector here.

use ats_core::Factory;

/// Every connector.
pub fn all() -> &'static [Factory] {
    const ALL: &[Factory] = &[
        ats_ashby::FACTORY,
        // new-connector: its line goes above this one
    ];
    ALL
}

/// The connector with this short name.
pub fn find(slug: &str) -> Option<&'static Factory> {
    all().iter().find(|factory| factory.manifest.slug == slug)
}
