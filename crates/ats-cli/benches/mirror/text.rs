//! Figures and tables as text.

use crate::spread::Spread;

/// A table with its title; nothing if it has no rows.
pub(crate) fn table(
    title: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let mut text = format!(
        "{title}\n\n| {} |\n|{}\n",
        heads.join(" | "),
        "---|".repeat(heads.len())
    );
    let mut any = false;
    for row in rows {
        any = true;
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    if any { text } else { String::new() }
}

/// The median, and how far the runs went.
pub(crate) fn spread(spread: &Spread, show: fn(f64) -> String) -> String {
    if spread.runs < 2 {
        return show(spread.median);
    }
    format!(
        "{} ({} – {})",
        show(spread.median),
        show(spread.min),
        show(spread.max)
    )
}

/// A time that takes seconds.
pub(crate) fn seconds(figure: f64) -> String {
    format!("{figure:.2} s")
}

/// A time that takes milliseconds.
pub(crate) fn milliseconds(figure: f64) -> String {
    format!("{:.0} ms", figure * 1e3)
}

/// Bytes.
pub(crate) fn megabytes(figure: f64) -> String {
    format!("{:.1} MB", figure / 1e6)
}

/// How often one figure goes into another.
pub(crate) fn times(figure: f64) -> String {
    format!("{figure:.2} ×")
}

/// A whole number with a comma after every three digits.
pub(crate) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
