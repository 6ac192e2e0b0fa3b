//! What the vehicles carry. The chapters fit the goods; the last digits of a code are not always the tariff's.

use super::random::Random;
use crate::domain::content::{CargoClass, CustomsDeclaration, Direction, GoodsLine};

/// A kind of goods: code, what it is, unit, whether it spoils, kilograms a unit.
type Kind = (&'static str, &'static str, &'static str, bool, u32);

const FRUIT_OUT: &[Kind] = &[
    ("08106000", "Sầu riêng tươi", "KGM", true, 1),
    ("08109092", "Thanh long ruột đỏ tươi", "KGM", true, 1),
    ("08109092", "Thanh long ruột trắng tươi", "KGM", true, 1),
    ("08109094", "Mít tươi", "KGM", true, 1),
    ("08045021", "Xoài tươi", "KGM", true, 1),
    ("08039010", "Chuối tươi", "KGM", true, 1),
    ("08071100", "Dưa hấu", "KGM", true, 1),
    ("08109010", "Nhãn tươi", "KGM", true, 1),
    ("08109020", "Vải tươi", "KGM", true, 1),
    ("07096010", "Ớt tươi", "KGM", true, 1),
    ("08013200", "Hạt điều nhân", "KGM", false, 1),
];

const FRUIT_IN: &[Kind] = &[
    ("08081000", "Táo tươi", "KGM", true, 1),
    ("08083000", "Lê tươi", "KGM", true, 1),
    ("08061000", "Nho tươi", "KGM", true, 1),
    ("08052100", "Quýt tươi", "KGM", true, 1),
    ("07032090", "Tỏi khô", "KGM", false, 1),
    ("07061010", "Cà rốt", "KGM", true, 1),
    ("07041010", "Súp lơ xanh", "KGM", true, 1),
    ("07019090", "Khoai tây", "KGM", true, 1),
    ("07123920", "Nấm hương khô", "KGM", false, 1),
];

const GENERAL_OUT: &[Kind] = &[
    ("85177100", "Linh kiện điện thoại", "PCE", false, 1),
    ("85423100", "Mạch tích hợp", "PCE", false, 1),
    ("94036090", "Đồ gỗ nội thất", "PCE", false, 24),
    ("44081090", "Ván bóc", "MTQ", false, 600),
    ("40012220", "Cao su tự nhiên SVR 10", "KGM", false, 1),
    ("11081400", "Tinh bột sắn", "KGM", false, 1),
    ("64041990", "Giày thể thao", "PR", false, 1),
    ("61091010", "Áo phông cotton", "PCE", false, 1),
    ("03061721", "Tôm thẻ chân trắng đông lạnh", "KGM", true, 1),
    ("16042099", "Chả cá surimi", "KGM", true, 1),
    ("09012110", "Cà phê rang", "KGM", false, 1),
    ("33074190", "Hương nén", "KGM", false, 1),
];

const GENERAL_IN: &[Kind] = &[
    ("85258031", "Camera giám sát", "PCE", false, 2),
    ("85340090", "Mạch in", "PCE", false, 1),
    ("85076090", "Pin lithium-ion", "PCE", false, 4),
    ("84719090", "Linh kiện máy tính", "PCE", false, 3),
    ("84152090", "Máy điều hòa không khí", "PCE", false, 38),
    ("84798939", "Máy công nghiệp", "PCE", false, 850),
    ("39269099", "Sản phẩm nhựa", "KGM", false, 1),
    ("60063290", "Vải dệt kim", "KGM", false, 1),
    ("54075200", "Vải dệt thoi polyester", "KGM", false, 1),
    ("72139190", "Thép cuộn", "KGM", false, 1),
    ("73181510", "Bu lông, ốc vít", "KGM", false, 1),
    ("87089980", "Phụ tùng ô tô", "KGM", false, 1),
    ("31021000", "Phân urê", "KGM", false, 1),
    ("69072191", "Gạch ốp lát", "MTK", false, 20),
    ("95030099", "Đồ chơi trẻ em", "PCE", false, 1),
    ("06029090", "Cây cảnh", "PCE", true, 5),
];

const NEW_VEHICLES: &[Kind] = &[
    ("87042319", "Xe ô tô tải mới", "PCE", false, 9_800),
    ("87012110", "Xe đầu kéo mới", "PCE", false, 8_800),
    ("87043129", "Xe ô tô tải van mới", "PCE", false, 1_700),
];

/// What one vehicle carries.
#[derive(Clone, Debug, Default)]
pub struct Cargo {
    /// Its goods.
    pub goods: Vec<GoodsLine>,
    /// The customs declarations they stand on.
    pub customs_declarations: Vec<CustomsDeclaration>,
    /// Whether it spoils.
    pub perishable: bool,
}

/// A load of this class in this direction; `year` is that of the customs declaration.
pub fn cargo(random: &mut Random, direction: Direction, class: CargoClass, year: i32) -> Cargo {
    let kinds = match (class, direction) {
        (CargoClass::Empty, _) => return Cargo::default(),
        (CargoClass::Fruit, Direction::Export) => FRUIT_OUT,
        (CargoClass::Fruit, Direction::Import) => FRUIT_IN,
        (CargoClass::General, Direction::Export) => GENERAL_OUT,
        (CargoClass::General, Direction::Import) => GENERAL_IN,
        (CargoClass::NewVehicle, _) => NEW_VEHICLES,
    };
    let origin = match direction {
        Direction::Export => "VN",
        Direction::Import => "CN",
    };
    let lines = if class == CargoClass::General && random.percent(20) { 2 } else { 1 };
    let mut cargo = Cargo::default();
    for _ in 0..lines {
        let (hs_code, description, unit, spoils, unit_kg) = random.one_of(kinds);
        let (quantity, net_kg) = if class == CargoClass::NewVehicle {
            (1, unit_kg)
        } else {
            let quantity = (random.between(6_000, 26_000) / lines / unit_kg.max(1)).max(1);
            (quantity, quantity * unit_kg)
        };
        cargo.perishable |= spoils;
        cargo.goods.push(GoodsLine {
            hs_code: hs_code.to_owned(),
            description: description.to_owned(),
            quantity: f64::from(quantity),
            unit: unit.to_owned(),
            // Boxes and pallets.
            gross_kg: i64::from(if class == CargoClass::NewVehicle { net_kg } else { net_kg + net_kg / 20 + 60 }),
            origin: Some(origin.to_owned()),
        });
    }
    let (leading, type_codes): (&str, &[&str]) = match direction {
        Direction::Export => ("30", &["B11", "B11", "B11", "E62", "E42", "E52"]),
        Direction::Import => ("10", &["A11", "A11", "A11", "A12", "E31", "E21", "E11"]),
    };
    cargo.customs_declarations.push(CustomsDeclaration {
        number: format!("{leading}{}{}0", year % 10, random.digits(8)),
        type_code: random.one_of(type_codes).to_owned(),
    });
    cargo
}
