//! In which fields of a row its columns are sent.

use pgfold_core::{Form, Kind, Nulls};

use crate::postgres::plan::{
    column::{INTEGERS, ReadColumn},
    relation::Relation,
};

/// The fields of the columns of a row.
///
/// PostgreSQL spends more on each field than on its bytes (`make bench`), so columns share fields
/// where the query allows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::postgres) struct SentColumns {
    /// The SQL of each field.
    pub(in crate::postgres) fields: Vec<String>,
    /// The form of each field; empty if all are plain.
    pub(in crate::postgres) forms: Vec<Form>,
    /// The field of each column; empty if each has a field of its own.
    pub(in crate::postgres) places: Vec<usize>,
}

impl SentColumns {
    /// Returns the fields in which the columns of a relation are sent.
    pub(in crate::postgres) fn of(relation: &Relation) -> Self {
        let Relation { columns, nulls, may_share_fields, .. } = relation;
        if let Some(field) = in_one(columns, *nulls) {
            return Self { fields: vec![field], ..Self::default() };
        }
        let mut sent = Self::default();
        for read in columns {
            let (sql, form) = match may_share_fields {
                true => beside(read, columns),
                false => (read.sql(), read.form()),
            };
            let known = sent.fields.iter().position(|field| *may_share_fields && *field == sql);
            let place = known.unwrap_or(sent.fields.len());
            if known.is_none() {
                sent.fields.push(sql);
                sent.forms.push(Form::Plain);
            }
            // Kinds with one form read it from any.
            if form != Form::Plain {
                sent.forms[place] = form;
            }
            sent.places.push(place);
        }
        if sent.places.iter().enumerate().all(|(column, place)| column == *place) {
            sent.places.clear();
        }
        if sent.forms.iter().all(|form| *form == Form::Plain) {
            sent.forms.clear();
        }
        sent
    }
}

/// Returns the SQL and the form of a column that may share the field of another. A whole number
/// that is read as a double is sent as such only if nothing else reads it.
fn beside(read: &ReadColumn, columns: &[ReadColumn]) -> (String, Form) {
    let integer = format!("{}::int8", read.name_sql);
    let is_integer = read.column.kind == Kind::Number && INTEGERS.contains(&read.base);
    match is_integer && columns.iter().any(|other| other.sql() == integer) {
        true => (integer, Form::Integer),
        false => (read.sql(), read.form()),
    }
}

/// Returns the SQL of all columns in one field, as floats one after the other; `None` if they do
/// not fit in one.
///
/// They do if the kernel need not know which number is NULL, and a geometric type of as many numbers
/// exists. The functions of these types return NULL if an argument is NULL, and do not change
/// numbers, NaN and infinities included.
fn in_one(columns: &[ReadColumn], nulls: Nulls) -> Option<String> {
    let is_float = |read: &ReadColumn| match read.column.kind {
        Kind::Number => true,
        Kind::Exact => read.form() == Form::Float,
        _ => false,
    };
    if nulls != Nulls::PerRow || !columns.iter().all(is_float) {
        return None;
    }
    match columns {
        [a, b] => Some(point(a, b)),
        [a, b, c, d] => Some(format!("pg_catalog.lseg({}, {})", point(a, b), point(c, d))),
        _ => None,
    }
}

fn point(x: &ReadColumn, y: &ReadColumn) -> String {
    format!("pg_catalog.point({}, {})", x.sql(), y.sql())
}

#[cfg(test)]
mod tests {
    use pgfold_core::{Column, KeyKind, RelationId};
    use tokio_postgres::types::Type;

    use super::*;
    use crate::postgres::plan::relation_kind;

    /// Returns how columns of these names, kinds and types are sent.
    fn sent(columns: &[(&str, Kind, Type)], may_share_fields: bool) -> SentColumns {
        let read = |(name, kind, base): &(&str, Kind, Type)| ReadColumn {
            column: Column { name: (*name).to_owned(), kind: *kind },
            name_sql: (*name).to_owned(),
            base: base.clone(),
            type_name: base.name().to_owned(),
            modifier: -1,
            declared: base.name().to_owned(),
            is_deterministic: true,
        };
        SentColumns::of(&Relation {
            oid: 7,
            kind: relation_kind::Kind::Table,
            key: Some(KeyKind::Integer),
            groups: Vec::new(),
            filter: Vec::new(),
            cut_by: None,
            columns: columns.iter().map(read).collect(),
            nulls: Nulls::PerColumn,
            sends_key: true,
            may_share_fields,
            is_readable_whole: true,
            id: RelationId::of("trips"),
        })
    }

    #[test]
    fn kinds_that_are_sent_alike_share_a_field() {
        let columns = [
            ("fare", Kind::Exact, Type::FLOAT8),
            ("city", Kind::Identity, Type::INT4),
            ("fare", Kind::Number, Type::FLOAT8),
            ("city", Kind::Number, Type::INT4),
            ("city", Kind::Exact, Type::INT4),
            ("at", Kind::Instant, Type::TIMESTAMPTZ),
            ("at", Kind::Identity, Type::TIMESTAMPTZ),
        ];
        let shared = sent(&columns, true);
        assert_eq!(shared.fields, ["fare::float8", "city::int8", "at::timestamptz"]);
        assert_eq!(shared.forms, [Form::Float, Form::Integer, Form::Plain]);
        assert_eq!(shared.places, [0, 1, 0, 1, 1, 2, 2]);
        let apart = sent(&columns, false);
        assert_eq!((apart.fields.len(), apart.places), (7, vec![]));
    }

    #[test]
    fn a_whole_number_alone_and_a_decimal_are_sent_as_each_kind_wants_them() {
        let alone = sent(&[("city", Kind::Number, Type::INT4)], true);
        assert_eq!(alone.fields, ["city::float8"]);
        assert_eq!((alone.forms, alone.places), (vec![], vec![]));
        let decimal = [("fare", Kind::Number, Type::NUMERIC), ("fare", Kind::Exact, Type::NUMERIC)];
        let decimal = sent(&decimal, true);
        assert_eq!(decimal.fields, ["fare::float8", "fare::numeric"]);
        assert_eq!((decimal.forms, decimal.places), (vec![Form::Plain, Form::Numeric], vec![]));
    }
}
