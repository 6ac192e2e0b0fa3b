//! Where a cluster lives: its directories, whose they are, and the lock that keeps a second instance out.
//!
//! As root, nothing is ever written inside a directory that belongs to the account PostgreSQL runs as: a
//! symbolic link laid there would lead root's pen elsewhere. So:
//!
//! ```text
//! DIR/lock             ours: held while an instance runs; names its process
//! DIR/moved-to         ours: where the rest is, when PostgreSQL's account cannot reach DIR
//! DIR/postgres.log     ours
//! DIR/data/            PostgreSQL's
//! DIR/socket/          PostgreSQL's; elsewhere when the path is too long for a socket
//! ```

use std::time::Duration;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    ClusterError,
    process::{self, Account},
};

/// Longest path of a socket's directory, in bytes. A socket's address holds 108 with the final NUL
/// (unix(7), `sun_path`), and PostgreSQL adds `/.s.PGSQL.5432`; the rest is room for longer ports.
const LONGEST_SOCKET_DIRECTORY: usize = 90;

/// Where the clusters go that PostgreSQL's account could not reach at their own place.
const ELSEWHERE: &str = "/var/lib/border-gate";

/// Length at which the log is put aside, in bytes; one older log is kept.
const LONGEST_LOG: u64 = 16 * 1024 * 1024;

/// A cluster's directories, locked for this process.
#[derive(Debug)]
pub(super) struct Place {
    /// Ours; what it holds is named above.
    pub(super) directory: PathBuf,
    pub(super) data: PathBuf,
    pub(super) socket: PathBuf,
    /// The account that PostgreSQL runs as; ours if there is none.
    pub(super) account: Option<Account>,
    _lock: File,
}

impl Place {
    /// Makes `asked` ready to hold a cluster and locks it.
    pub(super) fn take(asked: &Path) -> Result<Self, ClusterError> {
        let asked = make_directory(asked)?;
        let lock = lock(&asked)?;
        let directory = if process::effective_uid() == 0 { moved(&asked)?.unwrap_or(asked) } else { asked };
        let data = directory.join("data");
        let account = account_for(&directory, &data)?;
        if let Some(account) = account
            && !process::reaches(account, &directory)
        {
            // Not the directory's fault if it reaches nothing at all: we may not act as it.
            process::try_as(account, Path::new("/"))
                .map_err(|cause| ClusterError::NoSuchRight { uid: account.uid, cause })?;
            if data.exists() {
                return Err(ClusterError::Unreachable { directory, uid: account.uid });
            }
            let moved = move_elsewhere(&directory)?;
            return Self::at(moved, Some(account), lock);
        }
        Self::at(directory, account, lock)
    }

    fn at(directory: PathBuf, account: Option<Account>, lock: File) -> Result<Self, ClusterError> {
        let socket = socket_directory(&directory, account)?;
        Ok(Self { data: directory.join("data"), socket, directory, account, _lock: lock })
    }

    /// A new empty directory of PostgreSQL's beside the data, for `initdb`; what a killed `initdb` left is removed.
    pub(super) fn new_data(&self) -> Result<PathBuf, ClusterError> {
        let new = self.directory.join("data.new");
        if new.exists() {
            fs::remove_dir_all(&new).map_err(ClusterError::io("remove", &new))?;
        }
        DirBuilder::new().mode(0o700).create(&new).map_err(ClusterError::io("make", &new))?;
        give(&new, self.account)?;
        Ok(new)
    }

    /// Puts what [`Self::new_data`] gave, filled, in the data's place.
    pub(super) fn keep_new_data(&self, new: &Path) -> Result<(), ClusterError> {
        fs::rename(new, &self.data).map_err(ClusterError::io("put in place", &self.data))?;
        // The rename itself must outlive a power cut too.
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(ClusterError::io("write", &self.directory))
    }

    /// What `PG_VERSION` of the data says; `None` if there is no data yet.
    pub(super) fn version(&self) -> Result<Option<String>, ClusterError> {
        match fs::read_to_string(self.data.join("PG_VERSION")) {
            Ok(version) => Ok(Some(version.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_dir(&self.data) {
                Err(_) => Ok(None),
                Ok(mut entries) => {
                    if entries.next().is_some() {
                        return Err(ClusterError::NotACluster { data: self.data.clone() });
                    }
                    fs::remove_dir(&self.data).map_err(ClusterError::io("remove", &self.data))?;
                    Ok(None)
                }
            },
            Err(error) => Err(ClusterError::io("read", &self.data.join("PG_VERSION"))(error)),
        }
    }

    /// The path of the server's log.
    pub(super) fn log_path(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }

    /// The server's log, open at its end.
    pub(super) fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.log_path();
        if fs::symlink_metadata(&path).is_ok_and(|log| log.len() > LONGEST_LOG) {
            fs::rename(&path, path.with_extension("log.old")).map_err(ClusterError::io("put aside", &path))?;
        }
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o640)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)
            .map_err(ClusterError::io("open", &path))
    }

    /// The last lines of the log from `start` (in bytes) on, as one line.
    pub(super) fn end_of_log(&self, start: u64) -> String {
        let mut text = Vec::new();
        let read = File::open(self.log_path()).and_then(|mut log| {
            log.seek(SeekFrom::Start(start))?;
            log.take(LONGEST_LOG).read_to_end(&mut text)
        });
        if read.is_err() {
            return String::new();
        }
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = lines.len().saturating_sub(4);
        lines.get(last..).unwrap_or_default().join("; ")
    }
}

/// Makes `directory` unless it is there; its real path.
fn make_directory(directory: &Path) -> Result<PathBuf, ClusterError> {
    if !directory.is_dir() {
        fs::create_dir_all(directory).map_err(ClusterError::io("make", directory))?;
        // PostgreSQL's account must be able to walk through, whatever the umask is.
        fs::set_permissions(directory, Permissions::from_mode(0o711)).map_err(ClusterError::io("make", directory))?;
    }
    fs::canonicalize(directory).map_err(ClusterError::io("enter", directory))
}

/// How often a lock that somebody has is tried again, and how long is waited before.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(30);

/// The directory of the socket of the server that runs in `asked`, as its `postmaster.pid` says: one that another instance
/// keeps and that takes connections, none that a killed one has left.
pub(super) fn socket_of_running(asked: &Path) -> Option<PathBuf> {
    let asked = fs::canonicalize(asked).ok()?;
    let directory = if process::effective_uid() == 0 { moved(&asked).ok()?.unwrap_or(asked) } else { asked };
    let is_kept = matches!(File::open(directory.join("lock")).ok()?.try_lock(), Err(TryLockError::WouldBlock));
    if !is_kept {
        return None;
    }
    let running = fs::read_to_string(directory.join("data").join("postmaster.pid")).ok()?;
    // Process, data directory, start, port, socket directory, …: a line each (miscadmin.h of PostgreSQL).
    let socket = running.lines().nth(4).filter(|socket| !socket.is_empty()).map(PathBuf::from)?;
    UnixStream::connect(socket.join(".s.PGSQL.5432")).ok().map(|_| socket)
}

fn lock(directory: &Path) -> Result<File, ClusterError> {
    let path = directory.join("lock");
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .custom_flags(libc::O_NOFOLLOW)
        .open(&path);
    let mut file = match (file, fs::metadata(directory)) {
        (Ok(file), _) => file,
        (Err(error), Ok(found))
            if error.kind() == io::ErrorKind::PermissionDenied && found.uid() != process::effective_uid() =>
        {
            return Err(ClusterError::NotOurs { path: directory.to_owned(), uid: found.uid() });
        }
        (Err(error), _) => return Err(ClusterError::io("open", &path)(error)),
    };
    // A process that is being started shares every lock of its parent until it has become another program.
    let mut locked = file.try_lock();
    for _ in 0..LOCK_TRIES {
        if !matches!(locked, Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::sleep(LOCK_PAUSE);
        locked = file.try_lock();
    }
    match locked {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who it is only helps the reader; without it the sentence still says what to do.
            let _ = file.read_to_string(&mut holder);
            let holder = holder.trim().parse().ok();
            return Err(ClusterError::InUse { directory: directory.to_owned(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(ClusterError::io("lock", &path)(error)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(ClusterError::io("write", &path))?;
    Ok(file)
}

/// Whom PostgreSQL runs as: never root.
fn account_for(directory: &Path, data: &Path) -> Result<Option<Account>, ClusterError> {
    let us = process::effective_uid();
    let owner = fs::metadata(data).ok().map(|data| Account { uid: data.uid(), gid: data.gid() });
    if us != 0 {
        return match owner {
            Some(owner) if owner.uid != us => Err(ClusterError::NotOurs { path: data.to_owned(), uid: owner.uid }),
            Some(_) | None => Ok(None),
        };
    }
    let account = match owner {
        Some(owner) if owner.uid == 0 => return Err(ClusterError::OfRoot { data: data.to_owned() }),
        Some(owner) => owner,
        None => Account::named("postgres").or_else(|| Account::named("nobody")).ok_or(ClusterError::NoAccount)?,
    };
    let ours = fs::metadata(directory).map_err(ClusterError::io("read", directory))?;
    if ours.uid() == account.uid {
        return Err(ClusterError::NotOurs { path: directory.to_owned(), uid: account.uid });
    }
    Ok(Some(account))
}

/// Where `directory`'s cluster was moved to by an earlier start.
fn moved(directory: &Path) -> Result<Option<PathBuf>, ClusterError> {
    let note = directory.join("moved-to");
    match fs::read_to_string(&note) {
        // Only below a directory where root alone can write.
        Ok(path) => match fs::canonicalize(path.trim()) {
            Ok(path) if path.starts_with(ELSEWHERE) => Ok(Some(path)),
            Ok(_) | Err(_) => Err(ClusterError::Gone { note, moved: PathBuf::from(path.trim()) }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ClusterError::io("read", &note)(error)),
    }
}

/// Makes a directory that PostgreSQL's account can reach, and leaves a note in `directory` where it is.
fn move_elsewhere(directory: &Path) -> Result<PathBuf, ClusterError> {
    let parent = make_directory(Path::new(ELSEWHERE))?;
    let name = short_name(directory);
    let mut number = 0_u32;
    let moved = loop {
        let moved = parent.join(format!("{name}-{number}"));
        // One that is there belongs to an earlier directory of this name, now removed: it is not touched.
        match DirBuilder::new().mode(0o711).create(&moved) {
            Ok(()) => break moved,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(ClusterError::io("make", &moved)(error)),
        }
    };
    fs::set_permissions(&moved, Permissions::from_mode(0o711)).map_err(ClusterError::io("make", &moved))?;
    let note = directory.join("moved-to");
    let mut file = File::create_new(&note).map_err(ClusterError::io("write", &note))?;
    writeln!(file, "{}", moved.display()).map_err(ClusterError::io("write", &note))?;
    tracing::warn!(
        asked = %directory.display(),
        used = %moved.display(),
        "the account that PostgreSQL runs as cannot reach the data directory; the data is kept elsewhere"
    );
    Ok(moved)
}

/// A directory for the socket: beside the data, or, when that path would not do, a short one.
fn socket_directory(directory: &Path, account: Option<Account>) -> Result<PathBuf, ClusterError> {
    let beside = directory.join("socket");
    // A comma separates hosts in an address and directories in PostgreSQL's setting; quotes and blanks need care in both.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@".contains(byte);
    let path = beside.as_os_str().as_bytes();
    if path.len() <= LONGEST_SOCKET_DIRECTORY && path.iter().all(plain) {
        match DirBuilder::new().mode(0o700).create(&beside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(ClusterError::io("make", &beside)(error)),
        }
        give(&beside, account)?;
        return Ok(beside);
    }
    let name = short_name(directory);
    let parent = [Path::new("/run"), Path::new("/tmp")]
        .into_iter()
        .find(|parent| parent.is_dir() && (process::effective_uid() == 0 || *parent == Path::new("/tmp")))
        .unwrap_or(Path::new("/tmp"));
    let owner = account.map_or_else(process::effective_uid, |account| account.uid);
    // Anybody can guess the name, and make it first where all may write: then the next one is taken.
    for number in 0..100 {
        let socket = parent.join(format!("border-gate-{name}-{number}"));
        match DirBuilder::new().mode(0o700).create(&socket) {
            Ok(()) => {
                give(&socket, account)?;
                return Ok(socket);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let theirs = fs::symlink_metadata(&socket)
                    .is_ok_and(|found| found.is_dir() && found.uid() == owner && found.mode() & 0o777 == 0o700);
                if theirs {
                    return Ok(socket);
                }
            }
            Err(error) => return Err(ClusterError::io("make", &socket)(error)),
        }
    }
    Err(ClusterError::NoSocket { parent: parent.to_owned() })
}

/// Hands `directory`, which we made, to PostgreSQL's account, and to it alone.
fn give(directory: &Path, account: Option<Account>) -> Result<(), ClusterError> {
    fs::set_permissions(directory, Permissions::from_mode(0o700)).map_err(ClusterError::io("make", directory))?;
    match account {
        Some(account) => chown(directory, Some(account.uid), Some(account.gid))
            .map_err(ClusterError::io("hand to PostgreSQL's account", directory)),
        None => Ok(()),
    }
}

/// Twelve characters that stand for a path.
fn short_name(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    let number = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:012x}")
}
