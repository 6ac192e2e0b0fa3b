//! The agencies' parts in a declaration and when each of them is done.

use super::words::words;

words! {
    /// One agency's part.
    "track" Track {
        Customs = "customs",
        Health = "health",
        AnimalQuarantine = "animal_quarantine",
        PlantQuarantine = "plant_quarantine",
        BorderGuard = "border_guard",
        Fee = "fee",
        Transshipment = "transshipment",
    }
}

words! {
    /// How far a track has come.
    "track state" TrackState {
        NotBegun = "not_begun",
        UnderWay = "under_way",
        Done = "done",
        Failed = "failed",
    }
}

words! {
    /// How closely customs looks: green on the papers' word, yellow at the papers, red at the goods. Ordered upwards.
    "lane" Lane { Green = "green", Yellow = "yellow", Red = "red" }
}

words! {
    /// By what an inspection was made.
    "means" Means { Officer = "officer", Scanner = "scanner", Laboratory = "laboratory" }
}

words! {
    /// What an inspection found.
    "result" InspectionResult { Conforms = "conforms", Differs = "differs" }
}
