//! The files around the program say what the program knows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use border_gate::settings::VARIABLES;

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// `NAME` of every line `NAME=…` or `NAME: …`, whatever stands before it.
fn names(text: &str, mark: char) -> BTreeSet<String> {
    let lines =
        text.lines().map(|line| line.trim_start_matches(|c: char| c.is_whitespace()).trim_start_matches("ENV "));
    let named = lines.filter_map(|line| line.split_once(mark)).map(|(name, _)| name.trim().to_owned());
    named.filter(|name| name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')).collect()
}

fn known() -> BTreeSet<String> {
    VARIABLES.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_example_of_an_environment_names_every_setting_and_no_other() {
    assert_eq!(names(&text(".env.example"), '='), known());
}

#[test]
fn the_containers_set_only_what_the_program_knows() {
    let compose = text("docker-compose.yml");
    let set = names(&compose, ':');
    let ours: BTreeSet<String> = set.iter().filter(|name| !name.starts_with("POSTGRES_")).cloned().collect();
    assert!(ours.contains("DATABASE_URL") && ours.contains("SIGNING_KEY_FILE"), "{ours:?}");
    assert!(ours.is_subset(&known()), "{:?}", ours.difference(&known()));
    let image = names(&text("Dockerfile").replace('\\', ""), '=');
    assert!(image.contains("LISTEN") && image.is_subset(&known()), "{image:?}");
}

#[test]
fn no_image_is_whatever_is_newest() {
    let images = |text: &str, mark: &str| -> Vec<String> {
        let named = text.lines().filter_map(|line| line.trim().strip_prefix(mark));
        named.map(|rest| rest.split_whitespace().next().unwrap_or_default().to_owned()).collect()
    };
    let found = [images(&text("docker-compose.yml"), "image: "), images(&text("Dockerfile"), "FROM ")].concat();
    assert_eq!(found.len(), 4, "{found:?}");
    for image in found {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        assert!(!tag.is_empty() && tag != "latest", "{image} is not pinned to a version");
    }
}

#[test]
fn what_the_image_is_built_from_is_there_and_holds_all_that_the_build_reads() {
    let dockerfile = text("Dockerfile");
    let copied: Vec<&str> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(|line| line.split_whitespace().rev().skip(1))
        .collect();
    for source in &copied {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).exists(), "{source} is copied and not there");
    }
    for needed in ["src", "migrations", "reference", "locales", "build.rs", "Cargo.lock", "rust-toolchain.toml"] {
        assert!(copied.contains(&needed), "the build reads {needed}, which is not copied");
    }
}

#[test]
fn the_service_in_its_container_may_do_nothing_that_it_need_not() {
    let compose = text("docker-compose.yml");
    let gate = compose.split("\n  gate:\n").nth(1).unwrap().split("\nvolumes:").next().unwrap();
    for needed in [
        "read_only: true",
        "cap_drop:\n      - ALL",
        "no-new-privileges:true",
        "user: \"10001:10001\"",
        "condition: service_healthy",
        "\"border-gate\", \"healthcheck\"",
        "DATABASE_PASSWORD_FILE: /run/secrets/",
    ] {
        assert!(gate.contains(needed), "{needed}");
    }
    let dockerfile = text("Dockerfile");
    let user = dockerfile.find("\nUSER border-gate").expect("not root");
    assert!(user < dockerfile.find("\nENTRYPOINT").unwrap());
    assert!(!compose.to_lowercase().contains("password: "), "a password stands in the compose file");
}
