//! Filtering and grouping the rows of a source in memory.

use std::cmp::Ordering;

use pgfold_core::{
    Cell, Comparison, Condition, Error, FilterType, GroupBy, GroupType, Literal, Nullness, Number,
    Numeric, Result, Test,
};

/// Returns the conditions with each value in the one form of its column's type; `cell` returns a
/// value of a column that is not NULL, if it has one.
pub(super) fn checked<'c>(
    filter: &[Condition],
    cell: impl Fn(&str) -> Result<Option<&'c Cell>>,
) -> Result<Vec<Condition>> {
    let check = |condition: &Condition| match cell(&condition.column)? {
        Some(cell) => condition.clone().checked(&filter_type(cell)),
        // Of a column of NULLs no type is known, and no row meets a comparison.
        None => Ok(condition.clone()),
    };
    filter.iter().map(check).collect()
}

/// Returns the types of the values that make groups.
pub(super) fn group_types<'c>(
    groups: &[GroupBy],
    cell: impl Fn(&str) -> Result<Option<&'c Cell>>,
) -> Result<Vec<GroupType>> {
    let of = |by: &GroupBy| {
        let wrong = |problem: &str| {
            Err(Error::Invalid(format!("group_by: column {:?}: {problem}", by.column)))
        };
        if by.unit.is_some() {
            return wrong("a source in memory has no times to cut to units");
        }
        // Groups of NULLs alone are of any type.
        let of_values = cell(&by.column)?.map_or(FilterType::Text, filter_type);
        match of_values.group_type() {
            Some(group_type) => Ok(group_type),
            None => wrong("doubles make no groups"),
        }
    };
    groups.iter().map(of).collect()
}

/// Returns a cell as the value of a group, whose bytes are equal if the values are.
pub(super) fn group_cell(cell: &Cell) -> Cell {
    let Cell::Numeric(number) = cell else { return cell.clone() };
    // A text without zeros at its end, as PostgreSQL's trim_scale writes it.
    Cell::Text(match number {
        Number::Integer(number) => number.to_string(),
        Number::Numeric(number) => trimmed(number.to_string()),
        Number::Float(f64::INFINITY) => "Infinity".to_owned(),
        Number::Float(f64::NEG_INFINITY) => "-Infinity".to_owned(),
        // Without the sign of -0, which a numeric does not have.
        Number::Float(number) => (number + 0.0).to_string(),
    })
}

fn trimmed(digits: String) -> String {
    match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits,
    }
}

/// Returns whether a cell meets a test. A NULL meets none but `is null`.
pub(super) fn meets(cell: &Cell, test: &Test) -> bool {
    let compare = |literal| compared(cell, literal);
    match test {
        Test::Is(Nullness::Null) => *cell == Cell::Null,
        Test::Is(Nullness::NotNull) => *cell != Cell::Null,
        Test::In(literals) => {
            literals.iter().any(|literal| compare(literal) == Some(Ordering::Equal))
        }
        Test::Compare(comparison, literal) => {
            compare(literal).is_some_and(|order| match comparison {
                Comparison::Eq => order.is_eq(),
                Comparison::Ne => order.is_ne(),
                Comparison::Lt => order.is_lt(),
                Comparison::Le => order.is_le(),
                Comparison::Gt => order.is_gt(),
                Comparison::Ge => order.is_ge(),
            })
        }
    }
}

/// Returns how a cell compares with a value; `None` for a NULL, or a value of another type.
fn compared(cell: &Cell, literal: &Literal) -> Option<Ordering> {
    Some(match (cell, literal) {
        (Cell::Boolean(one), Literal::Boolean(other)) => one.cmp(other),
        (Cell::Integer(one), Literal::Number(other)) => one.cmp(&other.as_i64()?),
        (Cell::Number(one), Literal::Number(other)) => order(*one, other.as_f64()?),
        (Cell::Number(one), Literal::Text(other)) => order(*one, other.parse().ok()?),
        (Cell::Numeric(one), Literal::Text(other)) => match (one, Numeric::parse(other)?) {
            (Number::Numeric(one), other) => one.compare(&other),
            (one, other) => order(one.to_double(), other.to_double()),
        },
        (Cell::Text(one), Literal::Text(other)) => one.cmp(other),
        (Cell::Uuid(one), Literal::Text(other)) => one.to_string().cmp(other),
        _ => return None,
    })
}

/// Compares doubles as PostgreSQL does: a NaN equals a NaN and is greater than any other, and -0
/// equals 0.
fn order(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
}

fn filter_type(cell: &Cell) -> FilterType {
    match cell {
        Cell::Boolean(_) => FilterType::Boolean,
        Cell::Integer(_) => FilterType::Integer(64),
        Cell::Number(_) => FilterType::Float(64),
        Cell::Numeric(_) => FilterType::Numeric,
        Cell::Uuid(_) => FilterType::Uuid,
        Cell::Text(_) | Cell::Null => FilterType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_decimals_are_one_group_and_are_written_as_postgresql_writes_them() {
        let decimal = |text: &str| Number::Numeric(Numeric::parse(text).unwrap());
        for (number, written) in [
            (decimal("1.50"), "1.5"),
            (decimal("100"), "100"),
            (decimal("0.00"), "0"),
            (decimal("0.0000001"), "0.0000001"),
            (decimal("123456789012345678.10"), "123456789012345678.1"),
            (Number::Integer(-7), "-7"),
            (Number::Float(-0.0), "0"),
            (Number::Float(2.5), "2.5"),
            (Number::Float(f64::NAN), "NaN"),
            (Number::Float(f64::INFINITY), "Infinity"),
            (Number::Float(f64::NEG_INFINITY), "-Infinity"),
        ] {
            assert_eq!(group_cell(&Cell::Numeric(number)), Cell::Text(written.to_owned()));
        }
    }
}
