/// A number that a database works out for each row, and finds by it the few rows that a kernel
/// needs: no other changes the kernel's partial.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// The number as SQL, from the SQL of the kernel's columns. It is NULL or NaN of a row that the
    /// kernel skips, and not negative of any other.
    pub sql: fn(columns: &[String]) -> String,
    /// The rows that the kernel needs measure at most so many times the least measure of all.
    pub reach: f64,
}

impl Measure {
    /// The most that a row may measure that the kernel needs, if the least measure is this.
    pub fn limit(&self, least: f64) -> f64 {
        // And so much that roundings of numbers do not matter that are too small to be exact.
        least * self.reach + f64::MIN_POSITIVE
    }
}
