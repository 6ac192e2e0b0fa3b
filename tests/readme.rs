//! The papers' commands, run as they stand.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use chrono::Utc;

use crate::support::demo_gate::{PASSWORD, TestGate};

/// A fenced block of a paper: what it is written in, and what stands in it.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
}

/// The reader's curl prints a refusal and goes on; the test's goes no further.
const PRELUDE: &str = r#"
set -eo pipefail
curl() {
    local answer
    answer=$(command curl -S -w '\n%{http_code}' "$@")
    printf '%s' "${answer%$'\n'*}"
    case "${answer##*$'\n'}" in 2*) ;; *) return 22 ;; esac
}
"#;

fn paper(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    // Windows' line ends are no shell's.
    std::fs::read_to_string(path).unwrap().replace('\r', "")
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).map(|(language, text)| Block { language, text }).collect()
}

/// The shell blocks one after the other, each step of which must be answered by 2xx, and what a `console` block asks,
/// which must be refused as it says there.
fn script(text: &str) -> String {
    let mut script = PRELUDE.to_owned();
    for block in blocks(text) {
        match block.language {
            "sh" => script.push_str(block.text),
            "console" => {
                let (asked, told) = block.text.split_once('\n').unwrap();
                let asked = asked.strip_prefix("$ ").unwrap();
                let parts: Vec<&str> = told.trim_end().split('…').collect();
                assert!(told.contains("\"status\":4"), "no refusal: {told}");
                writeln!(script, "answer=$({asked} || true)").unwrap();
                for part in parts {
                    let part = part.replace('\'', "'\\''");
                    writeln!(script, "case \"$answer\" in (*'{part}'*) ;; (*) echo \"$answer\"; exit 4;; esac")
                        .unwrap();
                }
            }
            _ => {}
        }
        script.push('\n');
    }
    script
}

/// Runs what `name` says from the heading `from` on, up to the heading `to`, on a gate of its own; what it printed.
async fn run(name: &str, from: &str, to: &str) -> String {
    let gate = TestGate::open().await;
    // The papers plan an arrival by the reader's clock.
    #[expect(clippy::disallowed_methods, reason = "the reader has the machine's clock too")]
    gate.clock.set(Utc::now());
    let text = paper(name);
    let chapter = text.split(from).nth(1).unwrap_or_else(|| panic!("{name} has no {from:?}"));
    let chapter = if to.is_empty() { chapter } else { chapter.split(to).next().unwrap() };
    let address = format!("http://{}", gate.address);
    let script = script(chapter).replace("http://127.0.0.1:8080", &address);
    assert!(script.contains(&address) && script.contains(PASSWORD), "{name}: not much of a walk");
    // The reader has the program at hand; what he saves is saved where nobody minds.
    let program = Path::new(env!("CARGO_BIN_EXE_border-gate")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let folder = std::env::temp_dir().join(format!("bg-paper-{}-{}", std::process::id(), gate.address.port()));
    std::fs::create_dir(&folder).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("PATH", path).current_dir(&folder);
    let output = tokio::task::spawn_blocking(move || bash.output().unwrap());
    let output = output.await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} ({}):\n{out}\n{err}", output.status);
    out.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_walk_through_works_as_it_is_copied() {
    let out = run("README.md", "\n## One vehicle", "\n## ").await;
    let states: Vec<&str> =
        out.lines().filter(|line| line.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')).collect();
    assert_eq!(states.len(), 17, "{out}");
    assert_eq!(states.last(), Some(&"completed"), "{out}");
    assert_eq!(states.iter().filter(|state| **state == "ready").count(), 2, "{out}");
    assert!(out.contains("\"action\":\"hold.release\""), "the history tells it: {out}");
    let imports: Vec<&str> = out.lines().filter_map(|line| line.split_once(",import,")).map(|(_, of)| of).collect();
    assert_eq!(imports, ["0,0", "1,1"], "the figure before and after: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_api_paper_works_as_it_is_copied() {
    let out = run("docs/API.md", "# The API", "").await;
    assert!(out.contains("\"scope\":\"declarations:read\""), "the client's token is narrowed: {out}");
    assert!(out.contains("\"state\":\"registered\""), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_statistics_paper_works_as_it_is_copied() {
    let out = run("docs/STATISTICS.md", "## Reading them", "").await;
    for part in [
        "\"period\":\"2025-Q1\"",
        "period,crossing_point,direction,completed",
        "\"registered_not_arrived\"",
        "\"same_period_last_year\"",
        "period,direction,count,p50,p90,p99",
        "\"revision\":1",
        "\"differences\":[]",
        "Signature Verified Successfully",
    ] {
        assert!(out.contains(part), "no {part}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_fees_works_as_it_is_copied() {
    let out = run("docs/FEES.md", "# Fees, receipts and takings", "").await;
    for part in ["\"proposed_vnd\":180000", ",HUU_NGHI,Hữu Nghị,2,360000,1,180000,180000", ",BL25-0001,refund,"] {
        assert!(out.contains(part), "no {part}: {out}");
    }
    assert!(out.contains("\"reason\":\"Resolution of December 2029\""), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_pass_paper_works_as_it_is_copied() {
    let out = run("docs/PASS.md", "# The gate pass", "").await;
    assert!(out.contains("good\nnumber ") && out.contains("Signature Verified Successfully"), "{out}");
    assert!(out.contains("\"plate\":\"12C54321\"") && out.contains("<svg "), "{out}");
    assert!(out.contains("\"outcome\":\"taken\"") && out.contains("\"outcome\":\"refused\""), "{out}");
    assert!(out.contains("\"missing\":[{\"from\":3,\"to\":3}]"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_working_time_works_as_it_is_copied() {
    let out = run("docs/WORKING_TIME.md", "# Working time", "").await;
    assert!(out.contains("\"valid_from\":\"2030-07-01\",\"valid_to\":\"2030-07-03\""), "the closure stands: {out}");
    assert!(out.contains("\"reason\":\"Flood; notice of the gate management, 30 June\""), "and why: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_registration_works_as_it_is_copied() {
    let out = run("docs/REGISTRATION.md", "# Registration", "").await;
    let registered = out.lines().find(|line| line.contains("\"plate\":\"12C76543\"")).unwrap();
    assert!(registered.contains("\"state\":\"registered\""), "{out}");
    assert!(registered.contains("T02:00:00Z\",\"slot_missed\":null"), "it has the hour of its planned arrival: {out}");
    assert!(registered.contains("Required because the goods are of HS chapters 06–14"), "{out}");
    assert!(out.contains("\"free\":15,\"free_for_perishables\":19"), "one of twenty is taken: {out}");
    assert!(out.contains("\"slot_missed\":\"early\""), "it came a day before its hour: {out}");
    assert!(out.contains("\"yard\":{\"yard\":\"BAO_NGUYEN\",\"bay\":\"A1\"}"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_audit_paper_works_as_it_is_copied() {
    let out = run("docs/AUDIT.md", "## Keeping checkpoints elsewhere", "## For programmers").await;
    assert!(out.contains("\"form\":\"border-gate checkpoint 1\""), "{out}");
    assert!(out.contains("{\"erased\":["), "{out}");
    assert!(out.contains("\"people_erased_at\":\"20"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_reports_paper_works_as_it_is_copied() {
    let out = run("docs/REPORTS.md", "## Reading them", "").await;
    for part in ["\"report\":\"daily\"", "period,level,code,name,declared,", "\"crossed_today\"", "\"revision\":1"] {
        assert!(out.contains(part), "no {part}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_corrections_works_as_it_is_copied() {
    let out = run("docs/CORRECTIONS.md", "## Trying it", "").await;
    let figures: Vec<&str> = out.lines().filter_map(|line| line.split_once(",HUU_NGHI,")).map(|(_, of)| of).collect();
    assert_eq!(figures, ["0,1,0", "0,0,0", "0,0,0"], "arrived, cleared, fees: {out}");
    for action in ["customs.revoke", "undo_arrive", "fee.refund", "amend"] {
        assert!(out.contains(&format!("\"action\":\"{action}\"")), "the history tells of {action}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_transfers_works_as_it_is_copied() {
    let out = run("docs/TRANSFERS.md", "## Trying it", "").await;
    let figures: Vec<&str> =
        out.lines().filter(|line| line.contains("HUU_NGHI") || line.contains("TAN_THANH")).collect();
    let figures: Vec<&str> = figures.iter().map(|line| line.split_once(',').unwrap().1).collect();
    // declared, transferred in, cleared, transferred, turned back
    let expected = ["HUU_NGHI,2,0,1,1,0", "TAN_THANH,0,1,0,0,0", "HUU_NGHI,2,0,1,1,1", "TAN_THANH,0,1,0,0,0"];
    assert_eq!(figures, expected, "{out}");
    assert!(out.contains("completed"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_paper_on_languages_works_as_it_is_copied() {
    let out = run("docs/LANGUAGES.md", "# Languages", "## Where the texts are").await;
    for title in ["Đang bị tạm dừng", "On hold", "扣停中"] {
        assert!(out.contains(title), "{title} in {out}");
    }
}
