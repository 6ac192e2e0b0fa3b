//! What a firm declares: the fields of a declaration as they are sent, and the rules they keep.

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
