//! The columns of a CSV, and the fields that they stand for.

use unicode_normalization::UnicodeNormalization;

use super::Kind;

/// A column and the field that it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in the first line.
    pub name: &'static str,
    /// The JSON Pointer of the field; of a list, the first item's.
    pub pointer: &'static str,
    /// What its cells hold.
    pub holds: Holds,
    /// Whether a file without it says nothing.
    pub required: bool,
}

/// What a column's cells hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A text, a word or an instant.
    Text,
    /// `true` or `false`, 1 or 0.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Texts with spaces between them.
    Texts,
}

const fn column(name: &'static str, pointer: &'static str, holds: Holds) -> Column {
    Column { name, pointer, holds, required: false }
}

const fn text(name: &'static str, pointer: &'static str) -> Column {
    column(name, pointer, Holds::Text)
}

const fn required(column: Column) -> Column {
    Column { required: true, ..column }
}

const OF_HISTORIES_ALONE: &[Column] = &[
    required(text("source", "/source")),
    required(text("source_id", "/source_id")),
    required(text("firm_tax_code", "/firm_tax_code")),
    text("firm_name", "/firm_name"),
    required(text("state", "/state")),
    text("created_at", "/stamps/created_at"),
    required(text("declared_at", "/stamps/declared_at")),
    text("registered_at", "/stamps/registered_at"),
    text("arrived_at", "/stamps/arrived_at"),
    text("cleared_at", "/stamps/cleared_at"),
    text("yard_in_at", "/stamps/yard_in_at"),
    text("yard_out_at", "/stamps/yard_out_at"),
    text("ready_at", "/stamps/ready_at"),
    text("completed_at", "/stamps/completed_at"),
    text("ended_at", "/stamps/ended_at"),
    text("left_at", "/stamps/left_at"),
    text("reason", "/reason"),
    text("yard", "/yard"),
    text("bay", "/bay"),
    column("fee_amount_vnd", "/fee/amount_vnd", Holds::Whole),
    text("fee_receipt", "/fee/receipt"),
    text("fee_paid_at", "/fee/paid_at"),
];

const OF_DECLARATIONS_ALONE: &[Column] = &[column("draft", "/draft", Holds::Flag)];

const OF_BOTH: &[Column] = &[
    required(text("direction", "/direction")),
    required(text("crossing_point", "/crossing_point")),
    text("regime", "/regime"),
    text("cargo_class", "/cargo_class"),
    column("perishable", "/perishable", Holds::Flag),
    text("planned_arrival", "/planned_arrival"),
    text("trader_tax_code", "/trader_tax_code"),
    text("vehicle_kind", "/vehicle/kind"),
    text("vehicle_plate", "/vehicle/plate"),
    text("vehicle_wagon_number", "/vehicle/wagon_number"),
    text("vehicle_country", "/vehicle/country"),
    text("vehicle_trailer_plate", "/vehicle/trailer_plate"),
    column("vehicle_containers", "/vehicle/containers", Holds::Texts),
    text("vehicle_vin", "/vehicle/vin"),
    column("vehicle_seals", "/vehicle/seals", Holds::Texts),
    text("driver_full_name", "/driver/full_name"),
    text("driver_nationality", "/driver/nationality"),
    text("driver_document_kind", "/driver/document/kind"),
    text("driver_document_number", "/driver/document/number"),
    text("driver_document_mrz", "/driver/document/mrz"),
    text("driver_phone", "/driver/phone"),
    text("goods_hs_code", "/goods/0/hs_code"),
    text("goods_description", "/goods/0/description"),
    column("goods_quantity", "/goods/0/quantity", Holds::Number),
    text("goods_unit", "/goods/0/unit"),
    column("goods_gross_kg", "/goods/0/gross_kg", Holds::Whole),
    text("goods_origin", "/goods/0/origin"),
    text("customs_declaration_number", "/customs_declarations/0/number"),
    text("customs_declaration_type_code", "/customs_declarations/0/type_code"),
    column("transshipment", "/transshipment", Holds::Flag),
    text("note", "/note"),
];

/// What the columns of declarations are called in Vietnamese, as people head their spreadsheets; both names are read.
const VIETNAMESE: &[(&str, &str)] = &[
    ("draft", "Bản nháp"),
    ("direction", "Chiều"),
    ("crossing_point", "Lối thông quan"),
    ("regime", "Loại hình"),
    ("cargo_class", "Nhóm hàng"),
    ("perishable", "Hàng mau hỏng"),
    ("planned_arrival", "Giờ dự kiến đến"),
    ("trader_tax_code", "Mã số thuế chủ hàng"),
    ("vehicle_kind", "Loại phương tiện"),
    ("vehicle_plate", "Biển số xe"),
    ("vehicle_wagon_number", "Số toa tàu"),
    ("vehicle_country", "Nước đăng ký xe"),
    ("vehicle_trailer_plate", "Biển số rơ moóc"),
    ("vehicle_containers", "Số container"),
    ("vehicle_vin", "Số khung"),
    ("vehicle_seals", "Số niêm phong"),
    ("driver_full_name", "Họ tên lái xe"),
    ("driver_nationality", "Quốc tịch lái xe"),
    ("driver_document_kind", "Loại giấy tờ lái xe"),
    ("driver_document_number", "Số giấy tờ lái xe"),
    ("driver_document_mrz", "Vùng đọc máy hộ chiếu"),
    ("driver_phone", "Điện thoại lái xe"),
    ("goods_hs_code", "Mã HS"),
    ("goods_description", "Tên hàng"),
    ("goods_quantity", "Số lượng"),
    ("goods_unit", "Đơn vị tính"),
    ("goods_gross_kg", "Khối lượng (kg)"),
    ("goods_origin", "Xuất xứ"),
    ("customs_declaration_number", "Số tờ khai hải quan"),
    ("customs_declaration_type_code", "Mã loại hình hải quan"),
    ("transshipment", "Sang tải"),
    ("note", "Ghi chú"),
];

impl Column {
    /// What it is called in Vietnamese; columns of histories alone have no such name.
    #[must_use]
    pub fn vietnamese(&self) -> Option<&'static str> {
        VIETNAMESE.iter().find(|(name, _)| *name == self.name).map(|(_, heading)| *heading)
    }

    /// Whether a file's heading names it: by either name, however it is cased and composed.
    #[must_use]
    pub fn is_headed(&self, heading: &str) -> bool {
        let folded = |text: &str| text.nfc().collect::<String>().to_lowercase();
        let heading = folded(heading);
        heading == self.name || self.vietnamese().is_some_and(|name| heading == folded(name))
    }
}

/// A template for declarations: the headings, and a vehicle as an example. With semicolons and a byte order mark, as a
/// spreadsheet set to Vietnamese opens it.
#[must_use]
pub fn template(vietnamese: bool) -> String {
    let example = [
        ("direction", "import"),
        ("crossing_point", "HUU_NGHI"),
        ("regime", "commercial"),
        ("cargo_class", "general"),
        ("planned_arrival", "31/03/2030 09:00"),
        ("trader_tax_code", "0100112437"),
        ("vehicle_kind", "tractor"),
        ("vehicle_plate", "桂F12345"),
        ("vehicle_country", "CN"),
        ("vehicle_trailer_plate", "桂F1234挂"),
        ("vehicle_containers", "CSQU3054383"),
        ("driver_full_name", "李伟"),
        ("driver_nationality", "CN"),
        ("driver_document_kind", "passport"),
        ("driver_document_number", "E12345678"),
        ("goods_hs_code", "85258031"),
        ("goods_description", "Camera"),
        ("goods_quantity", "1200"),
        ("goods_unit", "PCE"),
        ("goods_gross_kg", "8200"),
        ("goods_origin", "CN"),
        ("customs_declaration_number", "108625440120"),
        ("customs_declaration_type_code", "A11"),
    ];
    let all = columns(Kind::Declarations);
    let heading = |column: &Column| if vietnamese { column.vietnamese().unwrap_or(column.name) } else { column.name };
    let headings: Vec<&str> = all.clone().map(heading).collect();
    let cell = |column: &Column| example.iter().find(|(name, _)| *name == column.name).map_or("", |(_, cell)| *cell);
    let cells: Vec<&str> = all.map(cell).collect();
    format!("\u{feff}{}\r\n{}\r\n", headings.join(";"), cells.join(";"))
}

/// Every column that a CSV of such lines may have: the fields, flattened. The crew has none, and of goods and
/// customs declarations there is room for one.
pub fn columns(kind: Kind) -> impl Iterator<Item = &'static Column> + Clone {
    let alone = match kind {
        Kind::Declarations => OF_DECLARATIONS_ALONE,
        Kind::Histories => OF_HISTORIES_ALONE,
    };
    alone.iter().chain(OF_BOTH)
}

/// The column that stands for the field at `pointer`, or for the one that it lies in.
#[must_use]
pub fn column_of(kind: Kind, pointer: &str) -> Option<&'static str> {
    let mut all = columns(kind);
    let lies_in = |column: &&Column| {
        let rest = pointer.strip_prefix(column.pointer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    all.find(lies_in).map(|column| column.name)
}
