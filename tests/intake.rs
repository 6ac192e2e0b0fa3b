//! Reading files of declarations and of histories.

use border_gate::domain::history::History;
use border_gate::domain::rule_failure::RuleFailure;
use border_gate::intake::{
    Column, Format, Holds, Kind, Line, LineError, Lines, MAX_LINE, Read, columns, write_csv, write_ndjson,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::demo::{now, reference, rules};
use crate::take_over::histories;

fn read(text: impl AsRef<[u8]>) -> Vec<Result<Read, LineError>> {
    Lines::new(text.as_ref(), None, None).unwrap().collect()
}

fn codes(error: &LineError) -> Vec<(&str, &'static str)> {
    error.failures.iter().map(|failure| (failure.pointer.as_str(), failure.code)).collect()
}

fn arg<'a>(failure: &'a RuleFailure, name: &str) -> &'a str {
    failure.args.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value)
}

/// The line numbers of what could be read, and of what could not.
fn numbers(lines: &[Result<Read, LineError>]) -> (Vec<u64>, Vec<u64>) {
    let good = lines.iter().flatten().map(|read| read.line).collect();
    (good, lines.iter().filter_map(|line| line.as_ref().err()).map(|error| error.line).collect())
}

fn declaration() -> Value {
    json!({"direction": "import", "crossing_point": "HUU_NGHI", "vehicle": {"kind": "truck", "plate": "12c-123.45", "country": "VN"}})
}

/// Texts as people write them: with separators, quotes, line ends and what a spreadsheet takes for a formula.
fn text() -> impl Strategy<Value = String> {
    // The letters' range holds marks that nobody sees; of those alone nothing is kept.
    let shown = |text: &String| text.chars().any(|letter| letter.is_alphanumeric() || letter.is_ascii_punctuation());
    "[-=+@'\"a-zà-ỹ;,#桂]([-=+@'\"a-zà-ỹ;,\t\n 桂😀]{0,12}[-=+@'\"a-z;,])?".prop_filter("it says something", shown)
}

/// Histories that one line of CSV can hold.
fn told() -> impl Strategy<Value = History> {
    let people = prop::option::of((text(), prop::option::of(text()), prop::option::of("[A-Z0-9]{1,9}")));
    (
        histories(),
        prop::option::of(text()),
        text(),
        1..900_000_u32,
        people,
        prop::collection::vec("[A-Z0-9]{4,9}", 0..3),
    )
        .prop_map(|(mut history, note, description, thousandths, people, seals)| {
            history.content.note = note;
            history.content.goods[0].description = description;
            history.content.goods[0].quantity = f64::from(thousandths) / 1_000.0;
            history.content.transshipment = thousandths % 2 == 0;
            let vehicle = history.content.vehicle.as_mut().unwrap();
            vehicle.containers = seals.iter().skip(1).cloned().collect();
            vehicle.seals = seals.into();
            let driver = people.map(|(full_name, phone, number)| {
                let document = number.map(|number| json!({"kind": "passport", "number": number}));
                json!({"full_name": full_name, "nationality": "CN", "phone": phone, "document": document})
            });
            history.people = serde_json::from_value(json!({"driver": driver})).unwrap();
            history.normalised()
        })
}

fn histories_in(lines: Vec<Result<Read, LineError>>) -> Vec<History> {
    lines
        .into_iter()
        .map(|line| match line.unwrap().says {
            Line::History(history) => *history,
            Line::Declaration(sent) => panic!("{sent:?} is no history"),
        })
        .collect()
}

proptest! {
    #[test]
    fn a_history_reads_back_as_it_was_written(some in prop::collection::vec(told(), 1..4)) {
        let mut ndjson = Vec::new();
        write_ndjson(some.clone(), &mut ndjson).unwrap();
        prop_assert_eq!(&histories_in(read(ndjson)), &some);
        let mut csv = Vec::new();
        write_csv(some.clone(), &mut csv).unwrap();
        prop_assert_eq!(histories_in(read(&csv)), some, "{}", String::from_utf8_lossy(&csv));
    }

    #[test]
    fn whatever_stands_in_a_file_reading_it_comes_to_an_end(bytes in prop::collection::vec(select_byte(), 0..400), csv in any::<bool>()) {
        let format = if csv { Format::Csv } else { Format::Ndjson };
        let head = if csv { &b"source,source_id,direction,crossing_point,firm_tax_code,state\n"[..] } else { b"" };
        let bytes = [head, &bytes].concat();
        let lines: Vec<_> = Lines::new(bytes.as_slice(), Some(format), None).unwrap().collect();
        let mut before = 0;
        for line in &lines {
            let number = line.as_ref().map_or_else(|error| error.line, |read| read.line);
            prop_assert!(number > before, "every line is told of once, in order");
            before = number;
        }
    }
}

fn select_byte() -> impl Strategy<Value = u8> {
    prop::sample::select(&b"\"\",,;\n\n\r {}[]:ab01\\\xFF\xC3\xA9\0"[..])
}

#[test]
fn a_bad_line_never_stops_the_rest() {
    let good = declaration().to_string();
    let mut file = Vec::new();
    for line in [good.as_bytes(), b"{\"direction\"", b"", b"\xFF\xFE", b"[1]", good.as_bytes()] {
        file.extend_from_slice(line);
        file.push(b'\n');
    }
    file.extend(std::iter::repeat_n(b'x', 3 * MAX_LINE));
    file.push(b'\n');
    file.extend_from_slice(good.as_bytes());
    let lines: Vec<_> = Lines::new(file.as_slice(), Some(Format::Ndjson), None).unwrap().collect();
    assert_eq!(numbers(&lines), (vec![1, 6, 8], vec![2, 4, 5, 7]));
    let found: Vec<_> =
        lines.iter().filter_map(|line| line.as_ref().err()).map(|error| error.failures[0].code).collect();
    assert_eq!(found, ["json-syntax", "not-utf-8", "wrong-type", "line-too-long"]);
}

#[test]
fn a_line_of_exactly_the_greatest_length_is_read() {
    let mut note = declaration();
    note["note"] = Value::from("x");
    let length = note.to_string().len();
    note["note"] = Value::from("x".repeat(MAX_LINE - length + 1));
    for end in ["", "\n", "\r\n"] {
        assert!(read(format!("{note}{end}"))[0].is_ok());
        assert_eq!(codes(read(format!("{note} {end}"))[0].as_ref().unwrap_err()), [("", "line-too-long")]);
    }
}

#[test]
fn everything_wrong_with_the_form_of_a_line_is_said_at_once() {
    let line = r#"{"direction": "import", "crosing_point": "HUU_NGHI", "perishable": "yes", "cargo_class": "frut",
        "planned_arrival": "tomorrow", "note": "a\u0000b", "vehicle": {"kind": "truck", "colour": "red", "containers": [7]},
        "goods": [{"hs_code": "85258031", "description": "cameras", "quantity": 1, "unit": "PCE", "gross_kg": 1.5}]}"#;
    let lines = read(line.replace('\n', " "));
    let error = lines[0].as_ref().unwrap_err();
    let mut found = codes(error);
    found.sort_unstable();
    let expected = [
        ("/cargo_class", "unknown-word"),
        ("/crosing_point", "unknown-field"),
        ("/crossing_point", "required"),
        ("/goods/0/gross_kg", "wrong-type"),
        ("/note", "nul-character"),
        ("/perishable", "wrong-type"),
        ("/planned_arrival", "wrong-type"),
        ("/vehicle/colour", "unknown-field"),
        ("/vehicle/containers/0", "wrong-type"),
    ];
    assert_eq!(found, expected);
    let near =
        |pointer: &str| arg(error.failures.iter().find(|failure| failure.pointer == pointer).unwrap(), "nearest");
    assert_eq!(near("/crosing_point"), "crossing_point");
    assert_eq!(near("/cargo_class"), "fruit");
    assert_eq!(near("/vehicle/colour"), "");
}

#[test]
fn json_that_no_reader_should_take_is_refused() {
    let deep = "[".repeat(100_000);
    for line in [
        format!("{{\"note\": {deep}"),
        r#"{"note": 1e400}"#.into(),
        r#"{"note": "\ud800"}"#.into(),
        r#"{"note": "a", "note": "b"}"#.into(),
        "{} {}".into(),
    ] {
        assert_eq!(
            codes(read(&line)[0].as_ref().unwrap_err()),
            [("", "json-syntax")],
            "{}",
            &line[..20.min(line.len())]
        );
    }
}

#[test]
fn what_is_null_says_nothing() {
    let mut sent = declaration();
    sent["note"] = Value::Null;
    sent["goods"] = Value::Null;
    assert!(read(sent.to_string())[0].is_ok());
}

#[test]
fn a_declaration_is_read_with_its_plate_as_it_is_compared() {
    let lines = read(declaration().to_string());
    let Line::Declaration(sent) = &lines[0].as_ref().unwrap().says else { panic!("{lines:?}") };
    assert_eq!(sent.content.mark(), Some("12C12345"));
}

const SEMICOLONS: &str = "\u{feff}Direction;crossing_point;vehicle_kind;vehicle_plate;vehicle_country;vehicle_containers;driver_full_name;driver_nationality;driver_phone;goods_hs_code;goods_description;goods_quantity;goods_unit;goods_gross_kg;perishable\r
export;TAN_THANH;tractor;12C-123.45;VN;CSQU3054383 MSCU6639870;Nông Văn Hùng;VN;'+84912345678;08106000;\"Sầu riêng; \"\"Monthong\"\"\";18000.5;KGM;19000;1\r
\r
import;HUU_NGHI;truck;桂F12345;CN;;;;;;;;;;\r
";

#[test]
fn a_spreadsheets_semicolons_and_byte_order_mark_are_taken() {
    let lines = read(SEMICOLONS);
    assert_eq!(numbers(&lines), (vec![2, 4], vec![]), "{lines:#?}");
    let Line::Declaration(sent) = &lines[0].as_ref().unwrap().says else { panic!("{lines:?}") };
    let vehicle = sent.content.vehicle.as_ref().unwrap();
    assert_eq!(*vehicle.containers, ["CSQU3054383", "MSCU6639870"]);
    assert_eq!(sent.content.goods[0].description, "Sầu riêng; \"Monthong\"");
    assert_eq!(sent.content.goods[0].gross_kg, 19_000);
    assert!(sent.content.perishable);
    let driver = sent.people.driver.as_ref().unwrap();
    assert_eq!(driver.phone.as_deref(), Some("+84912345678"));
    let Line::Declaration(bare) = &lines[1].as_ref().unwrap().says else { panic!("{lines:?}") };
    assert!(bare.content.goods.is_empty() && bare.people.driver.is_none());
}

#[test]
fn a_column_that_is_not_known_is_named_with_the_one_that_was_meant() {
    let lines =
        read("direction,crossing_points,vehicle_plat,direction,weather\nimport,HUU_NGHI,12C12345,import,fine\n");
    assert_eq!(lines.len(), 1, "without its columns the file says nothing");
    let error = lines[0].as_ref().unwrap_err();
    let found: Vec<_> =
        error.failures.iter().map(|failure| (failure.code, arg(failure, "column"), arg(failure, "nearest"))).collect();
    let expected = [
        ("unknown-column", "crossing_points", "crossing_point"),
        ("unknown-column", "vehicle_plat", "vehicle_plate"),
        ("duplicate-column", "direction", ""),
        ("unknown-column", "weather", ""),
        ("column-missing", "crossing_point", ""),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_wrong_cell_is_named_by_its_column() {
    let lines =
        read("direction,crossing_point,goods_gross_kg,vehicle_kind\nimport,HUU_NGHI,heavy,bicycle\nimport,HUU_NGHI\n");
    let error = lines[0].as_ref().unwrap_err();
    let columns: Vec<_> = error.failures.iter().map(|failure| (failure.code, arg(failure, "column"))).collect();
    assert!(columns.contains(&("wrong-type", "goods_gross_kg")), "{columns:?}");
    assert!(columns.contains(&("unknown-word", "vehicle_kind")), "{columns:?}");
    assert!(columns.contains(&("required", "goods_hs_code")), "{columns:?}");
    assert_eq!(codes(lines[1].as_ref().unwrap_err()), [("", "csv-cell-count")]);
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line_alone() {
    let lines = read(
        "direction,crossing_point,note\nimport,HUU_NGHI,\"oh\nimport,HUU_NGHI,fine\nimport,HUU_NGHI,\"two\nlines\"\nimport,HUU_NGHI,\"a\" b\n",
    );
    assert_eq!(numbers(&lines), (vec![3, 4], vec![2, 6]), "{lines:#?}");
    assert_eq!(codes(lines[0].as_ref().unwrap_err()), [("", "csv-after-quote")]);
    let lines = read("direction,crossing_point,note\nimport,HUU_NGHI,\"oh\nimport,HUU_NGHI,fine\n");
    assert_eq!(numbers(&lines), (vec![3], vec![2]));
    assert_eq!(codes(lines[0].as_ref().unwrap_err()), [("", "csv-quote-open")]);
}

#[test]
fn every_column_of_a_history_is_read_and_written() {
    let cell = |column: &Column| match (column.name, column.holds) {
        ("state", _) => "completed".to_owned(),
        ("direction", _) => "import".to_owned(),
        ("regime", _) => "transit".to_owned(),
        ("cargo_class", _) => "general".to_owned(),
        ("vehicle_kind", _) => "truck".to_owned(),
        ("driver_document_kind", _) => "passport".to_owned(),
        (name, Holds::Text) if name.ends_with("_at") || name == "planned_arrival" => "2025-03-31T02:00:00Z".to_owned(),
        (name, Holds::Text) => name.to_uppercase().replace('_', ""),
        (_, Holds::Flag) => "true".to_owned(),
        (_, Holds::Whole) => "17".to_owned(),
        (_, Holds::Number) => "17.5".to_owned(),
        (_, Holds::Texts) => "ONE TWO".to_owned(),
    };
    let row =
        |cell: &dyn Fn(&Column) -> String| columns(Kind::Histories).map(cell).collect::<Vec<_>>().join(",") + "\n";
    let file = row(&|column| column.name.to_owned()) + &row(&cell);
    let mut written = Vec::new();
    write_csv(histories_in(read(&file)), &mut written).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), file);
}

#[test]
fn an_empty_file_says_nothing() {
    assert!(read("").is_empty() && read("\n\n").is_empty());
}

/// The blocks of the paper on importing that are written in `language`.
fn examples(language: &str) -> Vec<&'static str> {
    let paper = include_str!("../docs/IMPORT.md");
    let opening = format!("```{language}\n");
    paper.split(&opening).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_paper_on_importing_names_every_column_and_its_examples_hold() {
    let paper = include_str!("../docs/IMPORT.md");
    for column in columns(Kind::Declarations).chain(columns(Kind::Histories)) {
        assert!(paper.contains(&format!("`{}`", column.name)), "{} is missing", column.name);
    }
    let found: Vec<Read> = [examples("ndjson"), examples("csv")]
        .concat()
        .into_iter()
        .flat_map(read)
        .map(|line| line.unwrap_or_else(|error| panic!("{error:?}")))
        .collect();
    assert_eq!(found.len(), 3);
    let reference = reference();
    for line in found {
        if let Line::History(history) = line.says {
            assert_eq!(history.check(now(), rules(&reference)), []);
        }
    }
}
