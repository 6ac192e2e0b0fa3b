//! A chart drawn as SVG: presentation attributes alone, so that no policy on styles touches it, and no script.

use std::fmt::{self, Write};

use super::markup::escaped;
use super::scale::Scale;
use super::{Chart, Shape, number};

/// The width of every chart, in pixels.
const WIDTH: f64 = 960.0;
/// How high the line of the title is.
const TITLE: f64 = 38.0;
/// Where the plot begins below title and legend.
const TOP: f64 = 84.0;
/// How high the plot of lines and columns is.
const HEIGHT: f64 = 320.0;
/// How high the row of a bar is.
const ROW: f64 = 40.0;
/// How many points of a line bear a mark; with more they would run into each other.
const MARKED: usize = 45;

/// How a series is told from the others: by its colour, and without colours by its stroke, mark and pattern. The
/// colours differ in lightness, too.
struct Style {
    colour: &'static str,
    dash: &'static str,
    fill: &'static str,
}

const STYLES: [Style; 3] = [
    Style { colour: "#12436d", dash: "none", fill: "#12436d" },
    Style { colour: "#b45309", dash: "9 4", fill: "url(#hatched)" },
    Style { colour: "#5b6470", dash: "2 4", fill: "url(#dotted)" },
];

const PATTERNS: &str = "<defs>\
    <pattern id=\"hatched\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
    <rect width=\"7\" height=\"7\" fill=\"#fdf1e3\"/><rect width=\"2.5\" height=\"7\" fill=\"#b45309\"/></pattern>\
    <pattern id=\"dotted\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
    <rect width=\"6\" height=\"6\" fill=\"#f3f4f6\"/><circle cx=\"3\" cy=\"3\" r=\"1.5\" fill=\"#5b6470\"/></pattern></defs>";

fn style(series: usize) -> &'static Style {
    STYLES.get(series).unwrap_or(&STYLES[2])
}

/// Draws `chart` as a picture that stands alone.
#[must_use]
pub fn draw(chart: &Chart) -> String {
    drawn(chart, 0.0)
}

/// Draws `chart` for a page that says its title already: without the line in which it would stand.
#[must_use]
pub fn draw_untitled(chart: &Chart) -> String {
    drawn(chart, TITLE)
}

fn drawn(chart: &Chart, cut: f64) -> String {
    let mut svg = String::new();
    // Writing to a text never fails.
    let _ = write(chart, cut, &mut svg);
    svg
}

fn write(chart: &Chart, cut: f64, svg: &mut String) -> fmt::Result {
    let height = match chart.shape {
        Shape::Lines | Shape::Columns => TOP + HEIGHT + 64.0,
        Shape::Bars => TOP + ROW * count(chart.categories.len()) + 44.0,
    };
    let shown = height - cut;
    let (title, description) = (escaped(&chart.title), escaped(&chart.description));
    write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 {cut} {WIDTH} {shown}\" width=\"{WIDTH}\" height=\"{shown}\" \
         role=\"img\" aria-labelledby=\"chart-title chart-description\" lang=\"{}\" \
         font-family=\"system-ui, 'Noto Sans', 'Noto Sans CJK SC', Arial, sans-serif\" font-size=\"13\" fill=\"#1b2733\">\n\
         <title id=\"chart-title\">{title}</title>\n<desc id=\"chart-description\">{description}</desc>\n{PATTERNS}\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n",
        chart.language
    )?;
    if cut == 0.0 {
        writeln!(svg, "<text x=\"16\" y=\"30\" font-size=\"18\" font-weight=\"600\">{title}</text>")?;
    }
    legend(chart, svg)?;
    match chart.shape {
        Shape::Lines | Shape::Columns => over_time(chart, svg)?,
        Shape::Bars => bars(chart, svg)?,
    }
    svg.push_str("</svg>\n");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a picture has few things in it")]
fn count(things: usize) -> f64 {
    things as f64
}

/// About how wide a text is in pixels at 13 pixels; Chinese characters are as wide as they are high.
fn width(text: &str) -> f64 {
    text.chars().map(|letter| if letter > '\u{2e80}' { 13.5 } else { 7.4 }).sum()
}

fn legend(chart: &Chart, svg: &mut String) -> fmt::Result {
    let mut x = 16.0;
    for (place, series) in chart.series.iter().enumerate() {
        let Style { colour, dash, fill } = style(place);
        match chart.shape {
            Shape::Lines => {
                write!(
                    svg,
                    "<path d=\"M{x} 53h30\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/>"
                )?;
                mark(svg, place, x + 15.0, 53.0)?;
            }
            Shape::Bars | Shape::Columns => {
                write!(
                    svg,
                    "<rect x=\"{x}\" y=\"46\" width=\"30\" height=\"14\" fill=\"{fill}\" stroke=\"{colour}\"/>"
                )?;
            }
        }
        writeln!(svg, "<text x=\"{}\" y=\"58\">{}</text>", x + 38.0, escaped(&series.name))?;
        x += 38.0 + width(&series.name) + 28.0;
    }
    Ok(())
}

/// The mark of a series' points: a disc, a square, a triangle.
fn mark(svg: &mut String, series: usize, x: f64, y: f64) -> fmt::Result {
    let colour = style(series).colour;
    match series {
        0 => write!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>"),
        1 => write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\" fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"1.8\"/>",
            x - 3.5,
            y - 3.5
        ),
        _ => write!(svg, "<path d=\"M{x:.1} {:.1}l4.5 8h-9z\" fill=\"{colour}\"/>", y - 5.0),
    }
}

/// Lines and columns: time goes to the right, figures go up.
fn over_time(chart: &Chart, svg: &mut String) -> fmt::Result {
    let stacked = chart.shape == Shape::Columns;
    let sums = (0..chart.categories.len()).filter_map(|category| chart.sum(category));
    let each = chart.series.iter().flat_map(|series| series.values.iter().copied().flatten());
    let scale = if stacked { Scale::of(sums) } else { Scale::of(each) };
    let label = |value| number(chart.language, value);
    let left = 24.0 + scale.ticks().map(|tick| width(&label(tick))).fold(0.0, f64::max);
    let right = WIDTH - 24.0;
    let y = |value: i64| TOP + HEIGHT - HEIGHT * scale.share(value);
    for tick in scale.ticks() {
        let (stroke, y) = (if tick == 0 { "#1b2733" } else { "#d5dbe1" }, y(tick));
        write!(svg, "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"{stroke}\"/>")?;
        writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 8.0, y + 4.5, label(tick))?;
    }
    let slot = (right - left) / count(chart.categories.len().max(1));
    let x = |category: usize| left + slot * (count(category) + 0.5);
    let longest = chart.categories.iter().map(|category| width(&category.short)).fold(0.0, f64::max);
    let each_nth = (1..=chart.categories.len().max(1)).find(|nth| slot * count(*nth) > longest + 12.0).unwrap_or(1);
    for (place, category) in chart.categories.iter().enumerate().step_by(each_nth) {
        let (x, foot) = (x(place), TOP + HEIGHT);
        write!(svg, "<path d=\"M{x:.1} {foot}v5\" stroke=\"#1b2733\"/>")?;
        let short = escaped(&category.short);
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{short}</text>", foot + 20.0)?;
    }
    let heading = escaped(&chart.heading);
    let (middle, below) = (f64::midpoint(left, right), TOP + HEIGHT + 46.0);
    writeln!(svg, "<text x=\"{middle:.1}\" y=\"{below}\" text-anchor=\"middle\" fill=\"#44525f\">{heading}</text>")?;
    if stacked { columns(chart, svg, slot, x, y) } else { lines(chart, svg, x, y) }
}

fn lines(chart: &Chart, svg: &mut String, x: impl Fn(usize) -> f64, y: impl Fn(i64) -> f64) -> fmt::Result {
    // The first series, which matters most, lies on top.
    for (place, series) in chart.series.iter().enumerate().rev() {
        let Style { colour, dash, .. } = style(place);
        let mut path = String::new();
        let mut drawing = false;
        for (category, value) in series.values.iter().enumerate() {
            if let Some(value) = value {
                let step = if drawing { 'L' } else { 'M' };
                write!(path, "{step}{:.1} {:.1}", x(category), y(*value))?;
            }
            drawing = value.is_some();
        }
        writeln!(
            svg,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\" stroke-linejoin=\"round\"/>"
        )?;
        if series.values.len() <= MARKED {
            for (category, value) in series.values.iter().enumerate() {
                if let Some(value) = value {
                    mark(svg, place, x(category), y(*value))?;
                }
            }
            svg.push('\n');
        }
    }
    Ok(())
}

fn columns(
    chart: &Chart,
    svg: &mut String,
    slot: f64,
    x: impl Fn(usize) -> f64,
    y: impl Fn(i64) -> f64,
) -> fmt::Result {
    let wide = (slot * 0.72).min(56.0);
    for category in 0..chart.categories.len() {
        let Some(sum) = chart.sum(category) else { continue };
        let mut below = 0;
        for (place, series) in chart.series.iter().enumerate() {
            let value = series.values.get(category).copied().flatten().unwrap_or(0).max(0);
            let Style { colour, fill, .. } = style(place);
            let (foot, head, left) = (y(below), y(below + value), x(category) - wide / 2.0);
            if value > 0 {
                write!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{head:.1}\" width=\"{wide:.1}\" height=\"{:.1}\" fill=\"{fill}\" stroke=\"{colour}\"/>",
                    foot - head
                )?;
            }
            below += value;
        }
        let label = number(chart.language, sum);
        // A number wider than its column would run into its neighbour's.
        if width(&label) * 0.85 < slot {
            let (x, above) = (x(category), y(below) - 5.0);
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{above:.1}\" text-anchor=\"middle\" font-size=\"11\">{label}</text>"
            )?;
        }
    }
    Ok(())
}

/// Bars: a category a row, figures go to the right, the sum behind them.
fn bars(chart: &Chart, svg: &mut String) -> fmt::Result {
    let sums: Vec<i64> = (0..chart.categories.len()).map(|category| chart.sum(category).unwrap_or(0)).collect();
    let scale = Scale::of(sums.iter().copied());
    let label = |value| number(chart.language, value);
    let left = 28.0 + chart.categories.iter().map(|category| width(&category.short)).fold(0.0, f64::max);
    let right = WIDTH - 28.0 - sums.iter().map(|sum| width(&label(*sum))).fold(0.0, f64::max);
    let x = |value: i64| left + (right - left) * scale.share(value);
    let foot = TOP + ROW * count(chart.categories.len());
    for tick in scale.ticks() {
        let (stroke, x) = (if tick == 0 { "#1b2733" } else { "#d5dbe1" }, x(tick));
        write!(svg, "<path d=\"M{x:.1} {TOP}V{foot}\" stroke=\"{stroke}\"/>")?;
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", foot + 20.0, label(tick))?;
    }
    for (row, (category, sum)) in chart.categories.iter().zip(&sums).enumerate() {
        let top = TOP + ROW * count(row);
        let (middle, short) = (top + ROW / 2.0 + 4.5, escaped(&category.short));
        write!(svg, "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{short}</text>", left - 10.0)?;
        let mut before = 0;
        for (place, series) in chart.series.iter().enumerate() {
            let value = series.values.get(row).copied().flatten().unwrap_or(0);
            let Style { colour, fill, .. } = style(place);
            let (from, to) = (x(before.min(before + value)), x(before.max(before + value)));
            if value != 0 {
                write!(
                    svg,
                    "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\" stroke=\"{colour}\"/>",
                    top + 8.0,
                    to - from,
                    ROW - 16.0
                )?;
            }
            before += value;
        }
        let end = x((*sum).max(0)) + 8.0;
        writeln!(svg, "<text x=\"{end:.1}\" y=\"{middle:.1}\" font-weight=\"600\">{}</text>", label(*sum))?;
    }
    Ok(())
}
