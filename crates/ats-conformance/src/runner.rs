//! Runs the plans of all connectors as tests, and writes the support matrix after a whole green run.

use std::{collections::BTreeMap, env, fs, io, path::PathBuf, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    Case, Context, Failure, Harness,
    evidence::Entry,
    laws::{Law, laws},
    matrix::Matrix,
    plan::plan,
    render, snapshot,
};

/// Where the matrix and the guides are written; without it none are.
const FOLDER: &str = "ATS_COVERAGE_DIR";

/// Runs the suite of every connector in `connectors`. One without a harness is red.
///
/// The matrix is written to the folder that `ATS_COVERAGE_DIR` names, after a run that was whole
/// and green and in which no snapshot was accepted unseen.
pub fn main(connectors: &[&str], harnesses: Vec<Arc<dyn Harness>>) -> ExitCode {
    let arguments = Arguments::from_args();
    let (contexts, trials) = match trials(connectors, harnesses) {
        Ok(made) => made,
        Err(error) => {
            eprintln!("cannot start the conformance suite: {error}");
            return ExitCode::FAILURE;
        }
    };
    let conclusion = libtest_mimic::run(&arguments, trials);
    let is_whole =
        conclusion.num_filtered_out == 0 && conclusion.num_ignored == 0 && !arguments.list;
    if conclusion.has_failed() || !is_whole {
        return conclusion.exit_code();
    }
    match conclude(&contexts) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            eprintln!("every case passed, and yet:\n{problems}");
            ExitCode::FAILURE
        }
    }
}

fn trials(
    connectors: &[&str],
    harnesses: Vec<Arc<dyn Harness>>,
) -> io::Result<(Vec<Arc<Context>>, Vec<Trial>)> {
    let mut contexts = Vec::new();
    let mut trials = Vec::new();
    for slug in connectors {
        let Some(harness) = harnesses.iter().find(|harness| harness.slug() == *slug) else {
            let failure = Failure::of(format_args!("the connector {slug} is put to the proof"))
                .expected("a harness of this name", "the registry of connectors")
                .came("none")
                .hint("add one beside the others, under the tests of the registry");
            trials.push(red(&format!("{slug}::meta::harness"), &failure));
            continue;
        };
        let context = Arc::new(Context::new(Arc::clone(harness), laws())?);
        let cases = plan(&context);
        if cases.is_empty() {
            let failure = Failure::of(format_args!("the connector {slug} is put to the proof"))
                .expected("at least one case", "the plan")
                .came("none");
            trials.push(red(&format!("{slug}::meta::plan"), &failure));
        }
        trials.extend(cases.into_iter().map(|case| trial(&context, case)));
        contexts.push(context);
    }
    Ok((contexts, trials))
}

fn red(id: &str, failure: &Failure) -> Trial {
    let message = failure.message(id);
    Trial::test(id, move || Err(Failed::from(message)))
}

fn trial(context: &Arc<Context>, case: Case) -> Trial {
    let context = Arc::clone(context);
    Trial::test(case.id.clone(), move || {
        run(&context, case).map_err(Failed::from)
    })
}

fn run(context: &Context, case: Case) -> Result<(), String> {
    let Case { id, claims, run } = case;
    let result = run(context).map_err(|failure| failure.message(&id));
    let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
    context.ledger().write(&id, claims, result);
    outcome
}

/// Runs the cases of `harness` whose id `wanted` accepts, bound by `laws`, and gives back what each
/// left behind.
///
/// # Errors
///
/// When the system gives no threads.
pub fn prove(
    harness: Arc<dyn Harness>,
    laws: Vec<Law>,
    wanted: impl Fn(&str) -> bool,
) -> io::Result<BTreeMap<String, Entry>> {
    let context = Context::new(harness, laws)?;
    for case in plan(&context) {
        if wanted(&case.id) {
            // The outcome is in the ledger.
            let _outcome = run(&context, case);
        }
    }
    Ok(context.ledger().read())
}

/// What follows a whole green run: every claim must be proven, and the matrix is written.
fn conclude(contexts: &[Arc<Context>]) -> Result<(), String> {
    let mut matrices = Vec::new();
    for context in contexts {
        let matrix = Matrix::of(context).map_err(|unproven| unproven.join("\n"))?;
        snapshot::compare(context, "matrix", &matrix.lines())
            .map_err(|failure| failure.message(&format!("{}::", matrix.connector)))?;
        matrices.push(matrix);
    }
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return Ok(());
    };
    if let Some(name) = accepts_unseen() {
        return Err(format!(
            "{name} accepts snapshots unseen, so that no matrix is written; unset it"
        ));
    }
    write(&folder, &matrices).map_err(|error| format!("cannot write to {FOLDER}: {error}"))
}

/// The variable by which a run would accept changed snapshots, if one is set.
fn accepts_unseen() -> Option<&'static str> {
    let set = |name: &&str| env::var(name).is_ok_and(|value| !value.is_empty() && value != "no");
    ["INSTA_UPDATE", "INSTA_FORCE_PASS"].into_iter().find(set)
}

fn write(folder: &std::path::Path, matrices: &[Matrix]) -> io::Result<()> {
    for (name, text) in render::files(matrices) {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Toy;

    #[test]
    fn a_connector_without_a_harness_is_red() {
        let (contexts, trials) = trials(&["ghost"], vec![Arc::new(Toy)]).unwrap();
        assert!(contexts.is_empty());
        let names: Vec<&str> = trials.iter().map(Trial::name).collect();
        assert_eq!(names, ["ghost::meta::harness"]);
    }

    #[test]
    fn a_run_without_cases_proves_nothing() {
        let context = Context::new(Arc::new(Toy), Vec::new()).unwrap();
        let unproven = Matrix::of(&context).unwrap_err();
        for claim in [
            "candidates.first_name",
            "tags",
            "feature delta_syncs",
            "candidates.id",
        ] {
            let named = |line: &&String| line.starts_with(&format!("{claim}:"));
            assert!(
                unproven.iter().any(|line| named(&line)),
                "{claim} is not among {unproven:#?}"
            );
        }
    }

    #[test]
    fn the_same_evidence_gives_the_same_bytes() {
        let pages = || {
            let context = Context::new(Arc::new(Toy), laws()).unwrap();
            for case in plan(&context) {
                run(&context, case).unwrap();
            }
            render::files(&[Matrix::of(&context).unwrap()])
        };
        let (first, second) = (pages(), pages());
        assert_eq!(
            Vec::from_iter(first.keys()),
            [
                "support/README.md",
                "support/toy.html",
                "support/toy.json",
                "support/toy.md",
                "toy/README.md",
                "toy/create_credentials.md",
            ]
        );
        assert!(first == second, "two runs differ");
        let json: serde_json::Value = serde_json::from_str(&first["support/toy.json"]).unwrap();
        let source = &json["models"]["candidates"]["fields"]["first_name"]["source"];
        assert_eq!(
            *source,
            serde_json::json!(["candidate.list:/results/*/firstName"])
        );
        let links = ["src=", "<link", "@import", "url("];
        assert!(
            !links
                .iter()
                .any(|link| first["support/toy.html"].contains(link)),
            "the page stands alone"
        );
        let row = "| Sources | | candidates (source) | | |";
        let guide = &first["toy/create_credentials.md"];
        assert!(
            guide.contains(row),
            "a box says what it is good for: {guide}"
        );
    }
}
