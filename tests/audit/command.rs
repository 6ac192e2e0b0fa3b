//! `verify-audit` and `export-audit` as an operator and an auditor call them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{checkpoint, some_work};
use crate::support::gate::TestGate;

/// Runs the binary on the gate's database; its exit code and what it says.
fn run(gate: &TestGate, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_border-gate"))
        .args(arguments)
        .env_clear()
        .env("DATABASE_URL", gate.database.url())
        .env("DATA_DIR", "/nonexistent")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (output.status.code().unwrap(), said)
}

struct Files(PathBuf);

impl Files {
    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_checks_the_database_an_export_and_a_copy_of_the_checkpoints() {
    let gate = TestGate::open().await;
    some_work(&gate).await;
    let signed = checkpoint(&gate).await;
    let files = Files(std::env::temp_dir().join(format!("border-gate-audit-{}", std::process::id())));
    fs::create_dir(&files.0).unwrap();
    let keys = files.path("jwks.json");
    fs::write(&keys, gate.ask(None, "GET", "/.well-known/jwks.json", &[], "").await.text).unwrap();
    let copy = files.path("checkpoints.ndjson");
    fs::write(&copy, serde_json::to_string(&signed).unwrap() + "\n").unwrap();

    let (code, said) = run(&gate, &["verify-audit"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--keys"), "{said}");
    let (code, said) = run(&gate, &["verify-audit", "--keys", &keys, "--checkpoints", &copy]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("compared 5 declarations") && said.contains("1 of the copy"), "{said}");

    let export = files.path("record.ndjson");
    let (code, said) = run(&gate, &["export-audit", &export]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("exported 5 declarations"), "{said}");
    let text = fs::read_to_string(&export).unwrap();
    assert!(!text.contains("李伟") && text.contains("桂F12345"), "without the people");
    let check =
        |export: &str| run(&gate, &["verify-audit", "--keys", &keys, "--export", export, "--checkpoints", &copy]);
    let (code, said) = check(&export);
    assert_eq!(code, 0, "{said}");
    let (code, said) = run(&gate, &["export-audit", &export]);
    assert_eq!(code, 2, "an export is not written over: {said}");

    let changed = files.path("changed.ndjson");
    fs::write(&changed, text.replacen(r#""actor":"account:"#, r#""actor":"account:9"#, 1)).unwrap();
    let (code, said) = check(&changed);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(", action 1: its hash is not") && said.contains("1 difference"), "{said}");
    let cut: Vec<&str> = text.lines().filter(|line| !line.contains("checkpoint")).collect();
    fs::write(&changed, cut.join("\n")).unwrap();
    let (code, said) = check(&changed);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("checkpoint 1: it was published and is gone"), "{said}");
    assert_eq!(check("/nonexistent/file").0, 2);

    // Somebody with the owner's password changes the database itself.
    let admin = gate.database.admin().await;
    admin.batch_execute("update actions set actor = 'account:9' where seq = 2 and role = 'declarant'").await.unwrap();
    let (code, said) = run(&gate, &["verify-audit", "--keys", &keys]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(", action 2: its hash is not"), "{said}");
}
