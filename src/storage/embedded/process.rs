//! The system calls that starting and stopping a server takes; the only unsafe code of the library.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A system account that is not our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account of this name in `/etc/passwd`.
    ///
    /// The file is read rather than the name service asked: `initdb` needs the entry, and accounts of
    /// services are local.
    pub(super) fn named(name: &str) -> Option<Self> {
        fs::read_to_string("/etc/passwd").ok()?.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            Some(Self { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    }
}

/// The user that this process acts as; 0 is root.
#[expect(unsafe_code, reason = "std has no geteuid; it takes nothing, touches no memory and cannot fail")]
pub(super) fn effective_uid() -> u32 {
    unsafe { libc::geteuid() }
}

/// Sends `signal` to a process. That it is gone already is no fault.
#[expect(unsafe_code, reason = "std can only kill; kill(2) takes two numbers and touches no memory")]
pub(super) fn signal(pid: u32, signal: libc::c_int) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        unsafe { libc::kill(pid, signal) };
    }
}

/// A command that runs as `account` (as ourselves if there is none), with a clean environment, in its own
/// process group, and that is interrupted when the *thread* that spawns it ends.
///
/// In a group of its own, because Ctrl-C in a terminal goes to the whole group and would stop the
/// database beneath live requests.
#[expect(
    unsafe_code,
    reason = "what runs between fork and exec must be set through pre_exec; it only makes system calls"
)]
pub(super) fn command(program: &Path, account: Option<Account>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .current_dir("/")
        .stdin(Stdio::null())
        .process_group(0);
    if let Some(account) = account {
        // std also gives up the supplementary groups.
        command.uid(account.uid).gid(account.gid);
    }
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id();
        // Runs after std's setuid, which would have cleared it.
        unsafe {
            command.pre_exec(move || {
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGINT) != 0 {
                    return Err(io::Error::last_os_error());
                }
                // Between the fork and the line above the parent may have died unnoticed.
                if u32::try_from(libc::getppid()) != Ok(parent) {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
                Ok(())
            });
        }
    }
    command
}

/// Whether `account` can walk down to `dir`.
///
/// Tried rather than worked out of mode bits: there are access lists and mounts besides.
pub(super) fn reaches(account: Account, dir: &Path) -> bool {
    try_as(account, dir).is_ok()
}

/// Does nothing, as `account`, in `dir`.
pub(super) fn try_as(account: Account, dir: &Path) -> io::Result<()> {
    // std changes the directory after the user.
    let mut shell = command(Path::new("/bin/sh"), Some(account));
    shell.arg("-c").arg(":").current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null());
    let status = shell.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(status.to_string())) }
}

/// Whether the system tells what directory a process works in.
pub(super) fn can_see_processes() -> bool {
    fs::read_link("/proc/self/cwd").is_ok()
}

/// The processes that work in `dir`: for a data directory, its server and the server's children.
pub(super) fn working_in(dir: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| fs::read_link(proc_file(*pid, "cwd")).is_ok_and(|cwd| cwd == dir))
        .collect()
}

/// Whether process `pid` was started with `argument` among its arguments.
pub(super) fn has_argument(pid: u32, argument: &str) -> bool {
    fs::read(proc_file(pid, "cmdline"))
        .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == argument.as_bytes()))
}

fn proc_file(pid: u32, name: impl AsRef<OsStr>) -> PathBuf {
    Path::new("/proc").join(pid.to_string()).join(name.as_ref())
}

/// Waits until `done`, at most for `limit`; whether it came to pass.
pub(super) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}
