//! A report as a workbook: the table as it is printed, its sums as formulas with their results beside them, and a sheet
//! that says what each figure means.

use chrono::{Datelike, Timelike};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet, XlsxError,
};

use super::{Cell, Figure, Group, Level, Place, Report, Unit, meaning};
use crate::domain::period::TIME_ZONE;
use crate::texts::{Language, say, word};

/// The row, from 0 on, in which the heads stand; the names of the columns stand in the next.
const HEAD: u32 = 4;
/// A4, as workbooks number paper.
const A4: u8 = 9;
/// The fill of heads, of captions and of the total: light enough for a printer without colours.
const HEAD_FILL: u32 = 0xD9_E2_EC;
const CAPTION_FILL: u32 = 0xF0_F3_F6;
const FONT: &str = "Arial";
/// How high a row is, in points.
const ROW_HEIGHT: f64 = 18.0;
/// How wide the column of definitions is, in characters.
const MEANING_WIDTH: u16 = 92;

/// How the cells of one kind look.
struct Looks {
    title: Format,
    subtitle: Format,
    note: Format,
    head: Format,
    caption: Format,
    name: Format,
    text: Format,
}

/// How the thousands are set apart in a language, whatever the reader's machine is set to.
const fn locale(language: Language) -> &'static str {
    match language {
        Language::Vi => "[$-42A]",
        Language::En => "[$-409]",
        Language::Zh => "[$-804]",
    }
}

impl Looks {
    fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(10);
        let boxed = plain.clone().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        Self {
            title: plain.clone().set_bold().set_font_size(14).set_align(FormatAlign::Center),
            subtitle: plain.clone().set_bold().set_font_size(11).set_align(FormatAlign::Center),
            note: plain.clone().set_italic().set_align(FormatAlign::Center),
            head: boxed
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(HEAD_FILL),
            caption: boxed.clone().set_bold().set_indent(1).set_background_color(CAPTION_FILL),
            name: boxed.clone().set_indent(1),
            text: boxed.set_text_wrap().set_indent(1),
        }
    }

    /// How a figure is written in a row.
    fn figure(&self, language: Language, cell: &Cell, figure: Figure, level: Level) -> Format {
        let locale = locale(language);
        let digits = match cell {
            Cell::Change(..) => format!("{locale}+0.0%;{locale}-0.0%;{locale}0.0%"),
            // The total of changes is a change.
            Cell::Difference(..) | Cell::Sum(_)
                if figure == Figure::BacklogChange || matches!(cell, Cell::Difference(..)) =>
            {
                format!("{locale}+#,##0;{locale}-#,##0;{locale}0")
            }
            Cell::Difference(..) | Cell::Blank | Cell::Count(_) | Cell::Sum(_) => format!("{locale}#,##0"),
        };
        let format = self.name.clone().set_num_format(digits).set_align(FormatAlign::Right);
        weight(format, level)
    }
}

/// A row's weight: the total is what the eye looks for.
fn weight(format: Format, level: Level) -> Format {
    match level {
        Level::Total => format.set_bold().set_background_color(HEAD_FILL),
        Level::CrossingPoint | Level::Gate | Level::Month | Level::Comparison => format,
    }
}

/// Where each row of the report stands on its sheet, and the captions between them.
struct Layout {
    rows: Vec<u32>,
    captions: Vec<(u32, Level)>,
}

impl Layout {
    fn of(report: &Report) -> Self {
        let mut layout = Self { rows: Vec::new(), captions: Vec::new() };
        let mut next = HEAD + 2;
        let mut level = None;
        for row in &report.rows {
            // The total ends the section that it adds up.
            if level != Some(row.level) && row.level != Level::Total {
                layout.captions.push((next, row.level));
                next += 1;
            }
            level = Some(row.level);
            layout.rows.push(next);
            next += 1;
        }
        layout
    }

    fn row(&self, row: usize) -> u32 {
        self.rows.get(row).copied().unwrap_or_default()
    }

    /// A cell as formulas name it, such as `C7`.
    fn name(&self, place: Place) -> String {
        let mut column = place.column + 1;
        let mut letters = String::new();
        loop {
            letters.insert(0, char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
            if column < 26 {
                break;
            }
            column = column / 26 - 1;
        }
        format!("{letters}{}", self.row(place.row) + 1)
    }

    /// The formula of a cell that is made of others.
    fn formula(&self, cell: &Cell) -> Option<String> {
        Some(match cell {
            Cell::Blank | Cell::Count(_) => return None,
            Cell::Sum(places) => match (places.first(), places.last()) {
                (Some(first), Some(last)) if first.row != last.row => {
                    format!("SUM({}:{})", self.name(*first), self.name(*last))
                }
                _ => places.iter().map(|place| self.name(*place)).collect::<Vec<_>>().join("+"),
            },
            Cell::Difference(now, before) => format!("{}-{}", self.name(*now), self.name(*before)),
            Cell::Change(now, before) => {
                let (now, before) = (self.name(*now), self.name(*before));
                format!("IF({before}<=0,\"\",ROUND(({now}-{before})/{before},4))")
            }
        })
    }
}

/// Writes `report` as a workbook.
///
/// # Errors
///
/// Where the workbook cannot be put together.
pub fn write(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let looks = Looks::new();
    let mut workbook = Workbook::new();
    let at = report.as_of();
    let made = ExcelDateTime::from_ymd(
        u16::try_from(at.year()).unwrap_or(1900),
        u8::try_from(at.month()).unwrap_or(1),
        u8::try_from(at.day()).unwrap_or(1),
    )?
    .and_hms(
        u16::try_from(at.hour()).unwrap_or_default(),
        u8::try_from(at.minute()).unwrap_or_default(),
        at.second(),
    )?;
    let properties = DocProperties::new().set_title(format!("{} · {}", report.title(), report.of_period()));
    workbook.set_properties(&properties.set_author("border-gate").set_creation_datetime(&made));
    figures(workbook.add_worksheet(), report, &looks)?;
    definitions(workbook.add_worksheet(), report, &looks)?;
    workbook.save_to_buffer()
}

/// How wide a column of figures is, in characters.
const fn width(figure: Figure) -> f64 {
    match figure.unit() {
        Unit::Kg | Unit::Vnd => 16.5,
        Unit::Vehicles => 9.0,
    }
}

fn figures(sheet: &mut Worksheet, report: &Report, looks: &Looks) -> Result<(), XlsxError> {
    let language = report.language;
    let layout = Layout::of(report);
    sheet.set_name(say(language, "report-sheet-figures", &[]))?;
    // What there is nothing to compare with shows as nothing, also before anybody calculates.
    sheet.set_formula_result_default("");
    let columns = (1_u16..).zip(report.columns);
    let last = u16::try_from(report.columns.len()).unwrap_or(u16::MAX);
    for (row, text, look) in [
        (0, report.title(), &looks.title),
        (1, report.of_period(), &looks.subtitle),
        (2, format!("{} {}", report.made(), report.state()), &looks.note),
    ] {
        sheet.merge_range(row, 0, row, last, &text, look)?;
    }
    sheet.set_row_height(0, 26)?.set_row_height(1, 19)?.set_row_height(HEAD, 30)?.set_row_height(HEAD + 1, 46)?;
    sheet.set_column_width(0, 38)?;
    sheet.merge_range(HEAD, 0, HEAD + 1, 0, &say(language, "report-head-place", &[]), &looks.head)?;
    let mut begun: Option<(u16, Group)> = None;
    for (place, column) in columns.clone() {
        sheet.set_column_width(place, width(column.figure))?;
        let heading = column.heading(language);
        let Some(group) = column.group else {
            sheet.merge_range(HEAD, place, HEAD + 1, place, &heading, &looks.head)?;
            begun = None;
            continue;
        };
        sheet.write_with_format(HEAD + 1, place, &heading, &looks.head)?;
        let ends = report.columns.get(usize::from(place)).and_then(|next| next.group) != Some(group);
        let first = match begun {
            Some((first, of)) if of == group => first,
            Some(_) | None => place,
        };
        begun = Some((first, group));
        if ends && first < place {
            let name = word(language, "figure-group", group.as_str());
            sheet.merge_range(HEAD, first, HEAD, place, &name, &looks.head)?;
        }
    }
    for (row, level) in &layout.captions {
        let caption = word(language, "level", level.as_str());
        sheet.set_row_height(*row, ROW_HEIGHT)?;
        sheet.merge_range(*row, 0, *row, last, &caption, &looks.caption)?;
    }
    for (place, row) in report.rows.iter().enumerate() {
        let on_sheet = layout.row(place);
        sheet.set_row_height(on_sheet, ROW_HEIGHT)?;
        sheet.write_with_format(on_sheet, 0, &row.name, &weight(looks.name.clone(), row.level))?;
        for ((at, column), (cell, value)) in columns.clone().zip(row.cells.iter().zip(report.values(place))) {
            let look = looks.figure(language, cell, column.figure, row.level);
            match (layout.formula(cell), cell) {
                (Some(formula), _) => {
                    let formula = Formula::new(formula).set_result(value.text());
                    sheet.write_formula_with_format(on_sheet, at, formula, &look)?;
                }
                (None, Cell::Count(count)) => {
                    #[expect(clippy::cast_precision_loss, reason = "counts and sums of dong are far below 2^52")]
                    sheet.write_number_with_format(on_sheet, at, *count as f64, &look)?;
                }
                (None, _) => {
                    sheet.write_blank(on_sheet, at, &look)?;
                }
            }
        }
    }
    sheet.set_freeze_panes(HEAD + 2, 1)?;
    sheet.set_repeat_rows(HEAD, HEAD + 1)?;
    for_print(sheet, language);
    Ok(())
}

/// A4 across, as wide as the page and as long as it takes.
fn for_print(sheet: &mut Worksheet, language: Language) {
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.3, 0.3, 0.5, 0.6, 0.3, 0.3).set_print_center_horizontally(true);
    sheet.set_footer(format!("&L&A&R{}", say(language, "report-footer", &[("page", "&P"), ("pages", "&N")])));
}

fn definitions(sheet: &mut Worksheet, report: &Report, looks: &Looks) -> Result<(), XlsxError> {
    let language = report.language;
    sheet.set_name(say(language, "report-sheet-definitions", &[]))?;
    sheet.set_column_width(0, 36)?.set_column_width(1, MEANING_WIDTH)?;
    let about = [
        ("report-about-report", report.title()),
        ("report-about-period", report.of_period()),
        ("report-about-state", report.state()),
        ("report-about-made", report.made()),
        ("report-about-zone", say(language, "report-zone", &[("zone", TIME_ZONE)])),
        ("report-about-source", say(language, "report-source", &[])),
        ("report-about-comparison", say(language, "report-comparison", &[])),
    ];
    let mut row = 0;
    let mut write = |first: &str, second: &str, look: &Format| -> Result<(), XlsxError> {
        sheet.write_with_format(row, 0, first, look)?;
        sheet.write_with_format(row, 1, second, look)?;
        // Not every viewer makes a row as high as its text: Chinese characters are twice as wide as others.
        let wide = second.chars().map(|letter| if letter > '\u{2e80}' { 2 } else { 1 }).sum::<u32>();
        sheet.set_row_height(row, 5.0 + 13.0 * f64::from(wide.div_ceil(u32::from(MEANING_WIDTH)).max(1)))?;
        row += 1;
        Ok(())
    };
    for (key, text) in about {
        write(&say(language, key, &[]), &text, &looks.text)?;
    }
    write(&say(language, "report-head-figure", &[]), &say(language, "report-head-meaning", &[]), &looks.head)?;
    for column in report.columns {
        let name = word(language, "figure", column.figure.as_str());
        write(&name, &meaning(language, column.figure), &looks.text)?;
    }
    for_print(sheet, language);
    Ok(())
}
