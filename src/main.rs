//! The binary; its commands are not there yet.

use std::{env, path::PathBuf, process::ExitCode};

use border_gate::storage::embedded::shared;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    // For the tests alone: keeps the cluster that they share.
    if let [command, directory] = arguments.as_slice()
        && command == "test-cluster"
    {
        return match shared::keep(&PathBuf::from(directory)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("border-gate: {error}");
                ExitCode::FAILURE
            }
        };
    }
    eprintln!("border-gate {}: the service is not there yet; see README.md", env!("CARGO_PKG_VERSION"));
    ExitCode::FAILURE
}
