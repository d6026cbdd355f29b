//! One name in the spellings that the stubs need.

use anyhow::{Result, ensure};

/// A connector's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    words: Vec<String>,
}

impl Name {
    /// Checks a name given in lower case, words joined by `-`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let words: Vec<String> = text.split('-').map(str::to_owned).collect();
        let is_word = |word: &String| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        ensure!(
            words.iter().all(is_word),
            "`{text}` is no name for a crate; use lower case words joined by `-`, such as `smart-recruiters`"
        );
        Ok(Self { words })
    }

    /// As in `smart-recruiters`.
    pub(super) fn slug(&self) -> String {
        self.words.join("-")
    }

    /// As in `smart_recruiters`.
    pub(super) fn ident(&self) -> String {
        self.words.join("_")
    }

    /// As in `Smart Recruiters`; the vendor may write itself otherwise.
    pub(super) fn name(&self) -> String {
        self.capitalised().join(" ")
    }

    fn capitalised(&self) -> Vec<String> {
        let capitalise = |word: &String| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        };
        self.words.iter().map(capitalise).collect()
    }

    /// Fills the name into a template.
    pub(super) fn fill(&self, template: &str) -> String {
        template
            .replace("{{slug}}", &self.slug())
            .replace("{{ident}}", &self.ident())
            .replace("{{Type}}", &self.capitalised().concat())
            .replace("{{Name}}", &self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_four_spellings() {
        let name = Name::parse("smart-recruiters").unwrap();
        let filled = name.fill("{{slug}} {{ident}} {{Type}} {{Name}}");
        assert_eq!(
            filled,
            "smart-recruiters smart_recruiters SmartRecruiters Smart Recruiters"
        );
    }

    #[test]
    fn what_cannot_be_a_crate_is_refused() {
        for text in ["", "Greenhouse", "a--b", "-a", "1a", "a_b", "../a", "grün"] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
    }
}
