//! The laws of a kernel, tested for every kernel in the list over rows of any values. They make an
//! answer independent of how the table was cut and of the order in which chunks are merged.

use proptest::{
    collection::vec, prelude::*, sample::Index, test_runner::TestCaseError, test_runner::TestRunner,
};
use serde_json::Value;

use super::{
    DynKernel, KernelSpec, LARGEST_PARTIAL, Partial, RowGroups,
    aggregates::reference::aggregated,
    dyn_kernel::tests::{Flaw, Flawed},
    list::{KERNELS, descriptions},
};
use crate::{
    error::Result,
    rows::{Cell, FieldIndex, Form, Key, KeyKind, Kind, Number, Numeric, RowBuffer},
};

type Cells = Vec<Cell>;
type Keyed = Vec<(i64, Cells)>;

/// Returns every kernel with each of its examples, and a name for messages.
fn kernels() -> impl Iterator<Item = (String, Box<dyn DynKernel>)> {
    KERNELS.iter().flat_map(|kernel| {
        (kernel.examples)().into_iter().map(|params| {
            let shown = format!("{} with {params}", kernel.name);
            let spec = KernelSpec { name: kernel.name.to_owned(), params };
            (shown, spec.open().unwrap())
        })
    })
}

/// Returns the forms in which the numbers of a kernel's columns may arrive.
fn forms(kernel: &dyn DynKernel) -> &'static [Form] {
    match kernel.columns().iter().any(|(_, kind)| *kind == Kind::Exact) {
        true => &[Form::Float, Form::Integer, Form::Numeric],
        false => &[Form::Plain],
    }
}

#[test]
fn a_kernel_has_a_pushdown_schema_if_some_parameters_can_be_pushed_down() {
    for described in descriptions() {
        let of_it = |(shown, kernel): (String, Box<dyn DynKernel>)| {
            shown.starts_with(&format!("{} ", described.name)).then_some(kernel)
        };
        let can =
            |kernel: &dyn DynKernel| kernel.measure().is_some() || kernel.aggregates().is_some();
        let (name, mut kernels) = (described.name, kernels().filter_map(of_it));
        assert_eq!(described.pushdown.is_some(), kernels.any(|kernel| can(&*kernel)), "{name}");
    }
}

#[test]
fn a_kernel_that_reads_no_key_folds_rows_alike_without_their_keys() {
    for_every_kernel_and(Just(()), |kernel, rows, ()| {
        if kernel.reads_key() {
            return Ok(());
        }
        let buffer = buffer_of(KeyKind::Unsent, &rows);
        let mut fold = kernel.fold();
        fold.fold(buffer.batch()).unwrap();
        let unsent = fold.finish().unwrap();
        prop_assert_eq!((unsent.partial, unsent.rows, unsent.skipped), folded(kernel, &rows));
        Ok(())
    });
}

#[test]
fn the_partial_of_aggregates_is_that_of_the_rows_bit_for_bit() {
    let strategy = (any::<Index>(), any::<u64>());
    for_every_kernel_and(strategy, |kernel, mut rows, (cut, seed)| {
        let Some(aggregates) = kernel.aggregates() else { return Ok(()) };
        let expected = folded(kernel, &rows);
        // A database looks at rows in any order, and each of its partitions has aggregates.
        shuffle(&mut rows, seed);
        let (one, other) = rows.split_at(cut.index(rows.len() + 1));
        let mut fold = kernel.fold();
        for part in [one, other] {
            let cells: Vec<&[Cell]> = part.iter().map(|(_, cells)| &**cells).collect();
            let mut buffer = RowBuffer::new(KeyKind::Integer);
            if !part.is_empty() {
                let rows = Key::Integer(part.len() as i64);
                buffer.push_cells(&rows, aggregated(&aggregates, &cells));
            }
            fold.fold_aggregates(buffer.batch()).unwrap();
        }
        let pushed = fold.finish().unwrap();
        prop_assert_eq!((pushed.partial, pushed.rows, pushed.skipped), expected);
        Ok(())
    });
}

#[test]
fn a_kernel_without_an_aggregation_takes_no_aggregates() {
    for (name, kernel) in kernels().filter(|(_, kernel)| kernel.aggregates().is_none()) {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        rows.push_cells(&Key::Integer(7), [Cell::Null; 0]);
        let error = kernel.fold().fold_aggregates(rows.batch()).unwrap_err().to_string();
        assert!(error.ends_with("it has no aggregation"), "{name}: {error}");
    }
}

#[test]
fn aggregates_of_another_form_are_an_error() {
    for (name, kernel) in kernels().filter(|(_, kernel)| kernel.aggregates().is_some()) {
        for cells in [vec![Cell::Integer(-1); 20], vec![Cell::Integer(1)]] {
            let mut rows = RowBuffer::new(KeyKind::Integer);
            rows.push_cells(&Key::Integer(7), cells);
            let error = kernel.fold().fold_aggregates(rows.batch()).unwrap_err().with_causes();
            assert!(error.starts_with("a row does not read back"), "{name}: {error}");
        }
    }
}

#[test]
fn partials_may_be_merged_in_any_order() {
    for_every_kernel(|kernel, rows| {
        // The three parts share no key, as keys are unique.
        let third = rows.len() / 3;
        let [a, b, c] = [&rows[..third], &rows[third..2 * third], &rows[2 * third..]]
            .map(|rows| partial(kernel, rows));
        let merge = |partials: &[&Partial]| kernel.merge(&mut partials.iter().copied()).unwrap();
        let answer = |partials: &[&Partial]| {
            kernel.answer(&mut partials.iter().copied()).unwrap().to_string()
        };
        let all = answer(&[&a, &b, &c]);
        prop_assert_eq!(&answer(&[&a, &merge(&[&b, &c])]), &all, "associative");
        for order in [[&b, &a, &c], [&c, &b, &a], [&b, &c, &a]] {
            prop_assert_eq!(&answer(&order), &all, "commutative");
        }
        let none = partial(kernel, &[]);
        prop_assert_eq!(&answer(&[&none, &a, &none, &b, &c]), &all, "identity");
        Ok(())
    });
}

#[test]
fn rows_may_be_cut_and_shuffled_in_any_way() {
    let strategy = (vec(any::<Index>(), 0..8), any::<u64>());
    for_every_kernel_and(strategy, |kernel, mut rows, (cuts, seed)| {
        let whole = answer(kernel, &[rows.clone()]);
        shuffle(&mut rows, seed);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
        cuts.extend([0, rows.len()]);
        cuts.sort_unstable();
        let mut chunks: Vec<_> = cuts.windows(2).map(|cut| rows[cut[0]..cut[1]].to_vec()).collect();
        shuffle(&mut chunks, seed.rotate_left(7));
        prop_assert_eq!(answer(kernel, &chunks), whole, "any cut and order, one answer");
        Ok(())
    });
}

/// Whoever merges the partials of groups folds rows that mappers did not.
#[test]
fn rows_may_be_folded_before_and_after_partials_are_merged() {
    for_every_kernel_and(any::<Index>(), |kernel, rows, cut| {
        let (whole, ..) = answer(kernel, std::slice::from_ref(&rows));
        let (merged, added) = rows.split_at(cut.index(rows.len() + 1));
        let mut partials = kernel.groups();
        let (version, stored) = partial(kernel, merged).into_stored();
        let buffer = buffer_of(KeyKind::Integer, added);
        let places: Vec<usize> = (0..kernel.columns().len()).collect();
        let mut index = FieldIndex::default();
        let rows = index.fill(buffer.batch(), places.len()).unwrap();
        partials.grow(2).unwrap();
        partials.fold(rows, &places, RowGroups::One(0)).unwrap();
        for group in [0, 1] {
            partials.merge(group, version, &stored, 0).unwrap();
        }
        partials.fold(rows, &places, RowGroups::One(1)).unwrap();
        for group in [0, 1] {
            let answer = partials.answer(group).unwrap().to_string();
            prop_assert_eq!(&answer, &whole);
        }
        Ok(())
    });
}

#[test]
fn a_partial_of_many_different_rows_is_not_larger_than_stated() {
    for (name, kernel) in kernels() {
        for form in forms(&*kernel) {
            if let Err(error) = fold_many_different_rows(&*kernel, *form) {
                panic!("{name}, {form:?}: {error}");
            }
        }
    }
    let unbounded = fold_many_different_rows(&Flawed(Flaw::Unbounded), Form::Plain);
    let unbounded = unbounded.unwrap_err().to_string();
    assert!(unbounded.contains("more than the 1000 that it states"), "{unbounded}");
}

#[test]
fn a_partial_reads_back_and_no_stated_size_exceeds_the_limit() {
    for (name, kernel) in kernels() {
        let most = kernel.largest_partial();
        assert!(most <= LARGEST_PARTIAL, "{name}: {most} bytes fit in no item");
    }
    for_every_kernel(|kernel, rows| {
        let partial = partial(kernel, &rows);
        let json = serde_json::to_string(&partial).unwrap();
        let read: Partial = serde_json::from_str(&json).unwrap();
        // A sketch may be written in another order, so this compares answers, not partials.
        let again = kernel.merge(&mut [&read].into_iter()).unwrap();
        let answer = |partial| kernel.answer(&mut [partial].into_iter()).unwrap().to_string();
        prop_assert_eq!(answer(&again), answer(&partial));
        Ok(())
    });
}

#[test]
fn a_partial_of_another_version_is_refused() {
    for (name, kernel) in kernels() {
        let mut json = serde_json::to_value(partial(&*kernel, &[])).unwrap();
        json["v"] = 9.into();
        let other: Partial = serde_json::from_str(&json.to_string()).unwrap();
        let error = kernel.answer(&mut [&other].into_iter()).unwrap_err().with_causes();
        assert!(
            error.contains(" has version 9 of its form, and this build reads version "),
            "{name}: {error}"
        );
    }
}

#[test]
fn rows_without_the_kernels_columns_are_an_error() {
    for (name, kernel) in kernels() {
        let mut rows = RowBuffer::new(KeyKind::Integer);
        rows.push([Some(&7_i64.to_be_bytes()[..])]);
        let error = kernel.fold().fold(rows.batch()).unwrap_err().with_causes();
        assert!(error.contains("a row"), "{name}: {error}");
    }
}

fn for_every_kernel(law: impl Fn(&dyn DynKernel, Keyed) -> std::result::Result<(), TestCaseError>) {
    for_every_kernel_and(Just(()), |kernel, rows, ()| law(kernel, rows));
}

/// Checks a law for every kernel in every form of its numbers, with further generated values.
fn for_every_kernel_and<S: Strategy>(
    strategy: S,
    law: impl Fn(&dyn DynKernel, Keyed, S::Value) -> std::result::Result<(), TestCaseError>,
) {
    for (name, kernel) in kernels() {
        let kinds: Vec<Kind> = kernel.columns().iter().map(|(_, kind)| *kind).collect();
        for form in forms(&*kernel) {
            let cells: Vec<_> = kinds.iter().map(|kind| cell(*kind, *form)).collect();
            let rows = vec(cells, 0..60).prop_map(|rows| (-5..).zip(rows).collect::<Keyed>());
            let run = |(rows, more)| law(&*kernel, rows, more);
            if let Err(failure) = TestRunner::default().run(&(rows, &strategy), run) {
                panic!("{name}, {form:?}: {failure}");
            }
        }
    }
}

/// Folds 30,000 rows of small numbers and 30,000 rows of numbers with bits of any kind, each row
/// with different values, and merges the partials. A kernel that keeps every value exceeds its
/// size.
fn fold_many_different_rows(kernel: &dyn DynKernel, form: Form) -> Result<Partial> {
    const ROWS: u64 = 30_000;
    let kinds: Vec<Kind> = kernel.columns().iter().map(|(_, kind)| *kind).collect();
    let mut partials = Vec::new();
    for spread in [1, 0x9e37_79b9_7f4a_7c15_u64] {
        let (mut fold, mut rows) = (kernel.fold(), RowBuffer::new(KeyKind::Integer));
        for row in 1..=ROWS {
            let value = row.wrapping_mul(spread);
            let (numbers, is_long) =
                ((1..).map(|place| value.wrapping_mul(place)), row + 20 > ROWS);
            let cells = kinds.iter().zip(numbers);
            let cells = cells.map(|(kind, number)| cell_of(*kind, form, number, is_long));
            rows.push_cells(&Key::Integer(value as i64), cells);
        }
        fold.fold(rows.batch())?;
        partials.push(fold.finish()?.partial);
    }
    kernel.merge(&mut partials.iter())
}

/// Returns a different cell for every number.
fn cell_of(kind: Kind, form: Form, number: u64, is_long: bool) -> Cell {
    match kind {
        Kind::Boolean => Cell::Boolean(number & 1 == 1),
        Kind::Integer | Kind::Instant => Cell::Integer(number as i64),
        Kind::Exact if form == Form::Integer => Cell::Integer(number as i64),
        Kind::Exact if form == Form::Numeric => {
            // Nearly the most digits that are allowed, before the point and after it.
            let (before, after) = if is_long { (1980, 1980) } else { (1, 2) };
            numeric(&format!("{}{number}.{}", "9".repeat(before), "9".repeat(after)))
        }
        // Clears a bit of the exponent, because kernels skip infinities and NaNs.
        Kind::Number | Kind::Exact if number > 1 << 32 => {
            Cell::Number(f64::from_bits(number & !(1 << 62)))
        }
        Kind::Number | Kind::Exact => Cell::Number(number as f64),
        Kind::Decimal => Cell::Text(format!("{number}.5")),
        Kind::Text | Kind::Identity | Kind::Value => Cell::Text(format!("value {number}")),
        Kind::Uuid => Cell::Uuid(uuid::Uuid::from_u128(u128::from(number) << 60)),
    }
}

/// Generates a cell: an ordinary value with many ties, an odd value, or NULL.
fn cell(kind: Kind, form: Form) -> BoxedStrategy<Cell> {
    let ordinary = (0..8_i32).prop_map(f64::from);
    let number = prop_oneof![
        4 => ordinary,
        1 => prop::num::f64::ANY,
        1 => -90.0..90.0,
        1 => prop::sample::select(vec![0.0, -0.0, f64::MAX, f64::MIN_POSITIVE, 1e-320]),
    ];
    let integer = prop_oneof![4 => 0..8_i64, 1 => any::<i64>()];
    let value = match kind {
        Kind::Boolean => any::<bool>().prop_map(Cell::Boolean).boxed(),
        Kind::Integer | Kind::Instant => integer.prop_map(Cell::Integer).boxed(),
        Kind::Exact if form == Form::Integer => integer.prop_map(Cell::Integer).boxed(),
        Kind::Exact if form == Form::Numeric => prop_oneof![
            4 => "-?[0-7](\\.[0-9]{2})?".prop_map(|text| numeric(&text)),
            2 => "-?[0-9]{1,50}(\\.[0-9]{1,50})?".prop_map(|text| numeric(&text)),
            1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY])
                .prop_map(|limit| Cell::Numeric(Number::Float(limit))),
        ]
        .boxed(),
        Kind::Number | Kind::Exact => number.prop_map(Cell::Number).boxed(),
        Kind::Decimal => (-99..99_i32, 0..1000_u32)
            .prop_map(|(whole, part)| Cell::Text(format!("{whole}.{part:03}")))
            .boxed(),
        Kind::Text | Kind::Identity | Kind::Value => "[a-cß\"]{0,3}".prop_map(Cell::Text).boxed(),
        Kind::Uuid => {
            (0..8_u128).prop_map(|bits| Cell::Uuid(uuid::Uuid::from_u128(bits << 90))).boxed()
        }
    };
    prop_oneof![1 => Just(Cell::Null), 19 => value].boxed()
}

fn numeric(text: &str) -> Cell {
    Cell::Numeric(Number::Numeric(Numeric::parse(text).unwrap()))
}

fn buffer_of(keys: KeyKind, rows: &[(i64, Cells)]) -> RowBuffer {
    let mut buffer = RowBuffer::new(keys);
    for (key, cells) in rows {
        buffer.push_cells(&Key::Integer(*key), cells.iter().cloned());
    }
    buffer
}

fn partial(kernel: &dyn DynKernel, rows: &[(i64, Cells)]) -> Partial {
    folded(kernel, rows).0
}

fn folded(kernel: &dyn DynKernel, rows: &[(i64, Cells)]) -> (Partial, u64, u64) {
    let buffer = buffer_of(KeyKind::Integer, rows);
    let mut fold = kernel.fold();
    fold.fold(buffer.batch()).unwrap();
    let folded = fold.finish().unwrap();
    (folded.partial, folded.rows, folded.skipped)
}

/// Returns the answer as the functions compute it: each chunk's partial passes through JSON.
fn answer(kernel: &dyn DynKernel, chunks: &[Keyed]) -> (String, u64, u64) {
    let folded: Vec<_> = chunks.iter().map(|rows| folded(kernel, rows)).collect();
    let through_json = |partial: &Partial| -> Partial {
        serde_json::from_str(&serde_json::to_string(partial).unwrap()).unwrap()
    };
    let partials: Vec<Partial> = folded.iter().map(|(partial, ..)| through_json(partial)).collect();
    let answer: Value = kernel.answer(&mut partials.iter()).unwrap();
    let sum = |of: fn(&(Partial, u64, u64)) -> u64| folded.iter().map(of).sum();
    (answer.to_string(), sum(|(_, rows, _)| *rows), sum(|(.., skipped)| *skipped))
}

/// Shuffles by Fisher and Yates, with Knuth's linear congruential generator MMIX.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (seed >> 33) as usize % (last + 1));
    }
}
