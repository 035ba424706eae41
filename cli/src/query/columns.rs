//! A list of columns.

use serde::Serialize;

use super::piece::list;

/// Columns, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// Reads an option of the command line.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let columns = list(text, &[]).map(|(columns, _)| Self(columns));
        columns.map_err(|problem| format!("{problem}; it must be names such as city,fare"))
    }
}

#[test]
fn columns_have_commas_between_and_quotes_around_what_has_one() {
    let columns = Columns::parse("city, \"a,b\" ,fare").unwrap();
    assert_eq!(columns.0, ["city", "a,b", "fare"]);
    assert!(Columns::parse("city,,fare").unwrap_err().ends_with("such as city,fare"));
}
