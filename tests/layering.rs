//! Who may name whom, read off the sources.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(sources(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            found.push(entry);
        }
    }
    found
}

/// Every source file by its path below `src`, without what it says in comments and in its tests.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root).into_iter().filter(|file| !file.ends_with("tests.rs")).map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = before_tests.lines().map(|line| line.split("//").next().unwrap_or_default());
        (file.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), lines.collect::<Vec<_>>().join("\n"))
    });
    files.collect()
}

/// The module at the top that a file belongs to, such as `domain`.
fn layer(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// What each layer may name of the others. The service puts them all together; the binary stands outside.
const MAY_NAME: [(&str, &[&str]); 12] = [
    ("clock", &[]),
    ("texts", &["domain"]),
    ("domain", &[]),
    ("intake", &["domain"]),
    ("storage", &["domain", "clock"]),
    ("identity", &["domain", "storage", "clock"]),
    ("casework", &["domain", "storage", "identity", "intake", "clock", "texts"]),
    ("demo", &["domain", "storage", "identity", "intake"]),
    ("reports", &["domain", "storage", "texts"]),
    ("charts", &["domain", "texts"]),
    ("api", &["domain", "storage", "identity", "casework", "reports", "charts", "clock", "texts", "workflow_document"]),
    ("workflow_document", &["domain", "texts"]),
];

/// What puts the layers together: it may name any of them, and none of them names it.
const ABOVE: [&str; 6] = ["service", "settings", "telemetry", "commands", "main", "lib"];

#[test]
fn every_file_belongs_to_a_layer_and_names_others_one_by_one() {
    for (file, code) in code() {
        let layer = layer(&file);
        let known = MAY_NAME.iter().any(|(name, _)| *name == layer) || ABOVE.contains(&layer);
        assert!(known, "src/{file}: what may {layer} name? Say it in MAY_NAME");
        assert!(!code.contains("crate::{"), "src/{file} names several modules in one: none could be seen");
    }
}

#[test]
fn settings_are_read_by_the_binary_alone() {
    for (file, code) in code() {
        let reads = matches!(layer(&file), "settings" | "telemetry" | "commands" | "main" | "lib");
        assert!(reads || !code.contains("settings::"), "src/{file} reads settings");
        let environment = file.starts_with("storage/embedded/") || file == "settings.rs";
        for reading in ["env::var", "env::args"] {
            assert!(environment || !code.contains(reading), "src/{file} reads the environment by {reading}");
        }
    }
}

/// Where transactions open beside casework, and why.
const TRANSACTIONS: [&str; 5] = [
    // A session and its tokens begin together; a refresh token is used once.
    "identity/sessions.rs",
    // One snapshot for several reads; they write nothing.
    "api/reports.rs",
    "api/charts.rs",
    "api/waiting.rs",
    // The demo's accounts.
    "commands/demo.rs",
];

#[test]
fn transactions_open_in_casework_and_in_few_other_places() {
    const OPENING: [&str; 4] = ["\"begin", ".transaction(", ".transaction::<", ".build_transaction("];
    let mut open = Vec::new();
    for (file, code) in code() {
        let opens = OPENING.iter().any(|opening| code.contains(opening));
        if opens && layer(&file) != "casework" {
            assert!(TRANSACTIONS.contains(&file.as_str()), "src/{file} opens a transaction");
            assert!(layer(&file) != "api" || code.contains(".read_only()"), "src/{file} may write in its transaction");
            open.push(file);
        }
    }
    let gone = TRANSACTIONS.iter().find(|listed| !open.iter().any(|file| file == *listed));
    assert_eq!(gone, None, "it opens none any more: the list is shorter");
}

#[test]
fn no_layer_names_one_that_stands_above_it() {
    let mut seen = 0;
    for (file, code) in code() {
        let Some((own, allowed)) = MAY_NAME.iter().find(|(name, _)| *name == layer(&file)) else { continue };
        for (place, _) in code.match_indices("crate::") {
            let named: String =
                code[place + 7..].chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect();
            seen += 1;
            let known = MAY_NAME.iter().any(|(name, _)| *name == named) || ABOVE.contains(&named.as_str());
            assert!(
                !known || named == *own || allowed.contains(&named.as_str()),
                "src/{file} names {named}: {own} may name only {allowed:?}"
            );
        }
    }
    assert!(seen > 300, "{seen} names were looked at");
}

#[test]
fn the_domain_knows_no_input_output_and_no_framework() {
    for (file, code) in code().iter().filter(|(file, _)| layer(file) == "domain") {
        for foreign in
            ["actix", "diesel", "tokio", "async ", "std::fs", "std::net", "std::env", "std::time", "tracing::"]
        {
            assert!(!code.contains(foreign), "src/{file} names {foreign}");
        }
    }
}

#[test]
fn http_is_spoken_by_the_api_alone() {
    for (file, code) in code() {
        let speaks = matches!(layer(&file), "api" | "service" | "main" | "commands");
        assert!(speaks || !code.contains("actix_web"), "src/{file} names actix_web");
    }
}

#[test]
fn the_time_is_read_in_one_place() {
    for (file, code) in code().iter().filter(|(file, _)| file != "clock.rs") {
        for reading in [
            "Utc::now",
            "Local::now",
            "SystemTime::now",
            "dsl::now",
            "current_timestamp",
            "clock_timestamp",
            " now()",
            "(now()",
        ] {
            assert!(!code.contains(reading), "src/{file} reads the time by {reading}");
        }
    }
}

#[test]
fn unsafe_code_stands_where_the_private_cluster_makes_system_calls_and_the_allocator_is_set_alone() {
    for (file, code) in code() {
        let there = ["storage/embedded/process.rs", "main.rs"].contains(&file.as_str());
        assert!(there || !code.contains("unsafe "), "src/{file} holds unsafe code");
    }
}

#[test]
fn declarations_are_written_by_the_one_write_path() {
    for (file, code) in code() {
        let writes = file.starts_with("storage/sets/");
        for statement in
            ["insert into declarations", "update declarations", "insert into actions", "insert into throughput"]
        {
            assert!(writes || !code.contains(statement), "src/{file} writes beside the one write path: {statement}");
        }
        for table in ["declarations::table", "actions::table", "throughput::table"] {
            for verb in ["diesel::update(", "diesel::insert_into(", "diesel::delete("] {
                let call = format!("{verb}{table}");
                assert!(!code.contains(&call), "src/{file} writes beside the one write path: {call}");
            }
        }
    }
}

#[test]
fn no_module_has_a_name_that_says_nothing() {
    const NOTHING: [&str; 9] =
        ["utils", "helpers", "common", "models", "services", "controllers", "manager", "types", "misc"];
    for (file, _) in code() {
        let parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        assert!(!parts.iter().any(|part| NOTHING.contains(part)), "src/{file}");
    }
}
