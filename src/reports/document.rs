//! A report as JSON, and as the rows of a CSV.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::figures::{Column, Figure, Unit, meaning};
use super::{Kind, Report, Value};
use crate::domain::period::TIME_ZONE;
use crate::texts::word;

/// A report as JSON.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportDocument {
    /// Which report.
    report: Kind,
    /// The day or quarter.
    #[schema(example = "2024-08-22")]
    period: String,
    /// Its first local day.
    from: NaiveDate,
    /// The first local day after it.
    to: NaiveDate,
    /// The zone whose days are counted by.
    #[schema(example = "Asia/Ho_Chi_Minh")]
    time_zone: &'static str,
    /// When the figures were taken.
    as_of: DateTime<Utc>,
    /// The period is over.
    closed: bool,
    /// The revision of the period's last closing; null where it was never closed.
    last_closing: Option<i32>,
    /// The period's figures differ from those that were signed by that closing.
    revised: bool,
    /// The title.
    title: String,
    /// The columns, in their order.
    columns: Vec<ColumnDocument>,
    /// The rows, in their order: `level`, `code`, `name`, and a field for each column. A figure that there is not
    /// is null; a row `percent_on_…` holds fractions: 0.082 is 8.2 % more.
    #[schema(value_type = Vec<Object>, example = json!([{"level": "crossing_point", "code": "CHI_MA", "name": "Chi Ma", "completed": 103}]))]
    rows: Vec<Map<String, Json>>,
}

/// What a column of a report holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnDocument {
    /// The field in each row.
    figure: Figure,
    /// In what it is counted.
    unit: Unit,
    /// Its name.
    name: String,
    /// What it means.
    meaning: String,
}

impl Value {
    fn json(self) -> Json {
        match self {
            Self::None => Json::Null,
            Self::Whole(whole) => whole.into(),
            Self::Fraction(fraction) => fraction.into(),
        }
    }
}

impl Report {
    /// It as JSON is.
    #[must_use]
    pub fn document(&self) -> ReportDocument {
        let rows = self.rows.iter().enumerate().map(|(place, row)| {
            let head = [
                ("level", Json::from(row.level.as_str())),
                ("code", row.code.as_str().into()),
                ("name", row.name.as_str().into()),
            ];
            let head = head.into_iter().map(|(field, value)| (field.to_owned(), value));
            let figures = self.columns.iter().zip(self.values(place));
            head.chain(figures.map(|(column, value)| (column.figure.to_string(), value.json()))).collect()
        });
        ReportDocument {
            report: self.kind,
            period: self.period.clone(),
            from: self.span.from,
            to: self.span.to,
            time_zone: TIME_ZONE,
            as_of: self.as_of,
            closed: self.closed,
            last_closing: self.signed.map(|signed| signed.revision),
            revised: self.signed.is_some_and(|signed| signed.revised),
            title: self.title(),
            columns: self
                .columns
                .iter()
                .map(|Column { figure, .. }| ColumnDocument {
                    figure: *figure,
                    unit: figure.unit(),
                    name: word(self.language, "figure", figure.as_str()),
                    meaning: meaning(self.language, *figure),
                })
                .collect(),
            rows: rows.collect(),
        }
    }

    /// Its heading and its rows.
    #[must_use]
    pub fn table(&self) -> Vec<Vec<String>> {
        let heading = ["period", "level", "code", "name"].into_iter();
        let heading = heading.chain(self.columns.iter().map(|column| column.figure.as_str())).map(str::to_owned);
        let rows = self.rows.iter().enumerate().map(|(place, row)| {
            let head = [self.period.as_str(), row.level.as_str(), &row.code, &row.name].map(str::to_owned);
            head.into_iter().chain(self.values(place).map(Value::text)).collect()
        });
        std::iter::once(heading.collect()).chain(rows).collect()
    }
}
