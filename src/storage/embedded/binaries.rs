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
    choose(made_by, data, candidates())
}

fn choose(made_by: Option<&str>, data: &Path, mut candidates: Vec<PathBuf>) -> Result<Binaries, ClusterError> {
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Directories with a `postgres` that only tells its version, as each distribution words it.
    fn installed(test: &str, versions: &[&str]) -> Vec<PathBuf> {
        let parent = env::temp_dir().join(format!("bg-binaries-{test}-{}", std::process::id()));
        let directory = |version: &&str| {
            let directory = parent.join(version).join("bin");
            fs::create_dir_all(&directory).unwrap();
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian)'\n");
            fs::write(directory.join("postgres"), script).unwrap();
            fs::set_permissions(directory.join("postgres"), fs::Permissions::from_mode(0o755)).unwrap();
            directory
        };
        versions.iter().map(directory).collect()
    }

    fn outcome(test: &str, made_by: Option<&str>, versions: &[&str]) -> Result<u32, String> {
        let found = choose(made_by, Path::new("/data"), installed(test, versions));
        let _ = fs::remove_dir_all(env::temp_dir().join(format!("bg-binaries-{test}-{}", std::process::id())));
        found.map(|binaries| binaries.major).map_err(|error| error.to_string())
    }

    /// One test, not two: a program just written cannot be run while another thread's fork holds it open.
    #[test]
    fn the_fitting_server_is_chosen_or_the_machine_told_how_to_get_one() {
        assert_eq!(outcome("newest", None, &["16.4", "18beta1", "17.2"]), Ok(18));
        assert_eq!(outcome("own", Some("16"), &["18beta1", "16.4", "17.2"]), Ok(16));
        let none = outcome("none", None, &[]).unwrap_err();
        assert!(none.contains("sudo apt-get install --yes postgresql") && none.contains("DATABASE_URL"), "{none}");
        let old = outcome("old", None, &["13.9", "14.1"]).unwrap_err();
        assert!(old.contains("has PostgreSQL 14, but 15 or later is needed"), "{old}");
        let other = outcome("other", Some("16"), &["15.9"]).unwrap_err();
        assert!(other.contains("/data was made by PostgreSQL 16, but this machine has 15"), "{other}");
        assert!(outcome("too old to serve", Some("14"), &["14.1"]).is_err());
    }
}
