//! The types of columns, and the kinds of value that they can be read as.

use pgfold_core::{Column, Form, KeyKind, Kind, OutputColumn, ValueType};
use tokio_postgres::{Row, types::Type};

/// The types of whole numbers.
pub(super) const INTEGERS: [Type; 3] = [Type::INT2, Type::INT4, Type::INT8];

/// The types of keys that are cut at existing values.
const ORDERED: [Type; 7] = [
    Type::UUID,
    Type::TEXT,
    Type::VARCHAR,
    Type::DATE,
    Type::TIMESTAMP,
    Type::TIMESTAMPTZ,
    Type::NUMERIC,
];

/// The types, besides whole numbers, whose equal values have the same binary form.
const SENT_ONE_WAY: [Type; 5] =
    [Type::BOOL, Type::DATE, Type::TIMESTAMP, Type::TIMESTAMPTZ, Type::UUID];

/// The types that a key may have, by their SQL names.
pub(in crate::postgres) const KEY_TYPES: &str = "smallint, integer, bigint, uuid, text, character varying, date, \
                                    timestamp without time zone, timestamp with time zone, numeric";

/// A column to read, with its type in the database.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct ReadColumn {
    pub(in crate::postgres) column: Column,
    /// The SQL of the column: its quoted name, or a named expression.
    pub(in crate::postgres) name_sql: String,
    /// The column's type; for a domain its base type.
    pub(in crate::postgres) base: Type,
    /// The SQL name of that type.
    pub(in crate::postgres) type_name: String,
    /// The modifier of the column's type, such as the digits of a numeric; -1 if it has none.
    pub(in crate::postgres) modifier: i32,
    /// The SQL name of the type as it was declared.
    pub(in crate::postgres) declared: String,
    /// Whether texts are equal only if their bytes are.
    pub(in crate::postgres) is_deterministic: bool,
}

/// Returns how keys of a type are read; `None` if keys cannot have this type.
pub(in crate::postgres) fn kind_of_key(base: &Type) -> Option<KeyKind> {
    if INTEGERS.contains(base) {
        Some(KeyKind::Integer)
    } else {
        ORDERED.contains(base).then_some(KeyKind::Text)
    }
}

/// Returns the SQL names of the types that can be read as a kind; `None` if `base` is one of them.
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
        Kind::Identity | Kind::Value => return None,
    };
    (!types.contains(base)).then_some(names)
}

impl ReadColumn {
    /// Returns the SQL of the column's value in the form of its kind.
    pub(in crate::postgres) fn sql(&self) -> String {
        let name = &self.name_sql;
        match self.column.kind {
            Kind::Boolean => format!("{name}::bool"),
            Kind::Integer => format!("{name}::int8"),
            Kind::Number => format!("{name}::float8"),
            // As text, because the binary form of a numeric is not a text.
            Kind::Decimal => format!("{name}::numeric::text"),
            Kind::Text => format!("{name}::text"),
            Kind::Uuid => format!("{name}::uuid"),
            Kind::Instant => format!("{name}::timestamptz"),
            Kind::Exact => match self.form() {
                Form::Integer => format!("{name}::int8"),
                Form::Numeric => format!("{name}::numeric"),
                Form::Float | Form::Plain => format!("{name}::float8"),
            },
            Kind::Identity => self.identity(name),
            Kind::Value => self.value_sql(),
        }
    }

    /// Returns the type that the column's values have in files.
    pub(in crate::postgres) fn value_type(&self) -> ValueType {
        match self.base {
            Type::BOOL => ValueType::Boolean,
            Type::INT2 => ValueType::Smallint,
            Type::INT4 => ValueType::Integer,
            Type::INT8 => ValueType::Bigint,
            Type::FLOAT4 => ValueType::Real,
            Type::FLOAT8 => ValueType::Double,
            Type::NUMERIC => numeric(self.modifier),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => ValueType::Text,
            Type::BYTEA => ValueType::Bytes,
            Type::DATE => ValueType::Date,
            Type::TIME => ValueType::Time,
            Type::TIMESTAMP => ValueType::Timestamp,
            Type::TIMESTAMPTZ => ValueType::Timestamptz,
            Type::UUID => ValueType::Uuid,
            Type::JSON | Type::JSONB => ValueType::Json,
            _ => ValueType::Other,
        }
    }

    /// Returns the column as files have it.
    pub(in crate::postgres) fn output(&self) -> OutputColumn {
        OutputColumn {
            name: self.column.name.clone(),
            value_type: self.value_type(),
            sql_type: Some(self.declared.clone()),
        }
    }

    /// Returns the SQL of the column's value in the form of its type.
    fn value_sql(&self) -> String {
        let form = match self.value_type() {
            ValueType::Boolean => "bool",
            ValueType::Smallint | ValueType::Integer | ValueType::Bigint => "int8",
            ValueType::Real | ValueType::Double => "float8",
            ValueType::Numeric { .. } => "numeric",
            ValueType::Bytes => "bytea",
            ValueType::Date => "date",
            ValueType::Time => "time",
            ValueType::Timestamp => "timestamp",
            ValueType::Timestamptz => "timestamptz",
            ValueType::Uuid => "uuid",
            ValueType::Text | ValueType::Json | ValueType::Other => "text",
        };
        format!("{}::{form}", self.name_sql)
    }

    /// Returns the form of the column's values.
    pub(in crate::postgres) fn form(&self) -> Form {
        match self.column.kind {
            Kind::Exact if INTEGERS.contains(&self.base) => Form::Integer,
            Kind::Exact if self.base == Type::NUMERIC => Form::Numeric,
            Kind::Exact => Form::Float,
            _ => Form::Plain,
        }
    }

    /// Returns the form of the column's values where a fold takes them as numbers.
    pub(in crate::postgres) fn number_form(&self) -> Form {
        match self.column.kind {
            // An instant is sent as an integer.
            Kind::Integer | Kind::Instant => Form::Integer,
            Kind::Exact => self.form(),
            _ => Form::Float,
        }
    }

    /// Returns the SQL of bytes that are equal if and only if the values are equal.
    fn identity(&self, name: &str) -> String {
        match &self.base {
            // In the form in which other kinds send them, so that they share a field.
            base if INTEGERS.contains(base) => format!("{name}::int8"),
            base if SENT_ONE_WAY.contains(base) => format!("{name}::{base}"),
            // PostgreSQL hashes NaN and both infinities alike.
            &Type::NUMERIC => format!("pg_catalog.trim_scale({name})::text"),
            _ if self.is_spelled_one_way() => format!("{name}::text"),
            // The hash function of the type, with the collation of the column. It also hashes
            // ROW(NULL).
            _ => format!(
                "CASE WHEN pg_catalog.num_nonnulls({name}) = 1 \
                 THEN pg_catalog.hash_record_extended(ROW({name}), 0)::text END"
            ),
        }
    }

    /// Returns whether equal values have the same text, under the settings of pgfold's
    /// transactions.
    ///
    /// This includes integers and instants, because PostgreSQL hashes them to 32 bits, and among a
    /// billion values many would share a hash.
    pub(in crate::postgres) fn is_spelled_one_way(&self) -> bool {
        let texts = [Type::TEXT, Type::VARCHAR, Type::BPCHAR];
        // PostgreSQL has no hash function for these types.
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

/// Returns the type that a numeric with this modifier has in files. PostgreSQL adds 4 to what it is made
/// of, the digits in its upper half and the places, signed, in its lower 11 bits.
/// <https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c>
fn numeric(modifier: i32) -> ValueType {
    let packed = modifier - 4;
    let (precision, scale) = (packed >> 16, ((packed & 0x7ff) ^ 1024) - 1024);
    match (u8::try_from(precision), u8::try_from(scale)) {
        (Ok(precision), Ok(scale))
            if modifier >= 4
                && (1..=ValueType::MOST_DIGITS).contains(&precision)
                && scale <= precision =>
        {
            ValueType::Numeric { precision, scale }
        }
        _ => ValueType::Other,
    }
}

/// Returns the type in a row of the catalogue; a type that is not built in is [`Type::UNKNOWN`].
pub(in crate::postgres) fn base_type(column: &Row) -> Type {
    let base: Option<u32> = column.get("base");
    base.and_then(Type::from_oid).unwrap_or(Type::UNKNOWN)
}

#[test]
fn the_digits_of_a_numeric_are_in_its_modifier() {
    // As PostgreSQL 18 has them in pg_attribute.atttypmod.
    for (modifier, expected) in [
        (-1, ValueType::Other),
        (655_366, ValueType::Numeric { precision: 10, scale: 2 }),
        (2_490_372, ValueType::Numeric { precision: 38, scale: 0 }),
        (2_490_410, ValueType::Numeric { precision: 38, scale: 38 }),
        // numeric(39, 0), numeric(5, -2) and numeric(3, 5).
        (2_555_908, ValueType::Other),
        (329_730, ValueType::Other),
        (196_617, ValueType::Other),
    ] {
        assert_eq!(numeric(modifier), expected, "{modifier}");
    }
}
