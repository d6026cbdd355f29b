//! The matrix for programs. Keys are sorted.

use crate::matrix::Matrix;

pub(super) fn page(matrix: &Matrix) -> String {
    // Text keys and plain values only, so this cannot fail.
    let mut text = serde_json::to_string_pretty(matrix).unwrap_or_default();
    text.push('\n');
    text
}
