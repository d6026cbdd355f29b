//! Yes, or a reasoned no: how a connector answers for every model, action and feature.

use serde::Serialize;

/// The answer for one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Support<T> {
    /// Claimed. The conformance suite proves it.
    Yes(T),
    /// Denied, with a reason. The conformance suite proves that too.
    No(Gap),
}

/// A reasoned "no".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Whose gap it is.
    pub status: GapStatus,
    /// Why, for a person to read.
    pub reason: &'static str,
    /// The vendor's document that shows it.
    pub vendor: Option<&'static str>,
}

/// Whose gap it is, in the words of the unified API's coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GapStatus {
    /// The vendor has no such thing.
    Unsupported,
    /// The vendor has it, the connector does not yet.
    NotImplemented,
    /// Nobody has looked.
    Unknown,
}

/// A field of a model (or an input of an action) that a connector does not fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FieldGap {
    /// The field's name.
    pub field: &'static str,
    /// Why not.
    pub gap: Gap,
}

/// A field that is claimed and yet always `null`, because that is the truth at this vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AlwaysNull {
    /// The field's name.
    pub field: &'static str,
    /// Why `null` is the true answer and not a missing one.
    pub reason: &'static str,
    /// The vendor's document that shows it.
    pub vendor: &'static str,
}

impl<T> Support<T> {
    /// The claim, if there is one.
    pub fn yes(&self) -> Option<&T> {
        match self {
            Self::Yes(claim) => Some(claim),
            Self::No(_) => None,
        }
    }

    /// The gap, if it is one.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Yes(_) => None,
            Self::No(gap) => Some(gap),
        }
    }
}

impl Gap {
    /// The vendor has no such thing; `vendor` links to the document that shows it.
    pub const fn unsupported(reason: &'static str, vendor: &'static str) -> Self {
        Self {
            status: GapStatus::Unsupported,
            reason,
            vendor: Some(vendor),
        }
    }

    /// The vendor has it, the connector does not yet; `vendor` links to the place where it is.
    pub const fn not_implemented(reason: &'static str, vendor: &'static str) -> Self {
        Self {
            status: GapStatus::NotImplemented,
            reason,
            vendor: Some(vendor),
        }
    }

    /// Nobody has looked.
    pub const fn unknown(reason: &'static str) -> Self {
        Self {
            status: GapStatus::Unknown,
            reason,
            vendor: None,
        }
    }
}
