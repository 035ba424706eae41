/// A number that a database computes for each row to find the few rows that a kernel needs. No
/// other row changes the kernel's partial.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Returns the measure as SQL, from the SQL of the kernel's columns. The measure is NULL or NaN
    /// for a row that the kernel skips, and not negative for any other row.
    pub sql: fn(columns: &[String]) -> String,
    /// The kernel needs only rows with a measure of at most `reach` times the least measure of all.
    pub reach: f64,
}

impl Measure {
    /// Returns the greatest measure of a row that the kernel needs, if `least` is the least
    /// measure.
    pub fn limit(&self, least: f64) -> f64 {
        // The least normal double covers the rounding of subnormal measures, which are not exact.
        least * self.reach + f64::MIN_POSITIVE
    }
}
