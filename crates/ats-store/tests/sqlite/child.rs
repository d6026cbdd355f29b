//! The test binary once more, as another process that plays a part in a test.
//!
//! A part is a test that does nothing unless the environment tells it to play.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
};

use ats_store::{Store, sqlite::SqliteStore};

use crate::{
    Folder,
    suite::{
        build::{bundle, candidate, integration},
        mirror::Mirror,
    },
};

/// The database that a part is played on.
const FILE: &str = "ATS_TEST_CHILD_FILE";

/// Somebody without any rights.
const NOBODY: u32 = 65534;

/// Starts the part `name`, a test of this file.
pub(crate) fn start(name: &str, file: &Path) -> Child {
    command(&std::env::current_exe().unwrap(), name, file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Plays a part to its end, and gives the lines that it says with a mark before them. A person who
/// may do everything plays it as somebody who may not.
pub(crate) fn play_without_rights(name: &str, file: &Path) -> Vec<String> {
    let folder = file.parent().unwrap();
    let output = if fs::metadata(folder).unwrap().uid() == 0 {
        // They may not even come to where the program is; this leads them into it by another door.
        let mut command = command(Path::new("/proc/self/exe"), name, file);
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
        command.output().unwrap()
    } else {
        command(&std::env::current_exe().unwrap(), name, file)
            .output()
            .unwrap()
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().filter_map(said).collect()
}

/// Waits until a child says something.
pub(crate) fn hear(child: &mut Child) -> String {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let mut said = lines.map_while(Result::ok).filter_map(|line| said(&line));
    said.next().unwrap()
}

fn said(line: &str) -> Option<String> {
    Some(line.split_once("says: ")?.1.to_owned())
}

fn command(program: &Path, name: &str, file: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--exact", &format!("child::{name}"), "--nocapture"])
        .env(FILE, file);
    command
}

fn part() -> Option<SqliteStore> {
    let file = std::env::var_os(FILE)?;
    Some(SqliteStore::open(Path::new(&file)).unwrap())
}

#[test]
fn opens_the_file() {
    if let Some(file) = std::env::var_os(FILE) {
        match SqliteStore::open(Path::new(&file)) {
            Ok(_) => println!("says: it is open"),
            Err(error) => println!("says: {error}"),
        }
    }
}

#[test]
fn locks_the_file() {
    if let Some(store) = part() {
        match store.lock(&integration("first").id, "nobody") {
            Ok(_) => println!("says: it is locked"),
            Err(error) => println!("says: {error}"),
        }
    }
}

#[test]
fn locks_and_waits() {
    if let Some(store) = part() {
        let id = integration("first").id;
        let _guard = store.lock(&id, "the other process").unwrap();
        println!("says: locked");
        wait_for_the_end();
    }
}

fn wait_for_the_end() {
    loop {
        std::thread::park();
    }
}

/// Each commit has as many bundles as records, and a cursor that tells how many commits there were.
#[test]
fn commits_for_ever() {
    if let Some(store) = part() {
        let mirror = Mirror::named(&store, "first");
        let walk = mirror.walk("candidates");
        println!("says: committing");
        for number in 1_u64.. {
            let row = |place: u64| {
                let id = (number * 10 + place).to_string();
                bundle(&id, &id.repeat(200)).gives(candidate(&id).with("title", id.repeat(100)))
            };
            let page = mirror.page("candidates").list((0..10).map(row).collect());
            page.goes_on(walk, &number.to_string()).commit();
        }
    }
}

#[test]
fn a_child_says_what_it_is_told_to() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let mut child = start("opens_the_file", &folder.file());
    assert_eq!(hear(&mut child), "it is open");
    child.wait().unwrap();
}
