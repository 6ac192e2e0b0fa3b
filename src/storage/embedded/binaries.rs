//! Finding a PostgreSQL server on this machine.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::ClusterError;

/// The oldest major version that the service runs on.
pub(super) const OLDEST: u32 = 15;

/// A directory with `postgres` and `initdb` of one major version.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    pub(super) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    fn at(directory: &Path) -> Option<Self> {
        let output = Command::new(directory.join("postgres")).arg("--version").output().ok()?;
        // "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", or "18beta1" before a release
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split_whitespace().nth(2)?;
        let major = version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
        Some(Self { directory: directory.to_owned(), major })
    }
}

/// The binaries to run a cluster with: of the very major version that made its data, or the newest.
///
/// `made_by` is what the data's `PG_VERSION` says; `data` is for the sentence.
pub(super) fn find(made_by: Option<&str>, data: &Path) -> Result<Binaries, ClusterError> {
    let mut candidates = candidates();
    if let Some(version) = made_by {
        // The directory that is named after the version first: one process instead of several.
        candidates.sort_by_key(|directory| !directory.iter().any(|part| part == version));
    }
    let mut found = Vec::new();
    for binaries in candidates.iter().filter_map(|directory| Binaries::at(directory)) {
        if made_by == Some(binaries.major.to_string().as_str()) && binaries.major >= OLDEST {
            return Ok(binaries);
        }
        found.push(binaries);
    }
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    let Some(newest) = found.first() else { return Err(ClusterError::NotInstalled) };
    match made_by {
        Some(version) => Err(ClusterError::OtherVersion {
            data: data.to_owned(),
            made_by: version.to_owned(),
            installed: newest.major.to_string(),
        }),
        None if newest.major < OLDEST => Err(ClusterError::TooOld { installed: newest.major }),
        None => Ok(newest.clone()),
    }
}

/// Every directory that holds a server, without repetition.
fn candidates() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    // Debian; Fedora's own repository; Homebrew on ARM and Intel
    for parent in ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"] {
        let names = fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
        directories.extend(names.filter(|path| parent != "/usr" || is_pgsql(path)).map(|path| path.join("bin")));
    }
    directories.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    let mut seen = HashSet::new();
    directories
        .into_iter()
        .filter(|directory| directory.join("initdb").is_file() && directory.join("postgres").is_file())
        .filter_map(|directory| fs::canonicalize(directory).ok())
        .filter(|directory| seen.insert(directory.clone()))
        .collect()
}

/// `/usr/pgsql-17` and the like, where PostgreSQL's own packages for Fedora and Red Hat go.
fn is_pgsql(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("pgsql-"))
}
