//! Days and times as people of each language write them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::domain::period::{Span, beginning_of, local_day};
use crate::texts::Language;

/// A day as people write it in a title.
#[must_use]
pub fn date(language: Language, day: NaiveDate) -> String {
    match language {
        // Decree 30/2020/NĐ-CP: days below 10 and the months 1 and 2 bear a zero.
        Language::Vi if day.month() < 3 => format!("ngày {:02} tháng {:02} năm {}", day.day(), day.month(), day.year()),
        Language::Vi => format!("ngày {:02} tháng {} năm {}", day.day(), day.month(), day.year()),
        Language::En => day.format("%-d %B %Y").to_string(),
        Language::Zh => day.format("%Y年%-m月%-d日").to_string(),
    }
}

/// A day as people write it in a table.
#[must_use]
pub fn short_date(language: Language, day: NaiveDate) -> String {
    match language {
        Language::Vi | Language::En => day.format("%d/%m/%Y").to_string(),
        Language::Zh => day.format("%Y/%m/%d").to_string(),
    }
}

/// An instant as a clock at the gate shows it.
#[must_use]
pub fn local_time(language: Language, at: DateTime<Utc>) -> String {
    let day = local_day(at);
    let minutes = (at - beginning_of(day)).num_minutes();
    format!("{:02}:{:02} {}", minutes / 60, minutes % 60, short_date(language, day))
}

/// The first and the last day of `span`, such as `19/08–22/08/2024`: the year once where it is the same.
#[must_use]
pub fn days(language: Language, span: Span) -> String {
    let last = span.to.pred_opt().unwrap_or(span.from);
    let ends = short_date(language, last);
    match language {
        _ if span.from == last => ends,
        Language::Vi | Language::En if span.from.year() == last.year() => {
            format!("{}–{ends}", day_and_month(language, span.from))
        }
        Language::Zh if span.from.year() == last.year() => {
            format!("{}–{}", short_date(language, span.from), day_and_month(language, last))
        }
        Language::Vi | Language::En | Language::Zh => format!("{}–{ends}", short_date(language, span.from)),
    }
}

/// A day without its year, as it stands at an axis.
#[must_use]
pub fn day_and_month(language: Language, day: NaiveDate) -> String {
    match language {
        Language::Vi | Language::En => day.format("%d/%m").to_string(),
        Language::Zh => day.format("%m/%d").to_string(),
    }
}
