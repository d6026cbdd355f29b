//! A type that reads the vendor's documents never writes them, and the other way round.
//!
//! A wire type that can also be serialised ends up in a test that compares our reading with our
//! writing, and that test cannot fail.

use super::{File, Problem};

/// `Wire*` types derive `Deserialize` and not `Serialize`; `*Request` types of a connector derive
/// `Serialize` at most.
pub(super) fn directions(file: File<'_>) -> Vec<Problem> {
    if !file.is_rust() || !file.path.starts_with("crates/") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut derives = String::new();
    let mut in_derive = false;
    for (number, line) in file.lines() {
        let line = line.trim();
        if line.starts_with("#[derive(") {
            in_derive = true;
        }
        if in_derive {
            derives.push_str(line);
            in_derive = !line.ends_with(")]");
            continue;
        }
        if line.starts_with("#[") || line.starts_with("//") {
            continue;
        }
        if let Some(name) = type_name(line) {
            problems.extend(judge(name, &derives).map(|message| file.problem(number, message)));
        }
        derives.clear();
    }
    problems
}

fn judge(name: &str, derives: &str) -> Option<String> {
    let has = |wanted: &str| {
        derives
            .split(|c: char| !c.is_alphanumeric())
            .any(|derived| derived == wanted)
    };
    if is_wire(name) && has("Serialize") {
        return Some(format!(
            "{name} reads the vendor's documents and must not derive Serialize"
        ));
    }
    if is_wire(name) && !has("Deserialize") {
        return Some(format!(
            "{name} is called a wire type but does not derive Deserialize"
        ));
    }
    if name.ends_with("Request") && has("Deserialize") {
        return Some(format!(
            "{name} is sent to the vendor and must not derive Deserialize"
        ));
    }
    None
}

fn is_wire(name: &str) -> bool {
    name.strip_prefix("Wire")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()))
}

/// The name of the type that the line declares.
fn type_name(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub"));
    if !matches!(words.next(), Some("struct" | "enum")) {
        return None;
    }
    let rest = words.next()?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<String> {
        let file = File {
            path: "crates/ats-a/src/models/b.rs",
            text,
        };
        directions(file)
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    #[test]
    fn each_direction_alone_is_fine() {
        let text = "#[derive(Debug, Deserialize)]\n#[serde(rename_all = \"camelCase\")]\n\
                    pub(crate) struct WireUser<'a> {}\n#[derive(Serialize)]\nstruct CreateRequest {}\n\
                    struct Wired;\n#[derive(Serialize, Deserialize)]\npub struct Checkpoint(String);\n";
        assert_eq!(check(text), Vec::<String>::new());
    }

    #[test]
    fn both_directions_fail() {
        let text = "#[derive(\n    Deserialize,\n    Serialize,\n)]\nstruct WireUser {}\n\
                    #[derive(Deserialize)]\nenum CreateRequest {}\n\nstruct WireTag {}\n";
        let found = check(text);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
