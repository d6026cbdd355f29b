//! Nobody real and nothing secret in the fixtures.

use super::{File, Problem};

/// Domains that belong to nobody, by RFC 2606.
const DOMAINS: [&str; 5] = [
    "example.com",
    "example.org",
    "example.net",
    "example",
    "test",
];

/// A run of this many letters and digits without a break is taken for a key.
const KEY_LENGTH: usize = 32;

/// E-mail addresses end in domains that belong to nobody.
pub(super) fn people(file: File<'_>) -> Vec<Problem> {
    if !file.path.starts_with("fixtures/") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        for domain in line.split('@').skip(1).map(domain) {
            let domain = domain.to_lowercase();
            let nobodys = DOMAINS
                .iter()
                .any(|allowed| domain == *allowed || domain.ends_with(&format!(".{allowed}")));
            // Without a dot it is no address, as in a handle or in a fixture of a broken one.
            if domain.contains('.') && !nobodys {
                problems
                    .push(file.problem(number, format!("an address at {domain}; use example.com")));
            }
        }
    }
    problems
}

fn domain(after: &str) -> &str {
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '.' && c != '-');
    after
        .get(..end.unwrap_or(after.len()))
        .unwrap_or("")
        .trim_end_matches('.')
}

/// Nothing that looks like a key.
pub(super) fn secrets(file: File<'_>) -> Vec<Problem> {
    if !file.path.starts_with("fixtures/") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in file.lines() {
        if has_credentials(line) {
            problems.push(file.problem(number, "looks like an authorization header"));
        }
        if line
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '+')
            .any(looks_like_key)
        {
            problems.push(file.problem(number, "looks like a key; use readable text"));
        }
    }
    problems
}

fn has_credentials(line: &str) -> bool {
    ["Bearer ", "Basic "].iter().any(|scheme| {
        let token = line
            .split_once(scheme)
            .map(|(_, rest)| rest.split('"').next().unwrap_or(""));
        token.is_some_and(|token| token.len() >= 12 && !token.contains(' '))
    })
}

/// Long, and both letters and digits: a word has no digits, a number no letters.
fn looks_like_key(run: &str) -> bool {
    run.len() >= KEY_LENGTH
        && run.contains(|c: char| c.is_ascii_digit())
        && run.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(text: &str) -> File<'_> {
        File {
            path: "fixtures/ashby/world/a.json",
            text,
        }
    }

    #[test]
    fn invented_people_are_fine() {
        let text = "\"ada@example.com, bo@mail.example.org\"\n\"not@anaddress\"\n\"@handle\"\n";
        assert_eq!(people(fixture(text)), []);
    }

    #[test]
    fn an_address_that_may_be_somebodys_is_found() {
        assert_eq!(
            people(fixture("\"ada@gmail.com\"\n\"a@notexample.com\"\n")).len(),
            2
        );
        let elsewhere = File {
            path: "docs/a.md",
            text: "ada@gmail.com",
        };
        assert_eq!(people(elsewhere), []);
    }

    #[test]
    fn ids_and_prose_are_no_secrets() {
        let text = "\"0a000000-0000-4000-8000-000000000001\"\n\"Basic knowledge of Rust\"\n";
        assert_eq!(secrets(fixture(text)), []);
    }

    #[test]
    fn keys_and_headers_are_found() {
        let key = format!("\"{}\"", "4f9a".repeat(10));
        assert_eq!(secrets(fixture(&key)).len(), 1);
        assert_eq!(secrets(fixture("\"Basic YWRhOnNlY3JldA==\"")).len(), 1);
    }
}
