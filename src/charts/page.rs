//! A chart as a page: the picture, and the same figures as a table that a screen reader walks through.

use std::fmt::{self, Write};

use super::markup::escaped;
use super::{Chart, number, svg};

/// How the page looks, on a screen and on paper. A policy lets it through by its hash.
pub const STYLE: &str = "body{font:1rem/1.5 system-ui,'Noto Sans',sans-serif;max-width:62rem;margin:1.5rem auto;padding:0 1rem;\
    color:#1b2733;background:#fff}h1{font-size:1.4rem;margin:0 0 .5rem}figure{margin:0}svg{max-width:100%;height:auto}\
    table{border-collapse:collapse;margin:1.5rem 0;font-variant-numeric:tabular-nums}caption{text-align:left;white-space:nowrap;font-weight:600;\
    padding:0 0 .5rem}th,td{border:1px solid #9aa5b1;padding:.25rem .75rem;text-align:right}th:first-child{text-align:left}\
    thead th{background:#e8edf2}tfoot th,tfoot td{font-weight:600;border-top:2px solid #1b2733}footer{color:#44525f;\
    font-size:.9rem}@media screen and (min-width:84rem){body{max-width:100rem}main{display:grid;grid-template-columns:minmax(0,62rem) auto;\
    column-gap:2rem;align-items:start}main>:not(table){grid-column:1}table{grid-column:2;grid-row:1/span 3;margin:0}figure{position:sticky;top:1rem}}@page{size:A4 landscape;margin:12mm}@media print{body{margin:0;max-width:none;font-size:10pt}\
    thead{display:table-header-group}table,tr{break-inside:avoid}}";

/// Writes `chart` as a whole page; `notes` stand at its foot.
#[must_use]
pub fn write(chart: &Chart, notes: &[String]) -> String {
    let mut page = String::new();
    // Writing to a text never fails.
    let _ = page_of(chart, notes, &mut page);
    page
}

fn page_of(chart: &Chart, notes: &[String], page: &mut String) -> fmt::Result {
    let (language, title) = (chart.language, escaped(&chart.title));
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} · border-gate</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<p>{}</p>\n<figure>\n{}</figure>\n",
        escaped(&chart.description),
        svg::draw_untitled(chart)
    )?;
    table(chart, page)?;
    page.push_str("</main>\n<footer>\n");
    for note in notes {
        writeln!(page, "<p>{}</p>", escaped(note))?;
    }
    page.push_str("</footer>\n</body>\n</html>\n");
    Ok(())
}

fn table(chart: &Chart, page: &mut String) -> fmt::Result {
    let written = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| number(chart.language, value));
    let cell = |value: Option<i64>, page: &mut String| write!(page, "<td>{}</td>", written(value));
    write!(page, "<table>\n<caption>{}</caption>\n<thead>\n<tr>", escaped(&chart.title))?;
    let names = chart.series.iter().map(|series| &series.name);
    for heading in std::iter::once(&chart.heading).chain(&chart.total).chain(names) {
        write!(page, "<th scope=\"col\">{}</th>", escaped(heading))?;
    }
    page.push_str("</tr>\n</thead>\n<tbody>\n");
    for (place, category) in chart.categories.iter().enumerate() {
        write!(page, "<tr><th scope=\"row\">{}</th>", escaped(&category.name))?;
        if chart.total.is_some() {
            cell(chart.sum(place), page)?;
        }
        for series in &chart.series {
            cell(series.values.get(place).copied().flatten(), page)?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
    Ok(())
}
