//! The binary; its commands are not there yet.

fn main() {
    eprintln!("border-gate {}: the service is not there yet; see README.md", env!("CARGO_PKG_VERSION"));
    std::process::exit(1);
}
