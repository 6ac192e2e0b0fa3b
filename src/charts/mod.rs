//! Charts: a picture of some figures, and the same figures as a table. Drawn as SVG by hand, since what matters is what
//! drawing libraries leave out: a title and a description for who cannot see it, patterns and strokes for who prints
//! it in black and white, text that stays text.

use crate::domain::words::words;
use crate::texts::Language;

pub mod markup;
pub mod page;
mod scale;
pub mod svg;

words! {
    /// How a chart is drawn.
    "chart shape" Shape {
        /// A line a series over time.
        Lines = "lines",
        /// A bar a category from left to right, its series end to end.
        Bars = "bars",
        /// A column a category, its series one on the other.
        Columns = "columns",
    }
}

/// What a chart shows.
#[derive(Clone, Debug)]
pub struct Chart {
    /// How it is drawn.
    pub shape: Shape,
    /// The language of its texts and numbers.
    pub language: Language,
    /// What it shows, in a line.
    pub title: String,
    /// What is to be seen in it, in words, for who does not see it.
    pub description: String,
    /// What the categories are, such as *day*.
    pub heading: String,
    /// The categories, in their order.
    pub categories: Vec<Category>,
    /// The series, at most three.
    pub series: Vec<Series>,
    /// What the sum of the series is called in the table, where it says something.
    pub total: Option<String>,
}

/// A category: a day, a crossing point, an hour.
#[derive(Clone, Debug)]
pub struct Category {
    /// Its name on the axis.
    pub short: String,
    /// Its name in the table.
    pub name: String,
}

/// The figures of one kind, one for each category.
#[derive(Clone, Debug)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// The figures; none where there is none yet.
    pub values: Vec<Option<i64>>,
}

impl Chart {
    /// The sum of all series in a category; none where they have none.
    fn sum(&self, category: usize) -> Option<i64> {
        let values = self.series.iter().filter_map(|series| series.values.get(category).copied().flatten());
        values.reduce(|sum, value| sum + value)
    }
}

/// A whole number as people write it: 93.940 in Vietnamese, 93,940 in English and Chinese.
#[must_use]
pub fn number(language: Language, number: i64) -> String {
    let point = match language {
        Language::Vi => '.',
        Language::En | Language::Zh => ',',
    };
    let digits = number.unsigned_abs().to_string();
    let mut written = String::new();
    if number < 0 {
        written.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(point);
        }
        written.push(digit);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_apart_as_the_reader_writes_them() {
        assert_eq!(number(Language::Vi, 93_940), "93.940");
        assert_eq!(number(Language::En, 1_395_858_581), "1,395,858,581");
        assert_eq!(number(Language::Vi, 940), "940");
        assert_eq!(number(Language::Zh, -1_000), "−1,000");
    }
}
