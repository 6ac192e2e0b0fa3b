//! What somebody with a browser, a load balancer or a monitor finds.

use crate::support::gate::TestGate;

#[tokio::test(flavor = "multi_thread")]
async fn who_opens_the_address_finds_the_docs_and_all_that_they_load() {
    let gate = TestGate::open().await;
    let reply = gate.ask(None, "GET", "/", &[], "").await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/docs/")));
    let page = gate.ask(None, "GET", "/docs/", &[], "").await;
    assert_eq!(page.status, 200);
    let loaded: Vec<&str> = page.text.split(['"', '\'']).filter(|text| text.starts_with("./")).collect();
    assert!(loaded.len() >= 4, "{}", page.text);
    for file in loaded {
        let path = format!("/docs/{}", file.trim_start_matches("./"));
        // Bytes of a picture are no text: its head says enough.
        assert_eq!(gate.ask(None, "HEAD", &path, &[], "").await.status, 200, "{path}");
    }
    // The policy lets scripts from here alone run: none may stand in the page itself.
    assert!(page.headers["content-security-policy"].starts_with("default-src 'self';"));
    let scripts: Vec<&str> = page.text.split("<script").skip(1).collect();
    assert!(!scripts.is_empty() && scripts.iter().all(|script| script.contains("src=")), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_docs_show_the_contract_that_is_served_and_that_is_the_whole_one() {
    let gate = TestGate::open().await;
    let settings = gate.ask(None, "GET", "/docs/swagger-initializer.js", &[], "").await;
    assert!(settings.text.contains(r#""url": "/openapi.json""#), "{}", settings.text);
    let served = gate.ask(None, "GET", "/openapi.json", &[], "").await;
    assert_eq!((served.status, served.header("content-type")), (200, Some("application/json")));
    assert_eq!(served.json(), serde_json::to_value(border_gate::api::document()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_answered_as_a_get_is_without_its_body() {
    let gate = TestGate::open().await;
    for path in ["/health/live", "/api/v1/workflow", "/problems/on-hold", "/openapi.json", "/nowhere"] {
        let whole = gate.ask(None, "GET", path, &[], "").await;
        let head = gate.ask(None, "HEAD", path, &[], "").await;
        assert_eq!((head.status, head.text.as_str()), (whole.status, ""), "{path}");
        assert_eq!(head.header("content-type"), whole.header("content-type"), "{path}");
    }
    let reply = gate.ask(None, "HEAD", "/oauth/token", &[], "").await;
    assert_eq!(reply.status, 405);
}
