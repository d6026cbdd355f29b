//! A folder with a database, a simulated vendor, and the program to run on both.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use ats_simulator::{Options, Simulator, World, ashby};
use serde_json::Value;
use tempfile::TempDir;

/// The name of the variable that holds the key.
pub(crate) const KEY: &str = "TEST_KEY";

/// The tables of the contract, all sixteen.
pub(crate) const MODELS: [&str; 16] = [
    "users",
    "tags",
    "rejection_reasons",
    "application_stages",
    "jobs",
    "job_postings",
    "screening_questions",
    "candidates",
    "applications",
    "interviews",
    "offers",
    "candidate_tags",
    "job_application_stages",
    "job_screening_questions",
    "job_hiring_team_members",
    "interviewing_team_members",
];

/// Everything that a test works with.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) simulator: Simulator,
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The one document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no single JSON document: {error}\n{self:?}"))
    }

    /// The same, of a run that did everything.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.json()
    }

    /// The text of a run for people that did everything.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        assert_eq!(self.code, Some(0), "{self:?}");
        &self.stdout
    }

    /// The message of a failure with this exit code and this word.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, word: &str) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        let document = self.json();
        assert_eq!(document["error"]["code"], word, "{self:?}");
        document["error"]["message"].as_str().unwrap().to_owned()
    }
}

/// Starts a simulated vendor.
pub(crate) fn simulator(world: World, options: Options) -> Simulator {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(Simulator::start(world, options)).unwrap()
}

impl Bench {
    /// With the small world of the fixtures, at five rows a page.
    pub(crate) fn small() -> Self {
        Self::of(ashby::small_world(), Options::default())
    }

    pub(crate) fn of(world: World, options: Options) -> Self {
        let options = Options {
            page_size_cap: options.page_size_cap.or(Some(5)),
            ..options
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            simulator: simulator(world, options),
        }
    }

    /// The small world, connected as `acme`.
    pub(crate) fn connected() -> Self {
        let bench = Self::small();
        bench.connect("acme");
        bench
    }

    /// The small world, connected as `acme` and read once.
    pub(crate) fn synced() -> Self {
        let bench = Self::connected();
        let report = bench.json(&["sync", "acme"]).ok();
        assert_eq!(report["state"], "SUCCEEDED");
        bench
    }

    #[track_caller]
    pub(crate) fn connect(&self, name: &str) -> Value {
        self.connect_to(name, "production")
    }

    #[track_caller]
    pub(crate) fn connect_to(&self, name: &str, environment: &str) -> Value {
        let url = self.simulator.base_url();
        let arguments = ["connect", "ashby", "--name", name, "--base-url", &url];
        let more = ["--environment", environment, "--api-key-env", KEY];
        self.json(&[&arguments[..], &more].concat()).ok()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path("ats.db")
    }

    /// The program in the folder, with the key in a variable and nothing else from outside.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command.args(arguments).env(KEY, self.simulator.key());
        command
    }

    /// Runs the program for people.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments), b"")
    }

    /// Runs the program for machines.
    pub(crate) fn json(&self, arguments: &[&str]) -> Ended {
        ended(self.command(&[arguments, &["--json"]].concat()), b"")
    }

    /// Starts the program and lets it run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// How many requests were answered so far.
    pub(crate) fn requests(&self) -> usize {
        self.simulator.log().len()
    }

    /// How many requests to one endpoint were answered so far.
    pub(crate) fn requests_to(&self, endpoint: &str) -> u64 {
        let log = self.simulator.log();
        let to = log.iter().filter(|exchange| exchange.endpoint == endpoint);
        to.count() as u64
    }

    /// Waits until so many requests were answered. Fails if the program ends before.
    pub(crate) fn wait_for_requests(&self, count: usize, child: &mut Child) {
        while self.requests() < count {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "it ended after {} requests",
                self.requests()
            );
            std::thread::yield_now();
        }
    }

    /// Every record of every model as it is exported, by model and id, without the moments of
    /// this machine.
    pub(crate) fn mirror(&self) -> BTreeMap<(String, String), Value> {
        let mut mirror = BTreeMap::new();
        for model in MODELS {
            let lines = self.run(&["export", "acme", model]);
            for line in lines.text().lines() {
                let mut record: Value = serde_json::from_str(line).unwrap();
                let fields = record.as_object_mut().unwrap();
                fields.remove("changed_at").unwrap();
                let id = record["id"].as_str().unwrap().to_owned();
                mirror.insert((model.to_owned(), id), record);
            }
        }
        mirror
    }
}

/// The program in a folder, with an environment of its own.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ats"));
    command.current_dir(folder);
    for variable in ["ATS_DATABASE", "ATS_ENCRYPTION_KEY", "ATS_LOG"] {
        command.env_remove(variable);
    }
    // A proxy of the machine would take requests to loopback away.
    command.env("NO_PROXY", "127.0.0.1");
    command
}

/// Runs a command to its end, with this on its standard input.
pub(crate) fn ended(mut command: Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who does not read its input closes it early.
    let _ = child.stdin.take().unwrap().write_all(input);
    end_of(child)
}

/// Waits for the end of what was started.
pub(crate) fn end_of(child: Child) -> Ended {
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Presses Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}
