//! A full disk and a read-only file system, each on a mount of its own.
//!
//! Mounting needs rights of its own, within a namespace that nobody else sees. Where they are not
//! given, these tests are reported as ignored, with the reason in their names.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may panic"
)]

use std::{
    path::Path,
    process::{Command, ExitCode, Output, Stdio},
};

use ats_simulator::{Options, Simulator, ashby};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let tests: [(&str, fn()); 3] = [
        (
            "a_full_disk_stops_a_pass_and_the_next_run_carries_on",
            full_disk,
        ),
        (
            "a_full_disk_keeps_no_half_of_a_new_database",
            full_disk_at_first,
        ),
        ("a_read_only_file_system_is_named", read_only),
    ];
    let unshare = unshare();
    let trials = tests.into_iter().map(|(name, test)| {
        let name = match unshare {
            Some(_) => name.to_owned(),
            None => format!("{name} (nothing can be mounted here)"),
        };
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
        .with_ignored_flag(unshare.is_none())
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The arguments of `unshare` with which something can be mounted here.
fn unshare() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let works = |way: &&[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let mount = format!("mount -t tmpfs tmpfs {}", folder.path().display());
        let mut command = Command::new("unshare");
        command.args(*way).args(["sh", "-c", &mount]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    ways.into_iter().find(works)
}

/// A simulated vendor, and a folder in which a script works. `disk` in it is a file system alone.
struct Bench {
    folder: TempDir,
    simulator: Simulator,
}

impl Bench {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let world = ashby::generated_world(9, 200);
        let simulator = runtime.block_on(Simulator::start(world, Options::default()));
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        Self {
            folder,
            simulator: simulator.unwrap(),
        }
    }

    /// Runs a script. What `ats` prints goes into files that the script names.
    fn run(&self, script: &str) {
        let mut command = Command::new("unshare");
        command.args(unshare().expect("only run where it works"));
        let prelude = "set -u
            sync='sync acme --json'
            connect='connect ashby --name acme --api-key-env TEST_KEY --json'
            size() { mount -o remount,size=$1 disk; }
            mount -t tmpfs -o size=64m tmpfs disk\n";
        command.args(["sh", "-c", &format!("{prelude}{script}")]);
        command.current_dir(self.folder.path());
        command.env("ats", env!("CARGO_BIN_EXE_ats"));
        command.env("url", self.simulator.base_url());
        command.env("TEST_KEY", self.simulator.key());
        command.env("ATS_DATABASE", "sqlite://disk/ats.db");
        command.env_remove("ATS_ENCRYPTION_KEY");
        command.env("NO_PROXY", "127.0.0.1");
        let Output { status, stderr, .. } = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.success(), "{stderr}");
    }

    fn document(&self, file: &str) -> Value {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{file} holds no JSON: {text}"))
    }

    fn code(&self, file: &str) -> String {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        text.trim().to_owned()
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(file)
    }

    #[track_caller]
    fn failed(&self, name: &str, code: &str) {
        let document = self.document(&format!("{name}.json"));
        assert_eq!(document["error"]["code"], code, "{document}");
        assert_eq!(self.code(&format!("{name}.code")), "1", "{document}");
    }
}

fn full_disk() {
    let bench = Bench::new();
    bench.run(
        "size 1700k
         $ats $connect --base-url $url > connected.json || exit 1
         $ats $sync > full.json; echo $? > full.code
         size 64m
         $ats $sync > later.json; echo $? > later.code
         $ats export acme candidates > candidates.jsonl",
    );
    bench.failed("full", "disk_full");
    let later = bench.document("later.json");
    assert_eq!(bench.code("later.code"), "0", "{later}");
    assert_eq!(
        (&later["state"], &later["resumed"]),
        (&"SUCCEEDED".into(), &1.into())
    );
    let lines = std::fs::read_to_string(bench.path("candidates.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 200);
}

fn full_disk_at_first() {
    let bench = Bench::new();
    bench.run(
        "size 100k
         $ats $connect --base-url $url > full.json; echo $? > full.code
         size 64m
         $ats $connect --base-url $url > later.json; echo $? > later.code",
    );
    bench.failed("full", "disk_full");
    let later = bench.document("later.json");
    assert_eq!(bench.code("later.code"), "0", "{later}");
}

fn read_only() {
    let bench = Bench::new();
    bench.run(
        "$ats $connect --base-url $url > connected.json || exit 1
         mount -o remount,ro disk
         $ats $sync > sync.json; echo $? > sync.code
         $ats status --json > status.json; echo $? > status.code
         export ATS_DATABASE=sqlite://disk/new.db
         $ats $connect --base-url $url > new.json; echo $? > new.code
         mount -o remount,rw disk
         export ATS_DATABASE=sqlite://disk/ats.db
         $ats $sync > later.json; echo $? > later.code",
    );
    for name in ["sync", "status", "new"] {
        bench.failed(name, "read_only");
    }
    assert_eq!(bench.code("later.code"), "0");
}
