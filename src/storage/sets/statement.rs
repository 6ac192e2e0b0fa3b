//! The text of the statement that writes a set. It has only the parts that its set needs: each costs, whether or not
//! there is anything in it.

use super::columns::{Counted, Imported, Kept, Moved, Received, Taken, Told, Waited, Whole};
use crate::domain::throughput::Measure;

/// What becomes of the rows of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Rows {
    /// They are new.
    New,
    /// They change as a whole, and may take a vehicle's place.
    Whole,
    /// They move on, without being amended and without taking a place.
    Moved,
}

/// In what form the rows of a part are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// There are none, and the part is left out.
    Nothing,
    /// So many rows, each field a parameter: for a few of them that is what the database has the least to do with.
    Fields(usize),
    /// One list a column, of which the rows are taken by subscripts. A list is gone through for every text that is taken from it.
    Subscripts,
    /// One list a column, however long.
    Lists,
}

/// The most rows of a part that are sent field by field: more than one action needs.
const FEW: usize = 4;
/// The longest list of which rows are taken by subscripts: beyond it `unnest` costs less.
const SHORT: usize = 64;

impl Form {
    /// So many rows of a set of `declarations`. There is a statement for each number of rows that is sent field by field, and
    /// it is only of one declaration that there are few.
    pub(super) const fn of(rows: usize, declarations: usize) -> Self {
        match (rows, declarations) {
            (0, _) => Self::Nothing,
            (1..=FEW, 1) => Self::Fields(rows),
            (..=SHORT, _) => Self::Subscripts,
            _ => Self::Lists,
        }
    }

    /// Whether there are any.
    const fn is_any(self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// The rows as the table `name`, of columns with these names and types and each row's `ordinal`, counting on from the parameters
    /// that `taken` others have.
    pub(super) fn rows(self, name: &str, names: &[&str], types: &[&str], taken: &mut usize) -> String {
        let mut parameters = |suffix: &str| {
            let each = types.iter().map(|kind| {
                *taken += 1;
                format!("${taken}::{kind}{suffix}")
            });
            each.collect::<Vec<_>>()
        };
        let rows = match self {
            Self::Nothing | Self::Lists => format!("unnest({}) with ordinality", parameters("[]").join(", ")),
            Self::Subscripts => {
                let lists = parameters("[]");
                let length = lists.first().map(String::as_str).unwrap_or_default();
                let fields: Vec<String> = lists.iter().map(|list| format!("({list})[ordinal]")).collect();
                format!(
                    "(select {}, ordinal from generate_series(1, cardinality({length})) as ordinal)",
                    fields.join(", ")
                )
            }
            Self::Fields(rows) => {
                let rows: Vec<String> =
                    (1..=rows).map(|ordinal| format!("({}, {ordinal})", parameters("").join(", "))).collect();
                format!("(values {})", rows.join(", "))
            }
        };
        format!("{rows} as {name}({}, ordinal)", names.join(", "))
    }

    /// Whether they are of one declaration.
    const fn is_of_one_declaration(self) -> bool {
        matches!(self, Self::Fields(_))
    }

    /// Whether it is a single row of one declaration: there is nothing to put in order and nothing to add up.
    const fn is_single(self) -> bool {
        matches!(self, Self::Fields(1))
    }

    /// How a table of the rows is read: kept while it is looked at, which a single row need not be.
    const fn kept(self) -> &'static str {
        if self.is_single() { "" } else { "materialized" }
    }

    /// In which order the rows are taken.
    fn in_order_of(self, columns: &str) -> String {
        if self.is_single() { String::new() } else { format!("order by {columns}") }
    }

    /// The rows in groups that have the same `columns`.
    fn in_groups_of(self, columns: &str) -> String {
        if self.is_single() { String::new() } else { format!("group by {columns}") }
    }

    /// `amount` of all rows of a group.
    fn sum(self, amount: &str) -> String {
        if self.is_single() { amount.to_owned() } else { format!("sum({amount})::bigint") }
    }
}

/// What the statement of a set has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parts {
    /// What becomes of the rows.
    pub(super) rows: Rows,
    /// The rows.
    pub(super) body: Form,
    /// Where new ones were imported from.
    pub(super) sources: Form,
    /// Money that changed hands.
    pub(super) receipts: Form,
    /// The actions.
    pub(super) actions: Form,
    /// The keys that requests bore.
    pub(super) keys: Form,
    /// What devices told of.
    pub(super) told: Form,
    /// What is counted.
    pub(super) counts: Form,
    /// The only measure that is counted, where it is one.
    pub(super) only: Option<Measure>,
    /// Vehicles come in question, come or go.
    pub(super) stock: bool,
    /// Vehicles' times that are known.
    pub(super) dwell: Form,
    /// Vehicles' places are given back.
    pub(super) releases: bool,
}

/// Builds the text, counting the parameters.
struct Writing {
    parts: Parts,
    taken: usize,
    /// The parts that are ready, in order.
    ctes: Vec<String>,
}

/// The statement that does what `parts` says, on parameters in the order rows, sources, receipts, actions, keys, told,
/// counts, stock, dwell. It returns the numbers that it took.
pub(super) fn text(parts: Parts) -> String {
    let mut writing = Writing { parts, taken: 0, ctes: Vec::new() };
    writing.rows();
    writing.tail();
    format!("with {} select number from done", writing.ctes.join(",\n"))
}

/// Columns that are sent as the text of an array.
const ARRAYS: [&str; 2] = ["customs_declarations", "tracks"];

/// The columns of `names` that the table has, and how `q`'s are written into them.
fn columns_of(names: &[&str], without: &[&str]) -> (Vec<String>, Vec<String>) {
    names
        .iter()
        .filter(|name| !["read_head", "claim", "release"].contains(name) && !without.contains(name))
        .map(|name| {
            let cast = if ARRAYS.contains(name) { "::text[]" } else { "" };
            ((*name).to_owned(), format!("q.{name}{cast}"))
        })
        .unzip()
}

impl Writing {
    fn add(&mut self, cte: impl Into<String>) {
        self.ctes.push(cte.into());
    }

    /// The condition that `number` is in the `column` of the part `name`, whose rows are declarations of the set: of one it is enough that
    /// there is any.
    fn is_in(&self, number: &str, column: &str, name: &str) -> String {
        if self.parts.body.is_of_one_declaration() {
            format!("exists (select from {name})")
        } else {
            format!("({number} in (select {column} from {name})) is true")
        }
    }

    /// The condition that the declaration with this `number` was written.
    fn is_written(&self, number: &str) -> String {
        self.is_in(number, "number", "done")
    }

    /// The condition that a row of `q` has the place that it wants, or wants none.
    fn has_its_place(&self) -> String {
        format!("(q.claim is null or {})", self.is_in("q.number", "declaration", "claimed"))
    }

    /// The part `name`: of `rows`, as `x`, those go into `table` whose declaration, by its `number`, was written.
    fn insert_into(&mut self, name: &str, table: &str, columns: &[&str], rows: &str, number: &str) {
        let columns = columns.join(", ");
        let is_written = self.is_written(&format!("x.{number}"));
        self.add(format!(
            "{name} as (insert into {table} ({columns})
                        select {columns} from {rows} where {is_written})"
        ));
    }

    /// The rows: `q` are those that may be written, `done` those that were.
    fn rows(&mut self) {
        let rows = match self.parts.rows {
            Rows::New | Rows::Whole => Whole::rows("q", self.parts.body, &mut self.taken),
            Rows::Moved => Moved::rows("q", self.parts.body, &mut self.taken),
        };
        let sources = self.parts.sources;
        let sources = sources.is_any().then(|| Imported::rows("x", sources, &mut self.taken));
        let unused = if self.parts.receipts.is_any() {
            self.receipts();
            "(q.number in (select declaration from used)) is not true"
        } else {
            "true"
        };
        match self.parts.rows {
            Rows::New => self.insert(&rows, unused),
            Rows::Whole => self.update(&rows, Whole::NAMES, unused),
            Rows::Moved => self.update(&rows, Moved::NAMES, unused),
        }
        if let Some(imported) = sources {
            self.insert_into("s", "sources", Imported::NAMES, &imported, "declaration");
        }
    }

    /// The receipts of a set, and the declarations that cannot be written since one of theirs is used. Each is looked
    /// up by itself: few bear a receipt, and the table grows for good.
    fn receipts(&mut self) {
        let rows = Received::rows("x", self.parts.receipts, &mut self.taken);
        self.add(format!("received as materialized (select * from {rows})"));
        self.add(
            "used as materialized (
                 select m.declaration from received m cross join lateral (
                     select from receipts p where p.receipt = m.receipt and p.kind = m.kind limit 1) same)",
        );
    }

    /// The places that vehicles take, by those of `q` that want one: of two that want the same, the earlier.
    fn claims(&mut self) {
        self.add(format!(
            "claimed as (insert into vehicles_present (vehicle, direction, declaration)
                 select q.claim, q.direction, q.number from q where q.claim is not null {in_order}
                 on conflict do nothing returning declaration)",
            in_order = self.parts.body.in_order_of("q.claim, q.direction, q.ordinal"),
        ));
    }

    fn insert(&mut self, rows: &str, unused: &str) {
        let (columns, values) = columns_of(Whole::NAMES, &[]);
        self.add(format!(
            "q as {kept} (
                 select * from {rows}
                 where exists (select from firms f where f.id = q.firm
                                 and (f.disabled_at is null or q.last_action = 'transfer_in'))
                   and not exists (select from declarations d where d.number = q.number)
                   and {unused})",
            kept = self.parts.body.kept(),
        ));
        self.claims();
        self.add(format!(
            "done as (insert into declarations ({columns})
                 select {values} from q where {has_its_place}
                 returning number)",
            columns = columns.join(", "),
            values = values.join(", "),
            has_its_place = self.has_its_place(),
        ));
    }

    fn update(&mut self, rows: &str, names: &[&str], unused: &str) {
        let (columns, values) = columns_of(names, &["number", "firm", "declarant", "direction", "created_at"]);
        let set: Vec<String> =
            columns.iter().zip(values).map(|(column, value)| format!("{column} = {value}")).collect();
        self.add(format!("q as {} (select * from {rows} where {unused})", self.parts.body.kept()));
        let holds = if self.parts.rows == Rows::Whole {
            self.claims();
            format!("and {}", self.has_its_place())
        } else {
            String::new()
        };
        self.add(format!(
            "done as (update declarations d set {set} from q
                      where d.number = q.number and d.head = q.read_head {holds}
                      returning d.number)",
            set = set.join(", "),
        ));
        if self.parts.releases {
            self.add(format!(
                "released as (delete from vehicles_present v using q
                     where v.vehicle = q.release and v.direction = q.direction and v.declaration = q.number and {is_written})",
                is_written = self.is_written("q.number"),
            ));
        }
    }

    /// What every set ends with: actions, keys, receipts and statistics of the numbers that were written, and what devices told
    /// of. That a sequence is there already is an error: nothing may be taken twice.
    fn tail(&mut self) {
        let taken = Taken::rows("x", self.parts.actions, &mut self.taken);
        self.insert_into("a", "actions", Taken::NAMES, &taken, "declaration");
        if self.parts.receipts.is_any() {
            let columns = Received::NAMES.join(", ");
            self.add(format!(
                "p as (insert into receipts ({columns})
                       select {columns} from received m where {is_written} {in_order})",
                is_written = self.is_written("m.declaration"),
                in_order = self.parts.receipts.in_order_of("receipt, kind"),
            ));
        }
        if self.parts.keys.is_any() {
            let kept = Kept::rows("x", self.parts.keys, &mut self.taken);
            // Its number only tells whose it is.
            self.insert_into("k", "idempotency_keys", Kept::NAMES.get(1..).unwrap_or_default(), &kept, "number");
        }
        if self.parts.told.is_any() {
            let told = Told::rows("x", self.parts.told, &mut self.taken);
            self.insert_into("e", "device_actions", Told::NAMES, &told, "declaration");
        }
        if self.parts.counts.is_any() {
            self.counts();
        }
        if self.parts.dwell.is_any() {
            self.dwell();
        }
    }

    /// The counters, and the stock: the sum of four of them, which touches its rows only where one of those changes.
    fn counts(&mut self) {
        let form = self.parts.counts;
        let counted = Counted::rows("x", form, &mut self.taken);
        self.add(format!(
            "counted as {kept} (select * from {counted} where {is_written})",
            kept = form.kept(),
            is_written = self.is_written("x.number"),
        ));
        let (measures, sums): (&[Measure], Vec<String>) = if let Some(only) = &self.parts.only {
            (std::slice::from_ref(only), vec![form.sum("amount")])
        } else {
            let sum = |place| format!("coalesce(sum(amount) filter (where measure = {place}), 0)::bigint");
            (Measure::VARIANTS, (0..Measure::VARIANTS.len()).map(sum).collect())
        };
        let columns: Vec<String> = measures.iter().map(|measure| format!("\"{}\"", measure.as_str())).collect();
        let added: Vec<String> =
            columns.iter().map(|column| format!("{column} = t.{column} + excluded.{column}")).collect();
        let cell = "day, crossing_point, direction, cargo_class";
        self.add(format!(
            "t as (insert into throughput as t ({cell}, {columns})
                   select {cell}, {sums} from counted {in_groups} {in_order}
                   on conflict ({cell}) do update set {added})",
            columns = columns.join(", "),
            sums = sums.join(", "),
            in_groups = form.in_groups_of(cell),
            in_order = form.in_order_of(cell),
            added = added.join(", "),
        ));
        if !self.parts.stock {
            return;
        }
        let [registered, arrived, left, fell_away] = Counted::STOCK.map(|measure| measure as usize);
        let cell = "month, crossing_point, direction, cargo_class";
        self.add(format!(
            "o as (insert into stock as t ({cell}, inside, registered)
                   select * from (
                       select date_trunc('month', day)::date as month, crossing_point, direction, cargo_class,
                              {inside} as inside, {waiting} as registered
                         from counted where measure in ({registered}, {arrived}, {left}, {fell_away}) {in_groups}) as x
                   where inside <> 0 or registered <> 0 {in_order}
                   on conflict ({cell})
                   do update set inside = t.inside + excluded.inside, registered = t.registered + excluded.registered)",
            inside = form.sum(&format!("case measure when {arrived} then amount when {left} then -amount else 0 end")),
            waiting =
                form.sum(&format!("case measure when {registered} then amount when {left} then 0 else -amount end")),
            in_groups = form.in_groups_of(cell),
            in_order = form.in_order_of(cell),
        ));
    }

    fn dwell(&mut self) {
        let form = self.parts.dwell;
        let waited = Waited::rows("x", form, &mut self.taken);
        let row = "pair, day, crossing_point, direction, cargo_class, bucket";
        self.add(format!(
            "v as (insert into dwell as t ({row}, vehicles)
                   select * from (
                       select {row}, {vehicles} as vehicles from {waited} where {is_written} {in_groups}) as x
                   where vehicles <> 0 {in_order}
                   on conflict ({row}) do update set vehicles = t.vehicles + excluded.vehicles)",
            vehicles = form.sum("vehicles"),
            is_written = self.is_written("x.number"),
            in_groups = form.in_groups_of(row),
            in_order = form.in_order_of(row),
        ));
    }
}
