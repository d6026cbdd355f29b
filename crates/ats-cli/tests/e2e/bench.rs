//! The server that all trials share: the program itself, with simulated vendors behind it.
//!
//! Each SDK has an integration of its own, which it may change and remove. The faulty ones are only
//! asked, so that all share them.

use std::{
    any::Any,
    fs::File,
    io::{BufRead, BufReader},
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread,
    time::Duration,
};

use ats_simulator::{Fault, FaultKind, KeySpec, Options, Simulator, World, ashby};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{sdk::SDKS, tools::Tools};

/// The name of the variable that holds a vendor's key.
const KEY: &str = "TEST_KEY";

/// The word that lets a person in at the pages.
const PASSWORD: &str = "open sesame";

/// How many candidates the large organisation has: more than the largest page holds.
const MANY: usize = 300;

/// The lists and the models they show.
const LISTS: [(&str, &str); 9] = [
    ("users", "users"),
    ("jobs", "jobs"),
    ("candidates", "candidates"),
    ("applications", "applications"),
    ("application_stages", "application_stages"),
    ("tags", "tags"),
    ("interviews", "interviews"),
    ("offers", "offers"),
    ("rejection_reasons", "rejection_reasons"),
];

/// The bench, made when the first trial asks for it.
#[derive(Debug, Default)]
pub(crate) struct Shared(OnceLock<Result<Bench, String>>);

impl Shared {
    pub(crate) fn bench(&self, tools: &Tools) -> Result<&Bench, String> {
        let made = self.0.get_or_init(|| {
            let start = AssertUnwindSafe(|| Bench::start(tools));
            panic::catch_unwind(start).map_err(|panic| said(&*panic))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the server did not start: {}", text.unwrap_or("?"))
}

/// A server with everything behind it.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Where it listens.
    pub(crate) base: String,
    /// What the checks are told, without what each is told alone.
    told: Value,
    server: Child,
    /// They answer for as long as they are kept.
    _simulators: Vec<Simulator>,
    folder: TempDir,
}

impl Bench {
    fn start(tools: &Tools) -> Self {
        let mut making = Making {
            folder: tempfile::tempdir().unwrap(),
            simulators: Vec::new(),
        };
        let mut own = serde_json::Map::new();
        for sdk in SDKS {
            own.insert(sdk.name.to_owned(), making.whole(sdk.name, small()));
        }
        for name in ["fuzzed", "spare", "shown"] {
            own.insert(name.to_owned(), making.whole(name, small()));
        }
        let large = making.whole("large", ashby::generated_world(5, MANY));
        let faulty = making.faulty();
        let key = making.api_key("production");
        let other = making.api_key("development");
        let candidate = making.vendor(small());
        let vendor = &making.simulators[candidate];
        let weak = weak(vendor);
        let vendor =
            json!({ "base_url": vendor.base_url(), "key": vendor.key(), "weak_key": weak });
        let (server, base) = making.serve(tools);
        let told = json!({
            "server": format!("{base}/v1"), "base": base, "key": key, "other_key": other,
            "own": own, "large": large, "faulty": faulty, "vendor": vendor,
            "password": PASSWORD,
        });
        Self {
            base,
            told,
            server,
            _simulators: making.simulators,
            folder: making.folder,
        }
    }

    /// A file that tells a program what to check; `name` is the integration that is its own.
    pub(crate) fn plan(&self, name: &str) -> PathBuf {
        let mut told = self.told.clone();
        let own = told["own"][name].take();
        told["own"] = own;
        told["name"] = name.into();
        let file = self.folder.path().join(format!("{name}.json"));
        std::fs::write(&file, told.to_string()).unwrap();
        file
    }

    /// A member of what is told.
    pub(crate) fn told(&self, pointer: &str) -> &Value {
        self.told.pointer(pointer).expect("it is told")
    }

    /// The same as text.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.told(pointer).as_str().expect("it is text")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.server);
        // It is gone already if this fails.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = self.server.wait();
    }
}

/// What is set up before the server runs.
struct Making {
    folder: TempDir,
    simulators: Vec<Simulator>,
}

impl Making {
    /// A simulated vendor; the place in the list.
    fn vendor(&mut self, world: World) -> usize {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let simulator = runtime.block_on(Simulator::start(world, Options::default()));
        self.simulators.push(simulator.unwrap());
        self.simulators.len() - 1
    }

    /// The program in the folder, with nothing from outside.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ats"));
        command.current_dir(self.folder.path()).args(arguments);
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("ATS_") {
                command.env_remove(variable);
            }
        }
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    /// Runs it to its end and reads what it prints.
    fn run(&self, arguments: &[&str], key: &str) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        let output = self.program(&arguments).env(KEY, key).output().unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Connects a vendor; the id of the integration.
    fn connect(&self, name: &str, base_url: &str, key: &str) -> String {
        let arguments = ["connect", "ashby", "--name", name, "--api-key-env", KEY];
        let connected = self.run(&[&arguments[..], &["--base-url", base_url]].concat(), key);
        connected["id"].as_str().unwrap().to_owned()
    }

    /// An integration that was read once, and how many records each list must show.
    fn whole(&mut self, name: &str, world: World) -> Value {
        let (id, _) = self.synced(name, world);
        let ids = |model: &str| -> Vec<Value> {
            let output = self.program(&["export", name, model]).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            let lines = output.stdout.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !line.is_empty());
            let records = lines.map(|line| serde_json::from_slice::<Value>(line).unwrap());
            records.map(|mut record| record["id"].take()).collect()
        };
        let all = LISTS.map(|(list, model)| (list, ids(model)));
        let counts = all
            .iter()
            .map(|(list, ids)| ((*list).to_owned(), ids.len().into()));
        let counts = serde_json::Map::from_iter(counts);
        let few = all.iter().map(|(list, ids)| {
            let few = ids.iter().take(5).cloned().collect();
            ((*list).to_owned(), Value::Array(few))
        });
        json!({ "id": id, "counts": counts, "ids": serde_json::Map::from_iter(few) })
    }

    fn synced(&mut self, name: &str, world: World) -> (String, usize) {
        let vendor = self.vendor(world);
        let simulator = &self.simulators[vendor];
        let (base_url, key) = (simulator.base_url(), simulator.key());
        let id = self.connect(name, &base_url, &key);
        self.run(&["sync", name], "");
        (id, vendor)
    }

    /// Integrations with which something is wrong, by what it is.
    fn faulty(&mut self) -> Value {
        let mut made = serde_json::Map::new();
        let faults = [
            ("slow", None, FaultKind::Delay(Duration::from_millis(500))),
            (
                "limited",
                None,
                FaultKind::TooMany {
                    retry_after: Some("86400".to_owned()),
                    scope: None,
                },
            ),
            ("strange", None, FaultKind::Html),
            (
                "refusing",
                Some("candidate.addTag"),
                FaultKind::SuccessFalse {
                    code: "invalid_input".to_owned(),
                    http: 200,
                },
            ),
        ];
        for (name, endpoint, kind) in faults {
            let (id, vendor) = self.synced(name, small());
            let fault = Fault {
                endpoint: endpoint.map(str::to_owned),
                skip: 0,
                times: u32::MAX,
                kind,
            };
            self.simulators[vendor].inject(fault);
            made.insert(name.to_owned(), id.into());
        }
        let vendor = self.vendor(small());
        let simulator = &self.simulators[vendor];
        let (base_url, weak) = (simulator.base_url(), weak(simulator));
        let dead = simulator.add_key(KeySpec::new("Dead", Simulator::all_permissions()));
        for (name, key) in [("weak", &weak), ("dead", &dead)] {
            made.insert(name.to_owned(), self.connect(name, &base_url, key).into());
            self.run(&["sync", name], "");
        }
        self.simulators[vendor].deactivate(&dead);
        let unread = self.connect("unread", &base_url, &self.simulators[vendor].key());
        made.insert("unread".to_owned(), unread.into());
        let (down, vendor) = self.synced("down", small());
        made.insert("down".to_owned(), down.into());
        self.simulators.remove(vendor);
        let (scoped, _) = self.synced("scoped", small());
        let off = ["ats_offers=disabled", "ats_add_candidate_tag=disabled"];
        self.run(&[&["scopes", "create", "lean"][..], &off[..]].concat(), "");
        self.run(&["integrations", "set", "scoped", "scope_config=lean"], "");
        self.run(&["custom-fields", "add", "ats_candidates", "notice"], "");
        made.insert("scoped".to_owned(), scoped.into());
        made.into()
    }

    fn api_key(&self, environment: &str) -> String {
        let arguments = ["api-keys", "create", "--name", "e2e"];
        let arguments = [&arguments[..], &["--environment", environment]].concat();
        let made = self.run(&arguments, "");
        made["key"].as_str().unwrap().to_owned()
    }

    /// Starts the server and waits until it is ready.
    fn serve(&self, tools: &Tools) -> (Child, String) {
        let arguments = ["serve", "--bind", "127.0.0.1:0", "--no-schedule"];
        let mut command = self.program(&[&arguments[..], &["--allow-private-network"]].concat());
        let log = File::create(tools.kept("serve.log")).unwrap();
        command.env("ATS_OPERATOR_PASSWORD", PASSWORD);
        command.stdout(Stdio::piped()).stderr(log);
        let mut server = command.spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| {
            let line = line.unwrap();
            Some(line.strip_prefix("listening on ")?.trim().to_owned())
        });
        let Some(base) = ready else {
            let ended = server.wait();
            panic!("it ended before it was ready: {ended:?}; target/e2e/serve.log says more");
        };
        // What it prints later is read too, or it would wait one day.
        thread::spawn(move || lines.count());
        (server, base)
    }
}

fn small() -> World {
    ashby::small_world()
}

/// A key that may read and do nothing.
fn weak(simulator: &Simulator) -> String {
    let all = Simulator::all_permissions().into_iter();
    let reading = all.filter(|permission| permission.ends_with("Read"));
    simulator.add_key(KeySpec::new("Weak", reading))
}
