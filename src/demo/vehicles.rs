//! Vehicles and drivers. A vehicle is known by its place in a fleet, and comes again with the same plate and driver.

use super::random::Random;
use crate::domain::content::{CargoClass, Direction, DocumentKind, People, Person, TravelDocument, Vehicle};
use crate::domain::plates::check_container;
use crate::domain::rule_failure::Findings;
use crate::domain::vehicle::VehicleKind;

/// How many vehicles each country's fleet has.
const FLEET: u32 = 6_000;

/// The letters and digits of a vehicle identification number (ISO 3779).
const VIN: &str = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";

/// A wagon, and nobody in it.
pub fn wagon(random: &mut Random) -> Vehicle {
    Vehicle { wagon_number: Some(random.digits(8)), ..of_kind(VehicleKind::RailWagon) }
}

/// A road vehicle that crosses in this direction with such a load, and its driver.
pub fn road_vehicle(random: &mut Random, direction: Direction, class: CargoClass) -> (Vehicle, People) {
    let chinese = match (class, direction) {
        (CargoClass::NewVehicle, _) => false,
        (_, Direction::Export) => random.percent(14),
        (_, Direction::Import) => random.percent(62),
    };
    // Who comes often comes often: the smaller of two draws.
    let place = random.below(FLEET).min(random.below(FLEET));
    let mut own = Random::of(&[u64::from(place), u64::from(chinese), 11]);
    let tractor = own.percent(72) && class != CargoClass::NewVehicle;
    let mut vehicle = of_kind(if tractor { VehicleKind::Tractor } else { VehicleKind::Truck });
    if chinese {
        let region = own.one_of(&["桂F", "桂F", "桂F", "桂A", "桂A", "桂E", "粤B", "云A", "湘A"]);
        vehicle.country = Some("CN".to_owned());
        vehicle.plate = Some(format!("{region}{}", own.digits(5)));
        vehicle.trailer_plate = tractor.then(|| format!("{region}{}挂", own.digits(4)));
    } else {
        let province =
            own.one_of(&["12", "12", "12", "98", "99", "29", "15", "34", "89", "51", "62", "63", "60", "86"]);
        let series = own.one_of(&['C', 'C', 'C', 'H', 'D']);
        vehicle.country = Some("VN".to_owned());
        vehicle.plate = Some(format!("{province}{series}{}", own.digits(5)));
        vehicle.trailer_plate = tractor.then(|| format!("{province}R{}", own.digits(5)));
    }
    let driver = driver(&mut own, chinese);
    match class {
        CargoClass::NewVehicle => {
            // It comes on its own wheels, under a temporary plate.
            vehicle.plate = Some(format!("T{}", random.digits(7)));
            vehicle.vin = Some(format!("{}{}", random.one_of(&["LZZ", "LFW", "LGA", "LVB"]), random.marks(VIN, 14)));
        }
        CargoClass::Fruit | CargoClass::General if tractor => {
            vehicle.containers = container(random).into_iter().collect();
            vehicle.seals = [format!("{}{}", random.one_of(&["VN", "HQ", "CN"]), random.digits(7))].into();
        }
        CargoClass::Fruit | CargoClass::General | CargoClass::Empty => {}
    }
    (vehicle, People { driver: Some(driver), crew: Box::default() })
}

fn of_kind(kind: VehicleKind) -> Vehicle {
    Vehicle {
        kind,
        plate: None,
        wagon_number: None,
        country: None,
        trailer_plate: None,
        containers: Box::default(),
        vin: None,
        seals: Box::default(),
    }
}

/// A container of one of the common owners, with its check digit.
fn container(random: &mut Random) -> Option<String> {
    let owner = random.one_of(&["MSCU", "CMAU", "TCLU", "OOLU", "CSNU", "FCIU", "TEMU", "WHLU", "EITU"]);
    let serial = random.digits(6);
    (0..10).map(|digit| format!("{owner}{serial}{digit}")).find(|container| {
        let mut findings = Findings::default();
        check_container(container, "", &mut findings);
        findings.failures.is_empty()
    })
}

fn driver(own: &mut Random, chinese: bool) -> Person {
    let (full_name, nationality, phone) = if chinese {
        let family = own.one_of(&["HUANG", "LI", "WEI", "NONG", "LUO", "LIANG", "QIN", "CHEN", "ZHOU"]);
        let given = own.one_of(&["JIANGUO", "WEI", "QIANG", "MINGHUA", "YONG", "GUOQIANG", "HAIBO", "ZHIJUN"]);
        (format!("{family} {given}"), "CN", format!("+8613{}", own.digits(9)))
    } else {
        let family = own.one_of(&["NGUYỄN", "HOÀNG", "NÔNG", "LÝ", "VI", "TRẦN", "LƯƠNG", "PHẠM", "CHU", "LÊ"]);
        let middle = own.one_of(&["VĂN", "ĐỨC", "QUỐC", "MINH", "XUÂN", "HỮU"]);
        let given = own.one_of(&["HÙNG", "DŨNG", "TUẤN", "SƠN", "LONG", "THẮNG", "NAM", "BÌNH", "HẢI", "CƯỜNG"]);
        (format!("{family} {middle} {given}"), "VN", format!("+849{}", own.digits(8)))
    };
    let passport = own.percent(45);
    let document = TravelDocument {
        kind: if passport { DocumentKind::Passport } else { DocumentKind::BorderPass },
        number: match (passport, chinese) {
            (true, true) => format!("E{}", own.digits(8)),
            (true, false) => format!("C{}", own.digits(7)),
            (false, _) => format!("GTH{}", own.digits(6)),
        },
        mrz: None,
    };
    Person { full_name, nationality: nationality.to_owned(), document: Some(document), phone: Some(phone) }
}
