//! Charts, over HTTP: the figures of the statistics, readable without seeing the picture, by who may read them.

use border_gate::domain::workflow::Role;

use crate::reports::{analyst, published};
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

const SPAN: &str = "from=2025-01-01&to=2025-04-01";

async fn read(gate: &TestGate, path: &str, headers: &[(&str, &str)]) -> Reply {
    let reply = gate.ask(Some(&analyst()), "GET", &format!("/api/v1/charts/{path}"), headers, "").await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply
}

/// The cells of the table's body, a row each.
fn table(page: &str) -> Vec<Vec<String>> {
    let body = page.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let cells = |row: &str| {
        let cells = row.split('<').filter_map(|part| part.split_once('>'));
        let cells = cells.filter(|(tag, _)| *tag == "td" || *tag == "th scope=\"row\"");
        cells.map(|(_, text)| text.to_owned()).collect()
    };
    body.split("</tr>").filter(|row| row.contains("<td>")).map(cells).collect()
}

fn numbers(column: usize, rows: &[Vec<String>]) -> i64 {
    rows.iter().map(|row| row[column].replace('.', "").parse::<i64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_figures_stand_beside_each_chart() {
    let gate = published().await;
    let trend = read(&gate, &format!("trend?{SPAN}&interval=month"), &[]).await;
    let rows = table(&trend.text);
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["01/2025", "02/2025", "03/2025"]);
    assert_eq!([1, 2, 3].map(|column| numbers(column, &rows)), [93_940, 23_077, 70_863]);
    assert!(trend.text.contains("Tổng 93.940"), "said in words, with Vietnamese thousands");

    let points = read(&gate, &format!("crossing-points?{SPAN}"), &[]).await;
    let rows = table(&points.text);
    assert_eq!((rows.len(), rows[0][0].as_str()), (8, "Hữu Nghị"), "the most first");
    assert_eq!([1, 2, 3].map(|column| numbers(column, &rows)), [93_940, 23_077, 70_863]);
    let export = read(&gate, &format!("crossing-points?{SPAN}&direction=export"), &[]).await;
    assert_eq!(numbers(1, &table(&export.text)), 23_077);

    let backlog = read(&gate, "backlog?day=2024-08-22", &[]).await;
    let rows = table(&backlog.text);
    assert_eq!(rows.len(), 25);
    assert_eq!(rows[20], ["20:00", "369", "216", "153"]);
    for (hour, row) in rows.iter().enumerate() {
        let at = "2024-08-21T17:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
            + chrono::Duration::hours(i64::try_from(hour).unwrap());
        let path = format!("/api/v1/statistics/backlog?at={}", at.format("%Y-%m-%dT%H:%M:%SZ"));
        let told = gate.get(&analyst(), &path).await.json()["total"].to_string();
        assert_eq!(row[1], told, "{}", row[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_can_be_read_without_seeing_it_and_runs_nothing() {
    let gate = TestGate::open().await;
    for chart in [&format!("trend{{}}?{SPAN}"), &format!("crossing-points{{}}?{SPAN}"), "backlog{}?day=2025-03-30"] {
        let picture = read(&gate, &chart.replace("{}", ".svg"), &[("Accept-Language", "en")]).await;
        assert_eq!(picture.header("content-type"), Some("image/svg+xml"));
        let svg = &picture.text;
        for part in [
            "role=\"img\"",
            "aria-labelledby=\"chart-title chart-description\"",
            "<title id=\"chart-title\">",
            "<desc id=\"chart-description\">",
            "</text>",
            "<pattern id=\"hatched\"",
            "lang=\"en\"",
        ] {
            assert!(svg.contains(part), "{chart}: no {part}");
        }
        let page = read(&gate, &chart.replace("{}", ""), &[("Accept", "text/html"), ("Accept-Language", "zh")]).await;
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("content-language"), Some("zh"));
        for part in
            ["<html lang=\"zh\">", "<svg ", "<caption>", "<th scope=\"col\">", "<th scope=\"row\">", "@media print"]
        {
            assert!(page.text.contains(part), "{chart}: no {part}");
        }
        // The policy lets the page's own style alone through.
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        for text in [svg, &page.text] {
            for nowhere in ["<script", " style=\"", "href=", " onload", "@import", "url(http"] {
                assert!(!text.contains(nowhere), "{chart}: {nowhere}");
            }
            let open = |tag: &str| text.matches(&format!("<{tag}")).count();
            let closed = |tag: &str| text.matches(&format!("</{tag}>")).count();
            for tag in ["svg", "text", "desc", "pattern", "defs"] {
                assert_eq!(open(tag), closed(tag), "{chart}: {tag}");
            }
        }
        let drawn =
            read(&gate, &chart.replace("{}", ""), &[("Accept", "image/svg+xml"), ("Accept-Language", "en")]).await;
        assert_eq!(drawn.text, *svg, "the same picture by Accept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_or_a_day_that_has_not_come_is_left_out_and_not_nought() {
    let gate = TestGate::open().await;
    // It is 09:00 at the gate on 31 March.
    let rows = table(&read(&gate, "backlog?day=2025-03-31", &[]).await.text);
    assert_eq!((rows[9][1].as_str(), rows[10][1].as_str()), ("0", "–"));
    let page = read(&gate, "trend?from=2025-03-30&to=2025-04-02", &[]).await.text;
    let rows = table(&page);
    assert_eq!([0, 1, 2].map(|row: usize| rows[row][1].as_str()), ["0", "0", "–"]);
    assert!(page.contains("chưa kết thúc"), "{page}");
    let cut = read(&gate, "trend?from=2025-01-01&to=2025-03-30&interval=week", &[]).await.text;
    assert!(cut.contains("không đủ ngày"), "the first week began on 30 December");
    let whole = read(&gate, "trend?from=2025-01-06&to=2025-03-31&interval=week", &[]).await.text;
    assert!(!whole.contains("không đủ ngày"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_is_sent_once_refused_with_what_is_wrong_and_drawn_for_who_reads_statistics() {
    let gate = TestGate::open().await;
    let path = format!("trend.svg?{SPAN}");
    let tag = read(&gate, &path, &[]).await.header("etag").unwrap().to_owned();
    let again =
        gate.ask(Some(&analyst()), "GET", &format!("/api/v1/charts/{path}"), &[("If-None-Match", &tag)], "").await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    for (path, faults) in [
        ("trend.svg?from=2025-01-01", vec![("/to", "required")]),
        (
            "trend?from=2025-04-01&to=2025-01-01&measure=speed",
            vec![("/measure", "unknown-word"), ("/to", "span-backwards")],
        ),
        ("trend?from=2020-01-01&to=2025-01-01", vec![("/to", "answer-too-long")]),
        (
            "crossing-points?from=1800-01-01&to=2025-01-01&interval=day",
            vec![("/interval", "unknown-field"), ("/to", "span-too-long")],
        ),
        ("backlog.svg?day=yesterday&at=1", vec![("/at", "unknown-field"), ("/day", "wrong-type")]),
        ("backlog", vec![("/day", "required")]),
    ] {
        let reply = gate.get(&analyst(), &format!("/api/v1/charts/{path}")).await;
        assert_eq!(reply.status, 422, "{path}: {}", reply.text);
        let mut found = reply.faults();
        found.sort();
        let faults: Vec<_> = faults.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        assert_eq!(found, faults, "{path}");
    }
    let page = format!("/api/v1/charts/trend?{SPAN}");
    let json = gate.ask(Some(&analyst()), "GET", &page, &[("Accept", "application/json")], "").await;
    assert_eq!(json.problem(), "not-acceptable");
    assert_eq!(gate.get(&officer(Role::GateManager, &["CHI_MA"]), &page).await.status, 200);
    assert_eq!(gate.get(&declarant(1), &page).await.problem(), "forbidden");
    assert_eq!(gate.ask(None, "GET", &page, &[], "").await.status, 401);
}
