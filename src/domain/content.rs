//! What a firm declares: the fields of a declaration as they are sent, and the rules they keep.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::check::normalise_mrz;
use super::vehicle::{VehicleKind, normalise, tidy};
use super::words::words;

words! {
    /// Which way a vehicle crosses.
    "direction" Direction { Export = "export", Import = "import" }
}

words! {
    /// Under what customs regime (the scope of Decision 1941/QĐ-UBND of Lạng Sơn, 2021).
    "regime" Regime {
        Commercial = "commercial",
        TemporaryImportReExport = "temporary_import_re_export",
        TemporaryExportReImport = "temporary_export_re_import",
        BorderGateTransfer = "border_gate_transfer",
        Transit = "transit",
    }
}

words! {
    /// The split that the official daily report uses.
    "cargo class" CargoClass { Fruit = "fruit", General = "general", NewVehicle = "new_vehicle", Empty = "empty" }
}

/// What a firm declares of one vehicle's crossing, as it is sent and as it is stored, without the
/// people in it. A draft may lack all but direction and crossing point, and may be wrong: that
/// shows in the findings of [`check`](super::check) and stops its submission, not its keeping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Which way it crosses.
    pub direction: Direction,
    /// Where it crosses: a crossing point's code.
    pub crossing_point: String,
    /// Under what customs regime.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regime: Option<Regime>,
    /// The official report's class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cargo_class: Option<CargoClass>,
    /// Goods that spoil go first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perishable: bool,
    /// When it means to arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_arrival: Option<DateTime<Utc>>,
    /// The owner of the goods, when it is not the declaring firm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trader_tax_code: Option<String>,
    /// What crosses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<Vehicle>,
    /// What it carries; none for an empty vehicle.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub goods: Box<[GoodsLine]>,
    /// The customs declarations that its goods stand on.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub customs_declarations: Box<[CustomsDeclaration]>,
    /// The goods change to another vehicle at the gate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transshipment: bool,
    /// Anything else the gate should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The vehicle that crosses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Vehicle {
    /// Its kind; a rail wagon has a wagon number in place of a plate.
    pub kind: VehicleKind,
    /// Its plate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// The wagon's number, 4 to 12 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wagon_number: Option<String>,
    /// Where it is registered, ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The plate of what it pulls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer_plate: Option<String>,
    /// Containers on it, ISO 6346.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub containers: Box<[String]>,
    /// The vehicle identification number, for a new vehicle that is itself the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<String>,
    /// Seals on it.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub seals: Box<[String]>,
}

/// One line of goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsLine {
    /// Eight digits of the Harmonized System as Vietnam's tariff writes it.
    pub hs_code: String,
    /// What it is, in words.
    pub description: String,
    /// How much of it, in `unit`.
    #[serde(serialize_with = "as_it_is_written")]
    pub quantity: f64,
    /// The unit that `quantity` counts.
    pub unit: String,
    /// Its gross mass in kilograms.
    pub gross_kg: i64,
    /// Where it was made, ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl GoodsLine {
    /// The chapter of the Harmonized System that it falls in.
    #[must_use]
    pub fn chapter(&self) -> Option<u8> {
        self.hs_code.get(..2)?.parse().ok()
    }
}

/// A whole number without decimals: 1200, not 1200.0.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's serialize_with passes a reference")]
fn as_it_is_written<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    /// Up to here every whole number has its own f64.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within what an i64 holds")]
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

/// A customs declaration that the goods stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomsDeclaration {
    /// Twelve digits; the twelfth counts its amendments.
    pub number: String,
    /// Its type code, such as A11.
    pub type_code: String,
}

/// The people in a declaration: kept apart, so that they can be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// Who drives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Person>,
    /// Who else is aboard.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub crew: Box<[Person]>,
}

impl People {
    /// The same with names, countries and document numbers written the one way they are compared in.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        for person in self.driver.iter_mut().chain(&mut self.crew) {
            person.full_name = tidy(&person.full_name);
            person.nationality = normalise(&person.nationality);
            if let Some(document) = &mut person.document {
                document.number = normalise(&document.number);
                if let Some(zone) = &mut document.mrz {
                    *zone = normalise_mrz(zone);
                }
            }
            if let Some(phone) = &mut person.phone {
                *phone = tidy(phone);
            }
        }
        self
    }
}

/// A driver or one of the crew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name as in the document.
    pub full_name: String,
    /// ISO 3166 alpha-2.
    pub nationality: String,
    /// What they travel on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<TravelDocument>,
    /// Where they can be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

words! {
    /// The documents on which a driver may cross.
    "document kind" DocumentKind {
        Passport = "passport",
        BorderPass = "border_pass",
        IdentityCard = "identity_card",
        DrivingLicence = "driving_licence",
    }
}

/// A travel document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TravelDocument {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// A passport's machine-readable zone, whose check digits must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrz: Option<String>,
}

impl Content {
    /// The same with plates, numbers and codes written the one way they are compared in.
    #[must_use]
    pub fn normalised(mut self) -> Self {
        if let Some(vehicle) = &mut self.vehicle {
            for text in [
                &mut vehicle.plate,
                &mut vehicle.trailer_plate,
                &mut vehicle.wagon_number,
                &mut vehicle.country,
                &mut vehicle.vin,
            ]
            .into_iter()
            .flatten()
            .chain(&mut vehicle.containers)
            .chain(&mut vehicle.seals)
            {
                *text = normalise(text);
            }
        }
        if let Some(code) = &mut self.trader_tax_code {
            code.retain(|character| !character.is_whitespace());
        }
        for line in &mut self.goods {
            line.hs_code = normalise(&line.hs_code);
            line.description = tidy(&line.description);
            line.unit = tidy(&line.unit);
            if let Some(origin) = &mut line.origin {
                *origin = normalise(origin);
            }
        }
        for customs in &mut self.customs_declarations {
            customs.number = normalise(&customs.number);
            customs.type_code = normalise(&customs.type_code);
        }
        if let Some(note) = &mut self.note {
            *note = tidy(note);
        }
        if let Some(at) = &mut self.planned_arrival {
            *at = to_micros(*at);
        }
        self
    }

    /// What it weighs with all its goods, in kilograms.
    #[must_use]
    pub fn gross_kg(&self) -> i64 {
        self.goods.iter().fold(0, |sum, line| sum.saturating_add(line.gross_kg))
    }

    /// The first eleven digits of each customs declaration; the twelfth counts its amendments.
    pub fn customs_declaration_numbers(&self) -> impl Iterator<Item = &str> {
        self.customs_declarations.iter().map(|one| one.number.get(..11).unwrap_or(&one.number))
    }

    /// The declared plate or wagon number.
    #[must_use]
    pub fn mark(&self) -> Option<&str> {
        self.vehicle.as_ref().and_then(|vehicle| vehicle.plate.as_deref().or(vehicle.wagon_number.as_deref()))
    }

    /// The key under which the vehicle takes its place among the active ones: one per direction.
    #[must_use]
    pub fn vehicle_key(&self) -> Option<String> {
        let vehicle = self.vehicle.as_ref()?;
        match (&vehicle.plate, &vehicle.wagon_number) {
            (Some(plate), _) => Some(vehicle_key(vehicle.country.as_deref().unwrap_or_default(), plate)),
            (None, Some(number)) => Some(format!("wagon:{number}")),
            (None, None) => None,
        }
    }

    /// The chapters of the Harmonized System that its goods fall in, each once.
    #[must_use]
    pub fn hs_chapters(&self) -> Vec<u8> {
        let mut chapters: Vec<u8> = self.goods.iter().filter_map(GoodsLine::chapter).collect();
        chapters.sort_unstable();
        chapters.dedup();
        chapters
    }
}

/// How a vehicle of `country` with the normalised `plate` is known among the active ones.
#[must_use]
pub fn vehicle_key(country: &str, plate: &str) -> String {
    format!("{country}:{plate}")
}

/// The plate or wagon number in a vehicle's key.
#[must_use]
pub fn mark_in(vehicle_key: &str) -> &str {
    vehicle_key.split_once(':').map_or(vehicle_key, |(_, mark)| mark)
}

/// An instant as the database keeps it, in whole microseconds.
#[must_use]
pub fn to_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

impl Content {
    /// Whether what crosses is a rail wagon.
    #[must_use]
    pub fn is_by_rail(&self) -> bool {
        self.vehicle.as_ref().is_some_and(|vehicle| vehicle.kind == VehicleKind::RailWagon)
    }
}

/// The country whose plate this normalised text can be, of those that meet at the gate.
#[must_use]
pub fn country_of(plate: &str) -> Option<&'static str> {
    ["VN", "CN"].into_iter().find(|country| {
        let mut findings = super::rule_failure::Findings::default();
        super::plates::check_plate(plate, country, super::plates::Bearer::Powered, "", &mut findings);
        findings.failures.is_empty()
    })
}
