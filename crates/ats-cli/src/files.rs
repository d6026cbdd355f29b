//! One file of JSON lines for each model, written in constant memory.
//!
//! A file gets its final name only when everything that belongs in it was read: a model that could
//! not be read leaves no file that looks complete, not even an empty one.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use ats_core::{Envelope, Id, IntegrationId, ModelKind, Record, Timestamp};
use serde::Serialize;

/// Ending of a file that is not complete.
const PARTIAL: &str = "jsonl.partial";

/// The files of one reading.
#[derive(Debug)]
pub(crate) struct Files {
    folder: PathBuf,
    models: BTreeMap<ModelKind, ModelFile>,
    integration: IntegrationId,
    now: Timestamp,
}

/// The file of one model.
#[derive(Debug)]
struct ModelFile {
    path: PathBuf,
    writer: BufWriter<File>,
    /// Hashes of the ids written, eight bytes each: enough to suspect a repetition.
    written: HashSet<u64>,
    /// Lines of records that came again; the last one wins when the file is finished.
    repeated: HashMap<Id, String>,
}

impl Files {
    /// Opens a file for each model in `folder`, and takes away what an earlier reading left there.
    pub(crate) fn create(
        folder: &Path,
        integration: IntegrationId,
        now: Timestamp,
    ) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut models = BTreeMap::new();
        for kind in ModelKind::ALL {
            remove_if_there(&final_path(folder, *kind))?;
            let path = folder.join(kind.name()).with_extension(PARTIAL);
            let writer = BufWriter::new(File::create(&path)?);
            let file = ModelFile {
                path,
                writer,
                written: HashSet::new(),
                repeated: HashMap::new(),
            };
            models.insert(*kind, file);
        }
        Ok(Self {
            folder: folder.to_owned(),
            models,
            integration,
            now,
        })
    }

    /// Writes a record and the join records on it.
    pub(crate) fn write(&mut self, record: Record) -> io::Result<()> {
        for join in record.joins() {
            self.write_one(join)?;
        }
        self.write_one(record)
    }

    fn write_one(&mut self, record: Record) -> io::Result<()> {
        let kind = record.kind();
        let remote_deleted_at = record.archived().then_some(self.now);
        let (id, record) = record.identify(&self.integration);
        let envelope = Envelope {
            id,
            record,
            changed_at: self.now,
            remote_deleted_at,
        };
        match self.models.get_mut(&kind) {
            Some(file) => file.write(id, &envelope),
            None => Ok(()),
        }
    }

    /// Gives the complete models their final names, and counts their records. The others keep a
    /// name that says that they are not complete, or go if they are empty.
    pub(crate) fn finish(
        self,
        is_complete: impl Fn(ModelKind) -> bool,
    ) -> io::Result<BTreeMap<ModelKind, u64>> {
        let mut counts = BTreeMap::new();
        for (kind, file) in self.models {
            let path = file.path.clone();
            let count = file.finish()?;
            if is_complete(kind) {
                fs::rename(&path, final_path(&self.folder, kind))?;
            } else if count == 0 {
                fs::remove_file(&path)?;
            }
            counts.insert(kind, count);
        }
        Ok(counts)
    }
}

impl ModelFile {
    fn write<T: Serialize>(&mut self, id: Id, record: &T) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        if self.written.insert(hasher.finish()) {
            serde_json::to_writer(&mut self.writer, record)?;
            return self.writer.write_all(b"\n");
        }
        self.repeated.insert(id, serde_json::to_string(record)?);
        Ok(())
    }

    fn finish(mut self) -> io::Result<u64> {
        self.writer.flush()?;
        let mut count = self.written.len() as u64;
        if self.repeated.is_empty() {
            return Ok(count);
        }
        let rewritten = self.path.with_extension("rewritten");
        let mut writer = BufWriter::new(File::create(&rewritten)?);
        for line in BufReader::new(File::open(&self.path)?).lines() {
            let line = line?;
            let newer = id_of(&line).and_then(|id| self.repeated.remove(&id));
            writeln!(writer, "{}", newer.unwrap_or(line))?;
        }
        // Two ids may share a hash; then the second one was no repetition and is still to be written.
        for line in self.repeated.values() {
            count += 1;
            writeln!(writer, "{line}")?;
        }
        writer.flush()?;
        fs::rename(rewritten, self.path)?;
        Ok(count)
    }
}

/// The id at the start of a line, where an envelope prints it.
fn id_of(line: &str) -> Option<Id> {
    line.strip_prefix(r#"{"id":""#)?.get(..24)?.parse().ok()
}

fn final_path(folder: &Path, kind: ModelKind) -> PathBuf {
    folder.join(kind.name()).with_extension("jsonl")
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ats_core::model::Tag;

    use super::*;

    fn tag(remote_id: &str, name: &str) -> Record {
        let (remote_id, name) = (remote_id.to_owned(), Some(name.to_owned()));
        Tag {
            remote_id,
            name,
            remote_data: None,
            archived: false,
        }
        .into()
    }

    fn files(folder: &Path) -> Files {
        let now = Timestamp::parse("2026-01-02").unwrap();
        Files::create(folder, IntegrationId::derive("test", "files"), now).unwrap()
    }

    #[test]
    fn a_record_that_comes_twice_is_written_once_with_its_last_content() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(folder.path());
        for record in [tag("1", "old"), tag("2", "other"), tag("1", "new")] {
            files.write(record).unwrap();
        }
        let counts = files.finish(|_| true).unwrap();
        let text = fs::read_to_string(folder.path().join("tags.jsonl")).unwrap();
        let names: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].clone())
            .collect();
        assert_eq!(names, ["new", "other"]);
        assert_eq!(counts[&ModelKind::Tag], 2);
    }

    #[test]
    fn a_model_that_was_not_read_leaves_no_file_that_looks_complete() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = files(folder.path());
        first.write(tag("1", "earlier")).unwrap();
        first.finish(|_| true).unwrap();
        let mut second = files(folder.path());
        second.write(tag("1", "half")).unwrap();
        second
            .finish(|kind| kind != ModelKind::Tag && kind != ModelKind::User)
            .unwrap();
        assert!(
            !folder.path().join("tags.jsonl").exists(),
            "the earlier reading must not show through"
        );
        assert!(folder.path().join("tags.jsonl.partial").exists());
        assert!(!folder.path().join("users.jsonl.partial").exists());
        assert!(folder.path().join("jobs.jsonl").exists());
    }
}
