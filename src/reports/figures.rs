//! What a report's columns hold and what its rows are, each with its word.

use crate::domain::words::words;
use crate::texts::{Language, say, word};

words! {
    /// What a column of a report holds.
    "figure" Figure {
        Declared = "declared",
        DeclaredExport = "declared_export",
        DeclaredImport = "declared_import",
        Registered = "registered",
        Arrived = "arrived",
        Cleared = "cleared",
        Completed = "completed",
        CompletedExport = "completed_export",
        CompletedExportFruit = "completed_export_fruit",
        CompletedExportOther = "completed_export_other",
        CompletedImport = "completed_import",
        CompletedImportGoods = "completed_import_goods",
        CompletedImportNewVehicle = "completed_import_new_vehicle",
        CompletedKg = "completed_kg",
        WentBack = "went_back",
        TurnedBack = "turned_back",
        TransferredAfterArrival = "transferred_after_arrival",
        Cancelled = "cancelled",
        Rejected = "rejected",
        Expired = "expired",
        Transferred = "transferred",
        Backlog = "backlog",
        BacklogFruit = "backlog_fruit",
        BacklogOther = "backlog_other",
        BacklogDayBefore = "backlog_day_before",
        BacklogChange = "backlog_change",
        FeesVnd = "fees_vnd",
    }
}

words! {
    /// What stands above several columns.
    "figure group" Group {
        Export = "export",
        Import = "import",
        WentBack = "went_back",
        Backlog = "backlog",
        Declared = "declared",
        Completed = "completed",
        Ended = "ended",
    }
}

words! {
    /// What a column is called below its group.
    "heading" Heading {
        Total = "total",
        Export = "export",
        Import = "import",
        Fruit = "fruit",
        Other = "other",
        Goods = "goods",
        NewVehicle = "new_vehicle",
        TurnedBack = "turned_back",
        Transferred = "transferred",
        DayBefore = "day_before",
        Change = "change",
    }
}

words! {
    /// What the rows of a section are.
    "level" Level {
        CrossingPoint = "crossing_point",
        Total = "total",
        Gate = "gate",
        Month = "month",
        Comparison = "comparison",
    }
}

words! {
    /// The rows that are no place and no month.
    "line" Line {
        Total = "total",
        DayBefore = "day_before",
        ChangeOnDayBefore = "change_on_day_before",
        PercentOnDayBefore = "percent_on_day_before",
        WeekSoFar = "week_so_far",
        WeekLastYear = "week_last_year",
        PercentOnWeekLastYear = "percent_on_week_last_year",
        MonthSoFar = "month_so_far",
        MonthLastYear = "month_last_year",
        PercentOnMonthLastYear = "percent_on_month_last_year",
        PreviousQuarter = "previous_quarter",
        ChangeOnPreviousQuarter = "change_on_previous_quarter",
        PercentOnPreviousQuarter = "percent_on_previous_quarter",
        QuarterLastYear = "quarter_last_year",
        ChangeOnQuarterLastYear = "change_on_quarter_last_year",
        PercentOnQuarterLastYear = "percent_on_quarter_last_year",
    }
}

words! {
    /// In what a figure is counted.
    "unit" Unit { Vehicles = "vehicles", Kg = "kg", Vnd = "VND" }
}

impl Figure {
    /// In what it is counted.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::CompletedKg => Unit::Kg,
            Self::FeesVnd => Unit::Vnd,
            Self::Declared
            | Self::DeclaredExport
            | Self::DeclaredImport
            | Self::Registered
            | Self::Arrived
            | Self::Cleared
            | Self::Completed
            | Self::CompletedExport
            | Self::CompletedExportFruit
            | Self::CompletedExportOther
            | Self::CompletedImport
            | Self::CompletedImportGoods
            | Self::CompletedImportNewVehicle
            | Self::WentBack
            | Self::TurnedBack
            | Self::TransferredAfterArrival
            | Self::Cancelled
            | Self::Rejected
            | Self::Expired
            | Self::Transferred
            | Self::Backlog
            | Self::BacklogFruit
            | Self::BacklogOther
            | Self::BacklogDayBefore
            | Self::BacklogChange => Unit::Vehicles,
        }
    }
}

/// What a figure means.
#[must_use]
pub fn meaning(language: Language, figure: Figure) -> String {
    say(language, &format!("figure-{}.meaning", figure.as_str().replace('_', "-")), &[])
}

/// How a column's cells come about in a row that counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    /// Counted.
    Counted,
    /// The sum of other columns of the row.
    Sum(&'static [Figure]),
    /// One column of the row less another.
    Difference(Figure, Figure),
}

/// A column of a report.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub(super) figure: Figure,
    pub(super) group: Option<Group>,
    /// What it is called below its group; by its own name without one.
    pub(super) heading: Option<Heading>,
    pub(super) made: Made,
}

impl Column {
    pub(super) const fn of(figure: Figure) -> Self {
        Self { figure, group: None, heading: None, made: Made::Counted }
    }

    pub(super) const fn below(self, group: Group, heading: Heading) -> Self {
        Self { group: Some(group), heading: Some(heading), ..self }
    }

    /// Below a group by its own name.
    pub(super) const fn within(self, group: Group) -> Self {
        Self { group: Some(group), ..self }
    }

    pub(super) const fn sum(self, of: &'static [Figure]) -> Self {
        Self { made: Made::Sum(of), ..self }
    }

    pub(super) const fn difference(self, now: Figure, before: Figure) -> Self {
        Self { made: Made::Difference(now, before), ..self }
    }

    pub(super) fn heading(&self, language: Language) -> String {
        self.heading.map_or_else(
            || word(language, "figure", self.figure.as_str()),
            |heading| word(language, "heading", heading.as_str()),
        )
    }
}
