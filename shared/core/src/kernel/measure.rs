use std::ops::{Add, Sub};

/// A number that a database computes for each row, to find the few rows that a kernel needs: no
/// other row changes the kernel's partial.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// The number. It is NULL or NaN for a row that the kernel skips, and not negative for any
    /// other.
    pub number: Expression,
    /// The rows that the kernel needs measure at most this many times the least measure of all.
    pub reach: f64,
}

impl Measure {
    /// Returns the most that a row can measure that the kernel needs, if `least` is the least
    /// measure.
    pub fn limit(&self, least: f64) -> f64 {
        // The second term covers roundings of numbers that are too small to be exact.
        least * self.reach + f64::MIN_POSITIVE
    }
}

/// Arithmetic on the doubles of a row, which each source writes in its own language.
///
/// ```
/// use pgfold_core::kernel::Expression;
///
/// let [low, high] = [0, 1].map(Expression::Column);
/// let _width = (high - low).abs();
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// The column at this place among the kernel's.
    Column(usize),
    /// The first plus the second.
    Sum(Box<[Self; 2]>),
    /// The first minus the second.
    Difference(Box<[Self; 2]>),
    /// The number without its sign.
    Absolute(Box<Self>),
}

impl Expression {
    /// Returns the number without its sign.
    pub fn abs(self) -> Self {
        Self::Absolute(Box::new(self))
    }
}

impl Add for Expression {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::Sum(Box::new([self, other]))
    }
}

impl Sub for Expression {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::Difference(Box::new([self, other]))
    }
}
