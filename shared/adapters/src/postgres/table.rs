use std::{collections::BTreeMap, fmt};

use pgfold_core::short_fingerprint;
use serde::{Deserialize, Serialize};

/// The configuration of a source: a table or view, its key, and the columns that may be read. A
/// kernel reads the first of them if a request names no columns.
///
/// Names are quoted in SQL and keep their case. The filter is SQL that the deployer writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// The table.
    pub table: TableName,
    /// The column that identifies a row, NOT NULL and unique. Without a key the table can be read
    /// in one snapshot only, by its blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The columns that may be read.
    pub columns: Vec<String>,
    /// Columns that are expressions in SQL, by their names. They may be read after the others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub expressions: BTreeMap<String, String>,
    /// The columns by which a request may filter rows; without it, the columns that may be read and
    /// the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<String>>,
    /// An SQL condition that a row must meet.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether to trust that the key is NOT NULL and unique although the database does not state
    /// it, as for a view.
    #[serde(default)]
    pub trusted_key: bool,
}

impl SourceTable {
    /// Makes the configuration of a table with a key and no filter.
    ///
    /// # Errors
    /// If `table` is not a [`TableName`].
    pub fn new<'a>(
        table: &str,
        key: &str,
        columns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NotATableName> {
        Ok(Self {
            table: table.to_owned().try_into()?,
            key: Some(key.to_owned()),
            columns: columns.into_iter().map(str::to_owned).collect(),
            expressions: BTreeMap::new(),
            filters: None,
            filter: None,
            trusted_key: false,
        })
    }

    /// Returns the fingerprint of the canonical text of this configuration. Only equal sources have
    /// equal fingerprints.
    ///
    /// The text is compact JSON with its fields in this order: `v`, the version of the form, 1;
    /// `table`, quoted as in SQL; `key`; `columns`, in their order; `expressions`, by their names;
    /// `filters`, in their order; `where`; `trusted_key`. An option that is absent or has its default is left out, so that a new option does not change
    /// the fingerprint of sources that do not use it:
    /// `{"v":1,"table":"\"points\"","key":"id","columns":["x","y"]}`.
    pub(super) fn definition(&self) -> String {
        short_fingerprint(&self.canonical())
    }

    #[expect(clippy::expect_used, reason = "strings and flags are JSON")]
    fn canonical(&self) -> String {
        // A form of its own, because the configuration's JSON may change while jobs run.
        #[derive(Serialize)]
        struct Canonical<'a> {
            v: u8,
            table: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            key: Option<&'a str>,
            columns: &'a [String],
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            expressions: &'a BTreeMap<String, String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            filters: Option<&'a [String]>,
            #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
            filter: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            trusted_key: Option<bool>,
        }
        // Without `..`, so that the compiler reports a new field.
        let Self { table, key, columns, expressions, filters, filter, trusted_key } = self;
        let canonical = Canonical {
            v: 1,
            table: &table.0,
            key: key.as_deref(),
            columns,
            expressions,
            filters: filters.as_deref(),
            filter: filter.as_deref(),
            trusted_key: trusted_key.then_some(true),
        };
        serde_json::to_string(&canonical).expect("strings and flags are JSON")
    }

    /// Returns the condition that a row must meet; `None` without a filter.
    pub(super) fn condition(&self) -> Option<String> {
        // The parenthesis is on a new line because the filter may end in a comment.
        self.filter.as_ref().map(|filter| format!("({filter}\n)"))
    }

    /// Returns the columns that may be read, the named expressions last.
    pub(super) fn readable(&self) -> Vec<String> {
        self.columns.iter().chain(self.expressions.keys()).cloned().collect()
    }

    /// Returns the columns by which a request may filter rows.
    pub(super) fn filterable(&self) -> Vec<String> {
        let by_default = || {
            let mut filters = self.readable();
            filters.extend(self.key.clone().filter(|key| !filters.contains(key)));
            filters
        };
        self.filters.clone().unwrap_or_else(by_default)
    }
}

/// Returns ` WHERE` and all of these conditions; an empty text without conditions.
pub(super) fn where_clause(conditions: &[String]) -> String {
    match conditions {
        [] => String::new(),
        conditions => format!(" WHERE {}", conditions.join(" AND ")),
    }
}

/// The name of a table: `table` or `schema.table`. Each part is spelled as it was created, or in
/// double quotes as in SQL: `"Weird Schema"."po""ints"`.
///
/// `Display` writes it quoted, as SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName(String);

/// A text that is not the name of a table.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a table's name: table, schema.table, or either part in double quotes")]
pub struct NotATableName(String);

impl TryFrom<String> for TableName {
    type Error = NotATableName;

    fn try_from(text: String) -> Result<Self, NotATableName> {
        match parts(&text) {
            Some(parts) if parts.len() <= 2 && parts.iter().all(|part| !part.is_empty()) => {
                let quoted: Vec<String> = parts.iter().map(|part| quoted(part)).collect();
                Ok(Self(quoted.join(".")))
            }
            _ => Err(NotATableName(text)),
        }
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the parts of a name; `None` if its quotes do not match.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let part = match rest.strip_prefix('"') {
            Some(inside) => {
                // Finds the closing quote: the first that is not doubled.
                let mut end = 0;
                loop {
                    end += inside[end..].find('"')?;
                    if !inside[end + 1..].starts_with('"') {
                        break;
                    }
                    end += 2;
                }
                rest = &inside[end + 1..];
                inside[..end].replace("\"\"", "\"")
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                let part = rest[..end].trim();
                rest = &rest[end..];
                (!part.contains('"')).then(|| part.to_owned())?
            }
        };
        parts.push(part);
        rest = rest.trim_start();
        if rest.is_empty() {
            return Some(parts);
        }
        rest = rest.strip_prefix('.')?.trim_start();
    }
}

/// Returns `name` as a quoted SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        TableName::try_from(text.to_owned()).ok().map(String::from)
    }

    #[test]
    fn names_of_any_characters_are_quoted() {
        for (text, sql) in [
            ("points", r#""points""#),
            (" geo . Points ", r#""geo"."Points""#),
            (r#""Weird Schema"."po""ints""#, r#""Weird Schema"."po""ints""#),
            (r#"geo."a.b""#, r#""geo"."a.b""#),
            (r#""""""#, r#""""""#),
            ("points; DROP TABLE points", r#""points; DROP TABLE points""#),
        ] {
            assert_eq!(name(text).as_deref(), Some(sql), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_name_is_an_error() {
        let no_names = ["", ".", "a.", ".a", "a.b.c", "\"", "\"\"", "\"a", "\"a\"b", "a\"b"];
        for text in no_names {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn the_quoted_name_parses_to_the_same_name() {
        let shown = name(r#"geo."a"".b""#).unwrap();
        assert_eq!(name(&shown), Some(shown));
    }

    #[test]
    fn the_canonical_text_and_its_fingerprint_do_not_change() {
        let points = SourceTable::new("points", "id", ["x", "y"]).unwrap();
        let by_block = SourceTable { key: None, ..points.clone() };
        let full = SourceTable {
            filter: Some(r#"note = '"a"'"#.to_owned()),
            trusted_key: true,
            ..SourceTable::new(r#"geo."po""ints""#, "the \"id\"", ["x,y"]).unwrap()
        };
        for (source, text, fingerprint) in [
            (
                points,
                r#"{"v":1,"table":"\"points\"","key":"id","columns":["x","y"]}"#,
                "546cd52f24f87df4",
            ),
            (by_block, r#"{"v":1,"table":"\"points\"","columns":["x","y"]}"#, "53682f474a621e2e"),
            (
                full,
                concat!(
                    r#"{"v":1,"table":"\"geo\".\"po\"\"ints\"","key":"the \"id\"","#,
                    r#""columns":["x,y"],"where":"note = '\"a\"'","trusted_key":true}"#,
                ),
                "d68437581a1e182d",
            ),
        ] {
            assert_eq!(source.canonical(), text);
            assert_eq!(source.definition(), fingerprint, "{text}");
        }
    }

    #[test]
    fn an_option_at_its_default_equals_an_absent_option() {
        let parsed = |json: &str| serde_json::from_str::<SourceTable>(json).unwrap();
        let minimal = parsed(r#"{"table":"points","columns":["x"]}"#);
        let spelled = parsed(
            r#"{"trusted_key":false,"where":null,"columns":["x"],"key":null,"table":"\"points\""}"#,
        );
        assert_eq!(minimal.canonical(), r#"{"v":1,"table":"\"points\"","columns":["x"]}"#);
        assert_eq!(spelled.canonical(), minimal.canonical());
    }

    #[test]
    fn sources_that_differ_have_different_definitions() {
        let table = SourceTable::new("points", "id", ["x", "y"]).unwrap();
        let of =
            |columns: &[&str]| SourceTable::new("points", "id", columns.iter().copied()).unwrap();
        let named = |name: &str| SourceTable::new(name, "id", ["x", "y"]).unwrap();
        let sources = [
            SourceTable { filter: Some("x > 0".to_owned()), ..table.clone() },
            SourceTable { filter: Some(String::new()), ..table.clone() },
            SourceTable { key: None, ..table.clone() },
            SourceTable { key: Some(String::new()), ..table.clone() },
            SourceTable { key: Some(r#"id","columns":["x"#.to_owned()), ..table.clone() },
            SourceTable { trusted_key: true, ..table.clone() },
            of(&["y", "x"]),
            of(&["x,y"]),
            of(&[r#"x","y"#]),
            of(&["x", "y", ""]),
            named("a.b"),
            named(r#""a.b""#),
            named(r#""a"".""b""#),
            table,
        ];
        let mut definitions: Vec<String> = sources.iter().map(SourceTable::definition).collect();
        definitions.sort();
        definitions.dedup();
        assert_eq!(definitions.len(), sources.len());
    }

    #[test]
    fn a_comment_in_a_filter_ends_with_the_filter() {
        let table = SourceTable::new("points", "id", ["x"]).unwrap();
        let filtered = SourceTable { filter: Some("x > 0 -- or so".to_owned()), ..table.clone() };
        assert_eq!(table.condition(), None);
        assert_eq!(filtered.condition().as_deref(), Some("(x > 0 -- or so\n)"));
        assert_eq!(where_clause(&["a".to_owned(), "b".to_owned()]), " WHERE a AND b");
    }
}
