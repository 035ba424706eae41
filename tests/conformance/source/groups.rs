//! Which rows are one group.

use std::collections::{BTreeMap, BTreeSet};

use pgfold_core::{Consistency, GroupType};
use serde_json::json;

use super::{
    Backend,
    typed::{Typed, all, asked, read},
};

/// A value of a column as a text that two values share if, and only if, they are equal.
fn value(row: &Typed, column: &str) -> Option<String> {
    match column {
        "whole" => row.whole.map(|whole| whole.to_string()),
        "exact" => row.exact.map(|digits| match digits {
            "1.50" => "1.5".to_owned(),
            digits => digits.to_owned(),
        }),
        "word" => row.word.map(str::to_owned),
        "yes" => row.yes.map(|yes| yes.to_string()),
        "code" => row.code.map(|code| code.to_string()),
        _ => unreachable!("{column} makes no groups"),
    }
}

pub(crate) async fn rows_are_one_group_if_and_only_if_their_values_are_equal(
    backend: &dyn Backend,
) {
    let table = backend.typed(&all()).await;
    let rows: BTreeMap<i64, Typed> = all().into_iter().map(|row| (row.key, row)).collect();
    for (columns, types) in [
        (&["whole"][..], &[GroupType::Integer][..]),
        (&["exact"], &[GroupType::Numeric]),
        (&["word"], &[GroupType::Text]),
        (&["yes"], &[GroupType::Boolean]),
        (&["code"], &[GroupType::Uuid]),
        (&["yes", "word"], &[GroupType::Boolean, GroupType::Text]),
        (
            &["exact", "code", "whole", "yes"],
            &[GroupType::Numeric, GroupType::Uuid, GroupType::Integer, GroupType::Boolean],
        ),
    ] {
        // A NULL among the values is a value like others.
        let values = |key: &i64| -> Vec<Option<String>> {
            columns.iter().map(|column| value(&rows[key], column)).collect()
        };
        let mut bytes_of: BTreeMap<Vec<Option<String>>, Vec<u8>> = BTreeMap::new();
        for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
            let projection = asked(&json!([]), columns);
            let (planned, found) = read(&table, &projection, consistency, 3).await.unwrap();
            assert_eq!(planned.group_types, types, "{columns:?}");
            assert!(found.iter().map(|(key, _)| key).eq(rows.keys()), "{columns:?}");
            for (key, bytes) in found {
                let first = bytes_of.entry(values(&key)).or_insert_with(|| bytes.clone());
                assert_eq!(bytes, *first, "{columns:?} of {:?}", rows[&key]);
            }
        }
        let different: BTreeSet<&Vec<u8>> = bytes_of.values().collect();
        assert_eq!(different.len(), bytes_of.len(), "{columns:?}: {bytes_of:?}");
        assert!(bytes_of.keys().any(|values| values.contains(&None)), "{columns:?}");
    }
}

pub(crate) async fn rows_of_a_filter_have_the_groups_of_their_values(backend: &dyn Backend) {
    let table = backend.typed(&all()).await;
    let filter = json!([{ "column": "whole", "test": { "compare": ["ge", 0] } }]);
    let whole = read(&table, &asked(&json!([]), &["word"]), Consistency::PerChunk, 1).await;
    let whole: BTreeMap<i64, Vec<u8>> = whole.unwrap().1.into_iter().collect();
    for consistency in [Consistency::PerChunk, Consistency::Snapshot] {
        let projection = asked(&filter, &["word"]);
        let (_, found) = read(&table, &projection, consistency, 4).await.unwrap();
        let expected = all().into_iter().filter(|row| row.whole.is_some_and(|whole| whole >= 0));
        let expected: Vec<(i64, Vec<u8>)> =
            expected.map(|row| (row.key, whole[&row.key].clone())).collect();
        assert_eq!(found, expected, "{consistency:?}");
    }
}
