use serde::{Deserialize, Serialize};

use super::{FilterType, Literal};
use crate::{
    bounded::shown,
    error::{Error, Result},
};

/// A condition that a row must meet. As in SQL, a NULL meets no comparison, `ne` included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column, as the source's catalogue entry names it.
    pub column: String,
    /// What its value must meet.
    pub test: Test,
}

/// What a value must meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It compares like this with a value.
    Compare(Comparison, Literal),
    /// It is one of these values, at least one.
    In(Vec<Literal>),
    /// It is NULL or not.
    Is(Nullness),
}

/// How a value compares with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// It is equal.
    Eq,
    /// It is not equal.
    Ne,
    /// It is less.
    Lt,
    /// It is less or equal.
    Le,
    /// It is greater.
    Gt,
    /// It is greater or equal.
    Ge,
}

impl Comparison {
    /// Each of them.
    pub const ALL: [Self; 6] = [Self::Eq, Self::Ne, Self::Lt, Self::Le, Self::Gt, Self::Ge];

    /// The name in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
        }
    }

    /// The operator in SQL.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// Whether a value is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nullness {
    /// It is NULL.
    Null,
    /// It is not NULL.
    NotNull,
}

impl Condition {
    /// The most values of all conditions of a query. Each becomes a parameter of a statement.
    pub const MOST_VALUES: usize = 1000;

    /// The most bytes of all conditions of a query as JSON. They are stored with the job, whose
    /// item is written with every chunk.
    pub const MOST_BYTES: usize = 16_384;

    /// Returns the values that the column is compared with.
    pub fn literals(&self) -> &[Literal] {
        match &self.test {
            Test::Compare(_, literal) => std::slice::from_ref(literal),
            Test::In(literals) => literals,
            Test::Is(_) => &[],
        }
    }

    /// Returns the same condition with each number in one form, so that two conditions that differ
    /// only in spelling are equal: 4 and 4.0.
    #[must_use]
    pub(super) fn spelled_out(self) -> Self {
        let test = match self.test {
            Test::Compare(comparison, literal) => Test::Compare(comparison, literal.spelled_out()),
            Test::In(literals) => {
                Test::In(literals.into_iter().map(Literal::spelled_out).collect())
            }
            test @ Test::Is(_) => test,
        };
        Self { column: self.column, test }
    }

    /// Checks the values against the column's type, and writes each in the one form that the type
    /// has for it.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the column, the value, and what the type can hold.
    pub fn checked(self, filter_type: &FilterType) -> Result<Self> {
        let check = |literal: Literal| {
            literal.checked(filter_type).map_err(|problem| {
                // As JSON, so that a text differs from a number.
                let literal = serde_json::to_string(&literal).unwrap_or_default();
                let (column, literal) = (shown(&self.column), shown(literal));
                Error::Invalid(format!("where: column {column:?} {problem}, not {literal}"))
            })
        };
        let test = match self.test {
            Test::Compare(comparison, literal) => Test::Compare(comparison, check(literal)?),
            Test::In(literals) => Test::In(literals.into_iter().map(check).collect::<Result<_>>()?),
            test @ Test::Is(_) => test,
        };
        Ok(Self { column: self.column, test })
    }
}
