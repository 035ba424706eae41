//! The types of columns, and what they can be read as.

use pgfold_core::{Column, Form, KeyKind, Kind, Nulls};
use tokio_postgres::{Row, types::Type};

use crate::postgres::table::quoted;

/// Types of whole numbers.
const INTEGERS: [Type; 3] = [Type::INT2, Type::INT4, Type::INT8];

/// Types of a key that are cut at values that exist.
const ORDERED: [Type; 7] = [
    Type::UUID,
    Type::TEXT,
    Type::VARCHAR,
    Type::DATE,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
    Type::NUMERIC,
];

/// The types that a key may be of, as SQL names them.
pub(in crate::postgres) const KEY_TYPES: &str = "smallint, integer, bigint, uuid, text, character varying, date, \
                                    timestamp without time zone, timestamp with time zone, numeric";

/// A column as it is read.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct ReadColumn {
    pub(in crate::postgres) column: Column,
    /// Its type; of a domain the type that it is made of.
    pub(in crate::postgres) base: Type,
    /// That type as SQL names it.
    pub(in crate::postgres) type_name: String,
    /// Whether texts are equal only if their bytes are.
    pub(in crate::postgres) is_deterministic: bool,
}

/// How keys of a type are read, if there can be keys of it.
pub(in crate::postgres) fn kind_of_key(base: &Type) -> Option<KeyKind> {
    if INTEGERS.contains(base) {
        Some(KeyKind::Integer)
    } else {
        ORDERED.contains(base).then_some(KeyKind::Text)
    }
}

/// The types that can be read as a kind, as SQL names them, unless `base` is one of them.
pub(in crate::postgres) fn misfit(kind: Kind, base: &Type) -> Option<&'static str> {
    let number = [&INTEGERS[..], &[Type::FLOAT4, Type::FLOAT8, Type::NUMERIC]].concat();
    let (types, names): (&[Type], _) = match kind {
        Kind::Boolean => (&[Type::BOOL], "boolean"),
        Kind::Integer => (&INTEGERS, "smallint, integer, bigint"),
        Kind::Number | Kind::Exact => {
            (&number, "smallint, integer, bigint, real, double precision, numeric")
        }
        Kind::Decimal => (
            &[Type::INT2, Type::INT4, Type::INT8, Type::NUMERIC],
            "smallint, integer, bigint, numeric",
        ),
        Kind::Text => (
            &[Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME],
            "text, character varying, character, name",
        ),
        Kind::Uuid => (&[Type::UUID], "uuid"),
        Kind::Instant => (
            &[Type::TIMESTAMPTZ, Type::TIMESTAMP, Type::DATE],
            "timestamp with time zone, timestamp without time zone, date",
        ),
        Kind::Identity => return None,
    };
    (!types.contains(base)).then_some(names)
}

/// Columns as the end of a list in SQL.
///
/// Numbers of which it matters only whether one is NULL come in one value if there is a type for
/// that: for Postgres a value costs more to send than its bytes (`make bench`). Its functions are
/// NULL if an argument is, and leave numbers as they are, NaN and infinities among them.
pub(in crate::postgres) fn select(columns: &[ReadColumn], nulls: Nulls) -> String {
    let fit_in_one = fit_in_one(columns, nulls);
    match columns {
        [a, b] if fit_in_one => format!(", {}", point(a, b)),
        [a, b, c, d] if fit_in_one => {
            format!(", pg_catalog.lseg({}, {})", point(a, b), point(c, d))
        }
        columns => columns.iter().map(|read| format!(", {}", read.sql())).collect(),
    }
}

/// Whether columns come as floats, one after the other in a single field.
fn fit_in_one(columns: &[ReadColumn], nulls: Nulls) -> bool {
    nulls == Nulls::PerRow
        && matches!(columns.len(), 2 | 4)
        && columns.iter().all(|read| match read.column.kind {
            Kind::Number => true,
            Kind::Exact => read.form() == Form::Float,
            _ => false,
        })
}

/// The forms that columns come in; none if all are plain.
pub(in crate::postgres) fn forms(columns: &[ReadColumn], nulls: Nulls) -> Vec<Form> {
    let is_plain = |read: &ReadColumn| read.form() == Form::Plain;
    match fit_in_one(columns, nulls) || columns.iter().all(is_plain) {
        true => Vec::new(),
        false => columns.iter().map(ReadColumn::form).collect(),
    }
}

fn point(x: &ReadColumn, y: &ReadColumn) -> String {
    format!("pg_catalog.point({}, {})", x.sql(), y.sql())
}

impl ReadColumn {
    /// SQL of the column's value in the form of its kind.
    pub(in crate::postgres) fn sql(&self) -> String {
        let name = quoted(&self.column.name);
        match self.column.kind {
            Kind::Boolean => format!("{name}::bool"),
            Kind::Integer => format!("{name}::int8"),
            Kind::Number => format!("{name}::float8"),
            // Their binary form is not that of a text.
            Kind::Decimal => format!("{name}::numeric::text"),
            Kind::Text => format!("{name}::text"),
            Kind::Uuid => format!("{name}::uuid"),
            Kind::Instant => format!("{name}::timestamptz"),
            Kind::Exact => match self.form() {
                Form::Integer => format!("{name}::int8"),
                Form::Numeric => format!("{name}::numeric"),
                Form::Float | Form::Plain => format!("{name}::float8"),
            },
            Kind::Identity => self.identity(&name),
        }
    }

    /// How the bytes of its values are written.
    fn form(&self) -> Form {
        match self.column.kind {
            Kind::Exact if INTEGERS.contains(&self.base) => Form::Integer,
            Kind::Exact if self.base == Type::NUMERIC => Form::Numeric,
            Kind::Exact => Form::Float,
            _ => Form::Plain,
        }
    }

    /// SQL of bytes that are equal if and only if two values are.
    fn identity(&self, name: &str) -> String {
        if self.base == Type::NUMERIC {
            // PostgreSQL hashes NaN and both infinities alike.
            return format!("pg_catalog.trim_scale({name})::text");
        }
        if self.is_spelled_one_way() {
            return format!("{name}::text");
        }
        // The hash of the type itself, with the collation of the column. ROW(NULL) has one, too.
        format!(
            "CASE WHEN pg_catalog.num_nonnulls({name}) = 1 \
             THEN pg_catalog.hash_record_extended(ROW({name}), 0)::text END"
        )
    }

    /// Whether equal values have one text, in transactions as pgfold's are.
    ///
    /// Integers and instants are among them because PostgreSQL hashes them to 32 bits, which a billion
    /// values would often share.
    pub(in crate::postgres) fn is_spelled_one_way(&self) -> bool {
        let texts = [Type::TEXT, Type::VARCHAR, Type::BPCHAR];
        // These have no hash in PostgreSQL.
        let unhashed = [Type::MONEY, Type::BIT, Type::VARBIT, Type::TS_VECTOR, Type::TSQUERY];
        let others = [
            Type::BOOL,
            Type::BYTEA,
            Type::CHAR,
            Type::DATE,
            Type::INT2,
            Type::INT4,
            Type::INT8,
            Type::NAME,
            Type::OID,
            Type::TIME,
            Type::TIMESTAMP,
            Type::TIMESTAMPTZ,
            Type::UUID,
        ];
        texts.contains(&self.base) && self.is_deterministic
            || unhashed.contains(&self.base)
            || others.contains(&self.base)
    }
}

/// The type of a column's row; one that is not built in is unknown here.
pub(in crate::postgres) fn base_type(column: &Row) -> Type {
    let base: Option<u32> = column.get("base");
    base.and_then(Type::from_oid).unwrap_or(Type::UNKNOWN)
}
