//! The laws of a query, tested for every kernel by itself and beside another, with and without
//! groups: any cut and order of the rows has the same answer, and a group's answer is that of its
//! rows alone.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use super::{
    Answer, Compute, Computed, FileRows, GroupBy, GroupMerge, GroupType, Query, QueryPartial,
    Reduction, RunCut,
};
use crate::{
    kernel::{self, KernelSpec},
    output::OutputColumn,
    rows::{Cell, FoldRows, Key, KeyKind, Kind, Number, RowBuffer, ValueType},
};

/// A row: the values of its group, and a cell for each column.
type Row = (Vec<Cell>, Vec<Cell>);

/// Returns the query of each kernel with its example, over columns of its own and beside a count
/// of distinct values of its first column.
fn queries(group_by: &[GroupBy]) -> Vec<(String, Query)> {
    let described = kernel::descriptions().into_iter();
    described
        .flat_map(|kernel| {
            let spec = |name: &str, params: Option<Value>| KernelSpec {
                name: name.to_owned(),
                params: params.unwrap_or_else(|| json!({})),
            };
            let columns: Vec<String> =
                (0..kernel.columns.len()).map(|at| format!("c{at}")).collect();
            let one = Computed {
                kernel: spec(kernel.name, kernel.example),
                columns: Some(columns.clone()),
            };
            let count =
                Computed { kernel: spec("distinct", None), columns: Some(columns[..1].to_vec()) };
            let named =
                BTreeMap::from([("all".to_owned(), one.clone()), ("count".to_owned(), count)]);
            [Compute::One(one), Compute::Named(named)].map(|compute| {
                let query =
                    Query { group_by: group_by.to_vec(), compute, ..Query::of(any_kernel()) };
                (kernel.name.to_owned(), query)
            })
        })
        .collect()
}

fn any_kernel() -> Computed {
    let kernel = KernelSpec { name: "summary".to_owned(), params: json!({}) };
    Computed { kernel, columns: None }
}

fn by(columns: &[&str]) -> Vec<GroupBy> {
    let by = |name: &&str| GroupBy {
        column: (*name).to_owned(),
        unit: None,
        time_zone: None,
        name: (*name).to_owned(),
    };
    columns.iter().map(by).collect()
}

fn folded(query: &Query, rows: &[(i64, Row)]) -> (QueryPartial, u64, u64) {
    let opened = query.open().unwrap();
    let mut fold = opened.fold();
    // Several batches, as the network has them.
    for rows in rows.chunks(7) {
        let mut buffer = RowBuffer::new(KeyKind::Integer);
        for (key, (group, cells)) in rows {
            buffer.push_cells(&Key::Integer(*key), group.iter().chain(cells).cloned());
        }
        fold.fold(buffer.batch()).unwrap();
    }
    let folded = fold.finish().unwrap();
    let json = serde_json::to_string(&folded.partial).unwrap();
    (serde_json::from_str(&json).unwrap(), folded.rows, folded.skipped)
}

fn answer(query: &Query, types: &[GroupType], chunks: &[&[(i64, Row)]]) -> Answer {
    let partials: Vec<QueryPartial> = chunks.iter().map(|rows| folded(query, rows).0).collect();
    query.open().unwrap().answer(types, partials.iter()).unwrap()
}

/// Generates a cell of a column that a kernel of this query reads.
fn cell(kind: Kind) -> BoxedStrategy<Cell> {
    let value = match kind {
        Kind::Number | Kind::Exact => {
            (-40..40_i32).prop_map(|x| Cell::Number(f64::from(x) / 4.0)).boxed()
        }
        _ => "[a-c]{0,2}".prop_map(Cell::Text).boxed(),
    };
    prop_oneof![1 => Just(Cell::Null), 9 => value].boxed()
}

fn rows(query: &Query, groups: usize) -> impl Strategy<Value = Vec<(i64, Row)>> + use<> {
    let kinds: Vec<Kind> =
        query.open().unwrap().columns().iter().map(|column| column.kind).collect();
    let cells: Vec<_> = kinds.into_iter().map(cell).collect();
    let group = prop_oneof![
        1 => Just(Cell::Null),
        3 => (-1..2_i64).prop_map(Cell::Integer),
    ];
    let row = (prop::collection::vec(group, groups), cells);
    prop::collection::vec(row, 0..40).prop_map(|rows| (-5..).zip(rows).collect())
}

#[test]
fn any_cut_and_order_of_the_rows_has_the_same_answer() {
    for columns in [&[][..], &["a"], &["a", "b"]] {
        let types = vec![GroupType::Integer; columns.len()];
        for (name, query) in queries(&by(columns)) {
            let law = |(rows, cut): (Vec<(i64, Row)>, prop::sample::Index)| {
                let cut = cut.index(rows.len() + 1);
                let (first, second) = rows.split_at(cut);
                let whole = answer(&query, &types, &[&rows]);
                prop_assert_eq!(&answer(&query, &types, &[first, second]), &whole);
                prop_assert_eq!(&answer(&query, &types, &[second, &[], first]), &whole);
                let ((_, one, skipped), (_, other, more)) =
                    (folded(&query, first), folded(&query, second));
                let (_, all, all_skipped) = folded(&query, &rows);
                prop_assert_eq!((one + other, skipped + more), (all, all_skipped));
                Ok(())
            };
            let strategy = (rows(&query, columns.len()), any::<prop::sample::Index>());
            if let Err(failure) = TestRunner::default().run(&strategy, law) {
                panic!("{name} by {columns:?}: {failure}");
            }
        }
    }
}

#[test]
fn the_answer_of_a_group_is_that_of_its_rows_alone() {
    for (name, query) in queries(&by(&["a"])) {
        let alone = Query { group_by: Vec::new(), ..query.clone() };
        let law = |rows: Vec<(i64, Row)>| {
            let grouped = answer(&query, &[GroupType::Integer], &[&rows]).answer;
            let groups = grouped["groups"].as_array().unwrap();
            prop_assert_eq!(&grouped["group_count"], groups.len());
            let mut counted = 0;
            for group in groups {
                let of_group = |row: &&(i64, Row)| match &row.1.0[0] {
                    Cell::Integer(value) => group["a"] == *value,
                    _ => group["a"].is_null(),
                };
                let of_group: Vec<(i64, Row)> = rows
                    .iter()
                    .filter(of_group)
                    .map(|(key, (_, cells))| (*key, (Vec::new(), cells.clone())))
                    .collect();
                prop_assert_eq!(&group["rows"], of_group.len());
                counted += of_group.len();
                let expected = answer(&alone, &[], &[&of_group]).answer;
                match &query.compute {
                    Compute::One(one) => prop_assert_eq!(&group[&one.kernel.name], &expected),
                    Compute::Named(named) => {
                        for name in named.keys() {
                            prop_assert_eq!(&group[name], &expected[name]);
                        }
                    }
                    Compute::Rows(_) => unreachable!("rows make no groups"),
                }
            }
            prop_assert_eq!(counted, rows.len());
            Ok(())
        };
        if let Err(failure) = TestRunner::default().run(&rows(&query, 1), law) {
            panic!("{name}: {failure}");
        }
    }
}

#[test]
fn a_file_has_of_each_group_what_its_answer_in_json_has() {
    type ToCell = fn(f64) -> Cell;
    let of_exact: [(ValueType, ToCell); 3] = [
        (ValueType::Double, |number| Cell::Number(if number > 9.0 { 1e300 } else { number })),
        (ValueType::Bigint, |number| match number > 9.0 {
            true => Cell::Integer(i64::MAX),
            false => Cell::Integer((number * 4.0) as i64),
        }),
        (ValueType::Numeric { precision: 38, scale: 2 }, |number| {
            Cell::Numeric(Number::Float(number))
        }),
    ];
    let types = [GroupType::Integer];
    for (name, query) in queries(&by(&["a"])) {
        let open = query.open().unwrap();
        for (value_type, cell) in &of_exact {
            let kinds: Vec<Kind> = open.columns().iter().map(|column| column.kind).collect();
            let read: Vec<OutputColumn> = kinds
                .iter()
                .map(|_| OutputColumn {
                    name: "read".to_owned(),
                    value_type: value_type.clone(),
                    sql_type: None,
                })
                .collect();
            let law = |mut rows: Vec<(i64, Row)>| {
                for (_, (group, cells)) in &mut rows {
                    // Keys are in the order of values if these are not negative.
                    if group[0] == Cell::Integer(-1) {
                        group[0] = Cell::Integer(7);
                    }
                    for (of, kind) in cells.iter_mut().zip(&kinds) {
                        if let (Cell::Number(number), Kind::Exact) = (&*of, kind) {
                            *of = cell(*number);
                        }
                    }
                }
                let (partial, _, _) = folded(&query, &rows);
                let merge = || {
                    let mut merge = GroupMerge::new(1);
                    merge.add_record(&partial, None).unwrap();
                    merge
                };
                let mut of_json = FileRows::new(&open, &types, &read);
                let mut reduction = Reduction::new(&open, &types);
                prop_assert!(reduction.take(&mut merge()).unwrap().is_none());
                for group in reduction.finish_groups().unwrap().take() {
                    of_json.push(&group).unwrap();
                }
                let mut reduction =
                    Reduction::with(&open, &types, FileRows::new(&open, &types, &read));
                prop_assert!(reduction.take(&mut merge()).unwrap().is_none());
                let of_fields = reduction.finish_groups().unwrap();
                prop_assert_eq!(of_fields.batch().messages(), of_json.batch().messages());
                Ok(())
            };
            if let Err(failure) = TestRunner::default().run(&rows(&query, 1), law) {
                panic!("{name} of {value_type:?}: {failure}");
            }
        }
    }
}

#[test]
fn an_answer_lists_as_many_groups_as_it_can_and_counts_any_number() {
    let compute = Computed { columns: Some(vec!["c0".to_owned()]), ..any_kernel() };
    let query = Query { group_by: by(&["a"]), ..Query::of(compute) };
    let row = |key: i64| (key, (vec![Cell::Integer(key)], vec![Cell::Number(0.5)]));
    let chunk = |at: i64| (at * 3000..(at + 1) * 3000).map(row).collect::<Vec<(i64, Row)>>();
    let partials: Vec<QueryPartial> = (0..34).map(|at| folded(&query, &chunk(at)).0).collect();
    let answer = |chunks: usize, limit| {
        let order = super::Order { by: None, descending: true, limit };
        let query = Query { order, ..query.clone() };
        query.open().unwrap().answer(&[GroupType::Integer], partials[..chunks].iter())
    };
    assert_eq!(answer(33, None).unwrap().answer["group_count"], 99_000);
    let error = answer(34, None).unwrap_err().to_string();
    assert!(error.starts_with("the chunks met 100001 groups together, "), "{error}");
    let first = answer(34, Some(2)).unwrap().answer;
    assert_eq!(first["group_count"], 102_000);
    assert_eq!(
        (&first["groups"][0]["a"], &first["groups"][1]["a"]),
        (&json!(101_999), &json!(101_998))
    );
}

#[test]
fn groups_are_measured_as_they_come_and_a_run_takes_them_all() {
    let compute = Computed { columns: Some(vec!["c0".to_owned()]), ..any_kernel() };
    let named = (0..16).map(|at| (format!("k{at}"), compute.clone()));
    let compute = Compute::Named(named.collect());
    let query = Query { group_by: by(&["a"]), compute, ..Query::of(any_kernel()) };
    let opened = query.open().unwrap();
    let mut fold = opened.fold();
    let mut fold_batch = |batch: i64| {
        let mut buffer = RowBuffer::new(KeyKind::Integer);
        for key in batch * 10_000..(batch + 1) * 10_000 {
            let values = vec![Cell::Number(0.5); 16];
            let cells = [Cell::Integer(key)].into_iter().chain(values);
            buffer.push_cells(&Key::Integer(key), cells);
        }
        fold.fold(buffer.batch()).unwrap();
        fold.in_memory()
    };
    let in_memory: Vec<usize> = (0..7).map(&mut fold_batch).collect();
    // A partial takes at least its 16 bytes and those of its skipped rows.
    assert!(in_memory.iter().any(|bytes| *bytes > 70_000 * 16 * 24), "{in_memory:?}");
    let run = fold.take_run(RunCut::of(1, 3)).unwrap().unwrap();
    assert_eq!((run.rows, fold.in_memory()), (70_000, 0));
    assert_eq!(fold.take_run(RunCut::of(1, 3)).unwrap().unwrap().rows, 0);
}

#[test]
fn rows_are_kept_where_they_are_groups_and_nowhere_else() {
    let compute = Computed { columns: Some(vec!["c0".to_owned()]), ..any_kernel() };
    let query = Query { group_by: by(&["a"]), ..Query::of(compute) };
    let opened = query.open().unwrap();
    // What rows of such groups are in memory after each 10,000 of them, and whether they are kept.
    let after = |group: fn(i64) -> i64, rows: i64| {
        let mut fold = opened.fold();
        let each = (0..rows / 10_000).map(|batch| {
            let mut buffer = RowBuffer::new(KeyKind::Unsent);
            for row in batch * 10_000..(batch + 1) * 10_000 {
                buffer.push_cells(&0.into(), [Cell::Integer(group(row)), Cell::Number(0.5)]);
            }
            fold.fold(buffer.batch()).unwrap();
            (fold.in_memory(), fold.has_rows())
        });
        let each: Vec<(usize, bool)> = each.collect();
        assert_eq!(fold.finish().unwrap().rows, rows as u64);
        each
    };
    let keeps = |rows: Vec<(usize, bool)>| rows.iter().map(|(_, keeps)| *keeps).collect::<Vec<_>>();
    let (before, later) = ([false; 6].to_vec(), |keeps| vec![keeps; 4]);
    // Every row is a group; every second is; a few groups have all.
    let [all, half, few] = [|row| row, |row| row / 2, |row| row % 100]
        .map(|group: fn(i64) -> i64| after(group, 100_000));
    assert_eq!((half[0].0 > 0, few[0].0), (true, 0));
    assert_eq!(keeps(all), [before.clone(), later(true)].concat());
    assert_eq!(keeps(half), [before.clone(), later(false)].concat());
    assert_eq!(keeps(few), [before, later(false)].concat());
}

#[test]
fn a_partial_of_another_query_or_version_is_refused() {
    let (none, some) = (queries(&[]), queries(&by(&["a"])));
    let (plain, named) = (&none[0].1, &none[1].1);
    let (of_plain, _, _) = folded(plain, &[]);
    let (of_groups, _, _) = folded(&some[0].1, &[]);
    for (query, partial) in [(plain, &of_groups), (named, &of_plain)] {
        assert!(query.open().unwrap().answer(&[], [partial].into_iter()).is_err());
    }
    let mut json = serde_json::to_value(&of_groups).unwrap();
    json["groups"]["v"] = 9.into();
    let later: QueryPartial = serde_json::from_value(json).unwrap();
    let error = some[0].1.open().unwrap().answer(&[GroupType::Integer], [&later].into_iter());
    assert!(error.unwrap_err().with_causes().contains("version 9 of its form"));
}

#[test]
fn groups_are_ordered_as_the_query_asks() {
    let order = |by: Option<&str>, descending, limit| {
        let mut query = Query { group_by: by_a(), ..Query::of(any_kernel()) };
        query.compute =
            Compute::One(Computed { columns: Some(vec!["c0".to_owned()]), ..any_kernel() });
        query.order = super::Order { by: by.map(str::to_owned), descending, limit };
        let row = |group: Cell, value: Cell| (vec![group], vec![value]);
        let rows = [
            row(Cell::Integer(2), Cell::Number(1.0)),
            row(Cell::Null, Cell::Number(9.0)),
            row(Cell::Integer(1), Cell::Number(5.0)),
            row(Cell::Integer(1), Cell::Number(-9.0)),
            row(Cell::Integer(3), Cell::Null),
        ];
        let rows: Vec<(i64, Row)> = (1..).zip(rows).collect();
        let answer = answer(&query, &[GroupType::Integer], &[&rows]).answer;
        assert_eq!(answer["group_count"], 4);
        let groups = answer["groups"].as_array().unwrap().iter();
        Value::Array(groups.map(|group| group["a"].clone()).collect())
    };
    assert_eq!(order(None, false, None), json!([1, 2, 3, null]));
    assert_eq!(order(None, true, None), json!([3, 2, 1, null]));
    assert_eq!(order(Some("a"), true, None), json!([3, 2, 1, null]));
    assert_eq!(order(Some("rows"), true, Some(1)), json!([1]));
    // Group 3 has no least value, and is the last in both directions.
    assert_eq!(order(Some("summary.min"), false, None), json!([1, 2, null, 3]));
    assert_eq!(order(Some("summary.min"), true, Some(3)), json!([null, 2, 1]));
}

#[test]
fn the_first_of_many_groups_are_found() {
    let computed = Computed { columns: Some(vec!["c0".to_owned()]), ..any_kernel() };
    let query = Query { group_by: by_a(), ..Query::of(computed) };
    // 23,000 groups in twelve chunks, whose values are in an order of their own.
    let row =
        |at: i64| (at, (vec![Cell::Integer(at)], vec![Cell::Number((at * 7919 % 23_003) as f64)]));
    let rows: Vec<(i64, Row)> = (0..23_000).map(row).collect();
    let chunks: Vec<QueryPartial> = rows.chunks(2000).map(|rows| folded(&query, rows).0).collect();
    for (by, descending) in
        [(None, true), (Some("a"), false), (Some("summary.sum"), true), (Some("rows"), false)]
    {
        let answer = |limit| {
            let order = super::Order { by: by.map(str::to_owned), descending, limit };
            let query = Query { order, ..query.clone() };
            query.open().unwrap().answer(&[GroupType::Integer], chunks.iter()).unwrap().answer
        };
        let (all, first) = (answer(None), answer(Some(3)));
        assert_eq!(first["group_count"], 23_000);
        let all = all["groups"].as_array().unwrap();
        assert_eq!(first["groups"], json!(all[..3]), "{by:?}");
    }
}

fn by_a() -> Vec<GroupBy> {
    by(&["a"])
}
