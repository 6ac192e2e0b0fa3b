//! What can be in the way of a private cluster, in sentences for the person who starts the service.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
};

/// Why a private cluster did not start.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// There is no server on this machine.
    #[error(
        "no PostgreSQL server was found on this machine: install one of version 15 or later \
         (sudo apt-get install --yes postgresql), or set DATABASE_URL to the address of a database"
    )]
    NotInstalled,
    /// There is one, but too old.
    #[error(
        "this machine has PostgreSQL {installed}, but 15 or later is needed: install it \
         (sudo apt-get install --yes postgresql), or set DATABASE_URL to the address of a database"
    )]
    TooOld {
        /// Its major version.
        installed: u32,
    },
    /// The data was made by a version that is not here.
    #[error(
        "{} was made by PostgreSQL {made_by}, but this machine has {installed}: install that version \
         (sudo apt-get install --yes postgresql-{made_by}), or dump the data with it and load it into a new directory",
        data.display()
    )]
    OtherVersion {
        /// The data directory.
        data: PathBuf,
        /// What made it.
        made_by: String,
        /// The newest that is installed.
        installed: String,
    },
    /// Something else is where the data should be.
    #[error(
        "{} is not empty and is no PostgreSQL cluster either (it has no PG_VERSION): \
         move it away, or set DATA_DIR to another directory",
        data.display()
    )]
    NotACluster {
        /// The data directory.
        data: PathBuf,
    },
    /// Another instance runs here.
    #[error(
        "another instance{} is using {}: stop it, or set DATA_DIR to another directory",
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        directory.display()
    )]
    InUse {
        /// The cluster's directory.
        directory: PathBuf,
        /// Its process.
        holder: Option<u32>,
    },
    /// Somebody started a server on our data by hand.
    #[error("a PostgreSQL that somebody else started (process {pid}) runs on {}: stop it first", data.display())]
    RunByAnother {
        /// The data directory.
        data: PathBuf,
        /// The server's process.
        pid: u32,
    },
    /// Root, and nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`: \
         start as an ordinary user, or set DATABASE_URL to the address of a database"
    )]
    NoAccount,
    /// Root in name only, as in a container without the right to change users.
    #[error(
        "PostgreSQL does not run as root, and this root may not act as another user (number {uid}: {cause}): \
         start as an ordinary user, or set DATABASE_URL to the address of a database"
    )]
    NoSuchRight {
        /// As whom PostgreSQL was to run.
        uid: u32,
        /// The system's answer.
        cause: io::Error,
    },
    /// The directory is another user's.
    #[error(
        "{} belongs to the user with number {uid}: start as that user, or set DATA_DIR to another directory",
        path.display()
    )]
    NotOurs {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The data is root's, and PostgreSQL does not run as root.
    #[error(
        "{0} belongs to root, but PostgreSQL does not run as root: give it to the account it is to run as (chown -R postgres: {0})",
        data.display()
    )]
    OfRoot {
        /// The data directory.
        data: PathBuf,
    },
    /// The data is there, but PostgreSQL's account cannot reach it any more.
    #[error(
        "the user with number {uid}, as whom PostgreSQL runs, cannot reach {0}: \
         let it walk through every directory above (chmod o+x), or move the data",
        directory.display()
    )]
    Unreachable {
        /// The cluster's directory.
        directory: PathBuf,
        /// PostgreSQL's account.
        uid: u32,
    },
    /// The data was moved at an earlier start and is not there any more.
    #[error(
        "{} says that the data is in {}, but it is not: bring it back, or remove the note to begin anew",
        note.display(),
        moved.display()
    )]
    Gone {
        /// The file that says so.
        note: PathBuf,
        /// Where the data should be.
        moved: PathBuf,
    },
    /// All names for a short socket directory are taken by others.
    #[error(
        "no directory for the socket could be made in {}: others have taken the names; set DATA_DIR to a shorter path",
        parent.display()
    )]
    NoSocket {
        /// Where it was tried.
        parent: PathBuf,
    },
    /// `initdb` failed.
    #[error("a new PostgreSQL cluster could not be made; initdb says: {said}")]
    Init {
        /// Its words.
        said: String,
    },
    /// The server ended while starting.
    #[error("PostgreSQL ended while starting ({status}); its log, {}, says: {said}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The last lines of its log.
        said: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The server took too long.
    #[error("PostgreSQL was not ready in time; see its log, {}", log.display())]
    NotReady {
        /// Its log.
        log: PathBuf,
    },
    /// The server runs, but the service's database could not be made.
    #[error("PostgreSQL runs, but its database could not be created: {cause}")]
    Database {
        /// Why, with everything behind it.
        cause: String,
    },
    /// The file system said no.
    #[error("cannot {what} {}: {cause}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Its answer.
        cause: io::Error,
    },
}

impl ClusterError {
    /// For `map_err`: "cannot {what} {path}: …".
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { what, path, cause }
    }
}
