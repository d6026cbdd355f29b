//! Where keys come from: the variable, or a file beside the database that nobody else may read.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{Error, KeyRing, Result};

/// A key file is short. Whatever is longer is none.
const LONGEST: u64 = 64 * 1024;

/// The key file of a database: `ats.db` has `ats.db.key`.
pub fn key_file(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".key");
    name.into()
}

/// Where keys may come from. What stands in the variable goes before the file, which is then not
/// looked at.
#[derive(Debug, Clone)]
pub struct KeySource {
    /// The text of [`VARIABLE`](super::VARIABLE), if it is set.
    pub variable: Option<SecretString>,
    /// The key file.
    pub file: PathBuf,
}

impl KeyRing {
    /// The keys for credentials that exist. Without any key it fails: a new one would open nothing.
    pub fn load(source: &KeySource) -> Result<Self> {
        match Self::find(source)? {
            Some(ring) => Ok(ring),
            None => Err(Error::Missing {
                file: source.file.clone(),
            }),
        }
    }

    /// The keys where no credentials are kept yet, or none that are still wanted. Without any key
    /// it creates the file.
    pub fn load_or_create(source: &KeySource) -> Result<Self> {
        match Self::find(source)? {
            Some(ring) => Ok(ring),
            None => Self::create_file(&source.file),
        }
    }

    fn find(source: &KeySource) -> Result<Option<Self>> {
        match &source.variable {
            Some(text) => Self::from_variable(text).map(Some),
            None => Self::read_file(&source.file),
        }
    }

    /// The keys in a file; `None` if there is no such file.
    fn read_file(path: &Path) -> Result<Option<Self>> {
        let failed = |source| Error::File {
            what: "read",
            file: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        if others_may_read(&metadata) {
            return Err(Error::Exposed {
                file: path.to_owned(),
            });
        }
        // Room for all of it, so that no part stays behind where the text once was.
        let room = usize::try_from(metadata.len().min(LONGEST)).unwrap_or_default();
        let mut text = Zeroizing::new(String::with_capacity(room + 1));
        let mut file = file.take(LONGEST);
        file.read_to_string(&mut text).map_err(failed)?;
        Self::from_lines(&text, &path.display().to_string()).map(Some)
    }

    /// Makes a new key and a file for it. Fails if there is a file, and never leaves half of one.
    pub fn create_file(path: &Path) -> Result<Self> {
        let ring = Self::generate()?;
        let failed = |source| Error::File {
            what: "create",
            file: path.to_owned(),
            source,
        };
        let draft = ring.draft(path).map_err(failed)?;
        if let Err(error) = draft.persist_noclobber(path) {
            return Err(match error.error.kind() {
                io::ErrorKind::AlreadyExists => Error::Exists {
                    file: path.to_owned(),
                },
                _ => failed(error.error),
            });
        }
        settle(path).map_err(failed)?;
        Ok(ring)
    }

    /// Writes the keys over a file, all or nothing: after a crash it holds the old ones or the new
    /// ones.
    pub fn write_file(&self, path: &Path) -> Result<()> {
        let write = || -> io::Result<()> {
            // A link is written through, so that what it points to does not keep the old keys.
            let path = match path.canonicalize() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
                path => path?,
            };
            self.draft(&path)?.persist(&path).map_err(|e| e.error)?;
            settle(&path)
        };
        write().map_err(|source| Error::File {
            what: "write",
            file: path.to_owned(),
            source,
        })
    }

    /// The keys in a file of another name in the same folder, safe on the disk and closed to others.
    fn draft(&self, path: &Path) -> io::Result<NamedTempFile> {
        // The builder creates it with mode 0600 and refuses a name that exists.
        let mut draft = tempfile::Builder::new()
            .prefix(".ats-key-")
            .tempfile_in(folder(path))?;
        draft.write_all(self.to_lines().as_bytes())?;
        draft.as_file().sync_all()?;
        Ok(draft)
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes a new name in a folder outlive a crash of the machine.
#[cfg(unix)]
fn settle(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(not(unix))]
fn settle(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn others_may_read(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;

    metadata.permissions().mode() & 0o077 != 0
}

/// Without modes the folder decides who may read.
#[cfg(not(unix))]
fn others_may_read(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret;

    use super::*;

    fn source(folder: &tempfile::TempDir) -> KeySource {
        KeySource {
            variable: None,
            file: key_file(&folder.path().join("ats.db")),
        }
    }

    fn text(ring: &KeyRing) -> String {
        ring.to_variable().expose_secret().to_owned()
    }

    /// The names in a folder.
    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_file_lies_beside_its_database() {
        assert_eq!(key_file(Path::new("a/ats.db")), Path::new("a/ats.db.key"));
        assert_eq!(key_file(Path::new("ats")), Path::new("ats.key"));
    }

    #[test]
    fn a_created_file_is_closed_to_others_and_loads_again() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        let ring = KeyRing::load_or_create(&source).unwrap();
        #[cfg(unix)]
        assert_eq!(mode(&source.file), 0o600);
        assert_eq!(names(&folder), ["ats.db.key"]);
        assert_eq!(text(&KeyRing::load(&source).unwrap()), text(&ring));
        assert_eq!(
            text(&KeyRing::load_or_create(&source).unwrap()),
            text(&ring)
        );
    }

    #[test]
    fn without_a_key_loading_says_where_it_may_be_and_creates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        let message = KeyRing::load(&source).unwrap_err().to_string();
        let file = source.file.display().to_string();
        for part in [file.as_str(), "ATS_ENCRYPTION_KEY", "`ats connect`"] {
            assert!(message.contains(part), "{message}");
        }
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn the_variable_goes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = source(&folder);
        KeyRing::create_file(&source.file).unwrap();
        let ring = KeyRing::generate().unwrap();
        source.variable = Some(ring.to_variable());
        assert_eq!(text(&KeyRing::load(&source).unwrap()), text(&ring));
        source.variable = Some(SecretString::from(""));
        assert!(KeyRing::load(&source).is_err(), "an empty one is no key");
        source.file = folder.path().join("other.key");
        assert!(KeyRing::load_or_create(&source).is_err());
        assert_eq!(names(&folder), ["ats.db.key"]);
    }

    #[test]
    fn an_existing_file_is_never_replaced_by_a_new_key() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        let ring = KeyRing::create_file(&source.file).unwrap();
        let error = KeyRing::create_file(&source.file).unwrap_err();
        assert!(matches!(error, Error::Exists { .. }), "{error}");
        assert_eq!(text(&KeyRing::load(&source).unwrap()), text(&ring));
        assert_eq!(names(&folder), ["ats.db.key"], "the draft is gone");
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_created() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("no/ats.db.key");
        let error = KeyRing::create_file(&file).unwrap_err();
        assert!(matches!(error, Error::File { what: "create", .. }));
        assert!(
            error.to_string().contains("its folder must exist"),
            "{error}"
        );
        let ring = KeyRing::generate().unwrap();
        assert!(ring.write_file(&file).is_err());
        assert!(names(&folder).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused_with_the_remedy() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        KeyRing::create_file(&source.file).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&source.file, fs::Permissions::from_mode(mode)).unwrap();
            let message = KeyRing::load(&source).unwrap_err().to_string();
            let remedy = format!("chmod 600 {}", source.file.display());
            assert!(message.contains(&remedy), "{message}");
            assert!(KeyRing::load_or_create(&source).is_err());
        }
        fs::set_permissions(&source.file, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(KeyRing::load(&source).is_ok());
    }

    #[test]
    fn a_rotation_can_be_cut_between_any_two_steps() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        let secret = SecretString::from("x");
        let old = KeyRing::create_file(&source.file).unwrap();
        let mut kept = ["a", "b"].map(|context| {
            let sealed = old.seal(&secret, context.as_bytes()).unwrap();
            (context, sealed)
        });
        let all_open = |kept: &[(&str, super::super::Sealed)]| {
            let ring = KeyRing::load(&source).unwrap();
            kept.iter()
                .all(|(context, sealed)| ring.open(sealed, context.as_bytes()).is_ok())
        };
        let ring = old.rotated().unwrap();
        ring.write_file(&source.file).unwrap();
        assert!(all_open(&kept));
        for place in 0..kept.len() {
            let (context, sealed) = &kept[place];
            let opened = ring.open(sealed, context.as_bytes()).unwrap();
            kept[place].1 = ring.seal(&opened, context.as_bytes()).unwrap();
            assert!(all_open(&kept));
        }
        assert!(kept.iter().all(|(_, sealed)| !ring.needs_reseal(sealed)));
        ring.without_old().write_file(&source.file).unwrap();
        assert!(all_open(&kept));
        let last = KeyRing::load(&source).unwrap();
        assert_eq!(format!("{last:?}"), "KeyRing(versions 2)");
        #[cfg(unix)]
        assert_eq!(mode(&source.file), 0o600);
        assert_eq!(names(&folder), ["ats.db.key"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_key_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let source = source(&folder);
        let real = folder.path().join("real.key");
        let ring = KeyRing::create_file(&real).unwrap();
        std::os::unix::fs::symlink(&real, &source.file).unwrap();
        ring.rotated().unwrap().write_file(&source.file).unwrap();
        assert!(fs::symlink_metadata(&source.file).unwrap().is_symlink());
        let read = |file: &Path| KeyRing::read_file(file).unwrap().unwrap().version();
        assert_eq!((read(&real), read(&source.file)), (2, 2));
    }

    #[test]
    fn what_is_no_key_file_is_refused_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut source = source(&folder);
        KeyRing::create_file(&source.file).unwrap();
        for content in [&b"canary"[..], b"", b"\xff\xfe"] {
            fs::write(&source.file, content).unwrap();
            let message = KeyRing::load(&source).unwrap_err().to_string();
            assert!(message.contains("ats.db.key"), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
        source.file = folder.path().to_owned();
        assert!(KeyRing::load(&source).is_err(), "a folder");
    }
}
