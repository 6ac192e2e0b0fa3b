//! A throwaway cluster that all test processes of a run share.
//!
//! Files in its directory, beside the cluster's own: `url` says where it is; `keeper` is locked by the
//! process that keeps it for as long as it lives; `users` is locked, shared, by every process that uses it.

use std::{
    fs::{self, File},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{ClusterError, Durability, EmbeddedCluster};

/// How long the cluster outlives its last user. Between two test binaries of one run pass seconds.
const LONGEST_IDLE: Duration = Duration::from_secs(20);

/// Keeps a throwaway cluster in `directory` until nobody has used it for a while.
///
/// # Errors
///
/// [`ClusterError`], also when another process keeps it already.
pub fn keep(directory: &Path) -> Result<(), ClusterError> {
    let io = |what| ClusterError::io(what, directory);
    fs::create_dir_all(directory).map_err(io("make"))?;
    let keeper = File::create(directory.join("keeper")).map_err(io("write in"))?;
    if keeper.try_lock().is_err() {
        return Err(ClusterError::InUse { directory: directory.to_owned(), holder: None });
    }
    let mut cluster = EmbeddedCluster::start(directory, Durability::Throwaway)?;
    let url = directory.join("url");
    // Renamed into place, so that nobody reads half of it.
    let new = directory.join("url.new");
    fs::write(&new, cluster.url("postgres")).and_then(|()| fs::rename(&new, &url)).map_err(io("write in"))?;
    let users = File::create(directory.join("users")).map_err(io("write in"))?;
    let mut last_used = Instant::now();
    loop {
        thread::sleep(Duration::from_millis(100));
        // Taken while we stop, so that a new user waits and then sees that there is no cluster.
        if users.try_lock().is_ok() {
            if last_used.elapsed() > LONGEST_IDLE {
                break;
            }
            users.unlock().map_err(io("write in"))?;
        } else {
            last_used = Instant::now();
        }
    }
    match fs::remove_file(&url) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ClusterError::io("remove", &url)(error)),
        Ok(()) | Err(_) => {}
    }
    cluster.stop();
    // In this order: whoever waits for `users` may start the next keeper at once.
    drop(keeper);
    drop(users);
    Ok(())
}
