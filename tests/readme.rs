//! The README's walk-through, run as it stands.

use std::process::Command;

use chrono::Utc;

use crate::support::demo_gate::TestGate;

/// The shell blocks of the walk-through, one after the other.
fn walk_through() -> String {
    let readme = include_str!("../README.md");
    let chapter = readme.split("\n## ").find(|chapter| chapter.starts_with("One vehicle")).unwrap();
    let blocks: Vec<&str> = chapter.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 4, "the walk-through has other blocks than it had");
    blocks.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_walk_through_works_as_it_is_copied() {
    let gate = TestGate::open().await;
    // The walk-through plans its arrival by the machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the README's reader has the machine's clock too")]
    gate.clock.set(Utc::now());
    let address = format!("http://{}", gate.address);
    let script = walk_through().replace("http://127.0.0.1:8080", &address);
    assert!(script.contains(&address));
    let output = tokio::task::spawn_blocking(move || {
        Command::new("bash").args(["-e", "-o", "pipefail", "-c", &script]).output().unwrap()
    });
    let output = output.await.unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let states: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("\"state\":")).collect();
    assert_eq!(states.len(), 17, "{out}");
    assert_eq!(states.last(), Some(&"\"completed\""), "{out}");
    assert_eq!(states.iter().filter(|state| **state == "\"ready\"").count(), 2, "{out}");
    assert!(out.contains("\"action\":\"hold.release\""), "the history tells it: {out}");
    assert!(out.contains("\"completed\":1,\"declared\":1,\"direction\":\"import\""), "the figure has grown: {out}");
}
