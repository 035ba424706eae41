/// The name of the service in errors.
pub(super) const SERVICE: &str = "postgres";
