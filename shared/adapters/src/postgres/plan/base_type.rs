use tokio_postgres::{Row, types::Type};

/// The type of a column's row; one that is not built in is unknown here.
pub(in crate::postgres) fn base_type(column: &Row) -> Type {
    let base: Option<u32> = column.get("base");
    base.and_then(Type::from_oid).unwrap_or(Type::UNKNOWN)
}
