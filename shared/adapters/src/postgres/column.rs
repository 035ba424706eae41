//! The types of columns, and what they can be read as.

use pgfold_core::{Column, KeyKind, Kind, Nulls, Projection};

use super::table::quoted;

/// Types of whole numbers, as `format_type` names them.
pub(super) const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];

/// Types of a key that are cut at values that there are.
pub(super) const ORDERED: [&str; 7] = [
    "uuid",
    "text",
    "character varying",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
    "numeric",
];

/// How keys of a type are read.
pub(super) fn kind_of_key(type_name: &str) -> KeyKind {
    if INTEGERS.contains(&type_name) { KeyKind::Integer } else { KeyKind::Text }
}

/// The types that can be read as a kind; none where all can.
pub(super) fn types(kind: Kind) -> Option<&'static [&'static str]> {
    const NUMBERS: &[&str] =
        &["smallint", "integer", "bigint", "real", "double precision", "numeric"];
    Some(match kind {
        Kind::Boolean => &["boolean"],
        Kind::Integer => &INTEGERS,
        Kind::Number | Kind::Exact => NUMBERS,
        Kind::Decimal => &["smallint", "integer", "bigint", "numeric"],
        Kind::Text => &["text", "character varying", "character", "name"],
        Kind::Uuid => &["uuid"],
        Kind::Instant => &["timestamp with time zone", "timestamp without time zone", "date"],
        Kind::Identity => return None,
    })
}

/// The columns of a projection as the end of a list in SQL.
///
/// Numbers of which it matters only whether one is NULL come in one value if there is a type for
/// that: for Postgres a value costs more to send than its bytes (`make bench`). Its functions are
/// NULL if an argument is, and leave numbers as they are, NaN and infinities among them.
pub(super) fn select(Projection { columns, nulls }: &Projection) -> String {
    let is_number = |column: &Column| matches!(column.kind, Kind::Number | Kind::Exact);
    let fit_in_one = *nulls == Nulls::Any && columns.iter().all(is_number);
    match &columns[..] {
        [a, b] if fit_in_one => format!(", {}", point(a, b)),
        [a, b, c, d] if fit_in_one => {
            format!(", pg_catalog.lseg({}, {})", point(a, b), point(c, d))
        }
        columns => columns.iter().map(|column| format!(", {}", cast(column))).collect(),
    }
}

fn point(x: &Column, y: &Column) -> String {
    format!("pg_catalog.point({}, {})", cast(x), cast(y))
}

/// A column as SQL that gives it in the form of its kind.
pub(super) fn cast(Column { name, kind }: &Column) -> String {
    let name = quoted(name);
    match kind {
        Kind::Boolean => format!("{name}::bool"),
        Kind::Integer => format!("{name}::int8"),
        Kind::Number | Kind::Exact => format!("{name}::float8"),
        // Their binary form is not that of a text.
        Kind::Decimal => format!("{name}::numeric::text"),
        Kind::Text | Kind::Identity => format!("{name}::text"),
        Kind::Uuid => format!("{name}::uuid"),
        Kind::Instant => format!("{name}::timestamptz"),
    }
}
