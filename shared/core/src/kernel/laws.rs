//! The laws of a kernel, over rows of any numbers: what makes an answer independent of how the
//! table was cut and in which order chunks came in.

use std::fmt::Debug;

use proptest::{
    collection::vec, option, prelude::*, sample::Index, test_runner::TestCaseError,
    test_runner::TestRunner,
};
use serde_json::Value;

use super::{AnyKernel, Kernel, Partial};
use crate::{Row, RowBatch};

type Values = Vec<Option<f64>>;

/// Checks all laws of the kernel with these parameters.
pub(super) fn hold<K: Kernel>(params: impl Fn() -> K::Params) {
    let kernel = &K::new(params()).unwrap();
    let rows = || vec(row(K::COLUMNS.len()), 0..40);
    // A key stands for one row only.
    let keyed = |first: i64, rows: Vec<Values>| -> Vec<_> { (first..).zip(rows).collect() };

    check((rows(), rows(), rows()), |(a, b, c)| {
        let (a, b, c) = (keyed(-50, a), keyed(0, b), keyed(50, c));
        let [a, b, c] = [a, b, c].map(|rows| move || partial(kernel, &rows));
        let merge = |left, right| kernel.merge(left, right);
        same(&merge(merge(a(), b()), c()), &merge(a(), merge(b(), c())), "merge is associative")?;
        same(&merge(a(), b()), &merge(b(), a()), "merge is commutative")?;
        same(&merge(a(), kernel.identity()), &a(), "identity changes nothing")?;
        let json = serde_json::to_string(&a()).unwrap();
        same(&serde_json::from_str(&json).unwrap(), &a(), "a partial reads back")
    });

    check((rows(), vec(any::<Index>(), 0..8), any::<u64>()), |(rows, cuts, seed)| {
        let mut rows = keyed(-5, rows);
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

fn check<S: Strategy>(strategy: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Debug,
{
    if let Err(failure) = TestRunner::default().run(&strategy, law) {
        panic!("{failure}");
    }
}

/// Values of a row: ordinary ones with many ties among them, any double, and NULL.
fn row(width: usize) -> impl Strategy<Value = Values> {
    let ordinary = (0..8_i32).prop_map(f64::from);
    let value = prop_oneof![4 => ordinary, 1 => prop::num::f64::ANY, 1 => -90.0..90.0];
    vec(option::weighted(0.95, value), width)
}

fn partial<K: Kernel>(kernel: &K, rows: &[(i64, Values)]) -> K::Partial {
    let mut partial = kernel.identity();
    for (key, values) in rows {
        kernel.fold(&mut partial, Row { key: (*key).into(), values });
    }
    partial
}

fn same<P: serde::Serialize>(left: &P, right: &P, law: &str) -> Result<(), TestCaseError> {
    let [left, right] = [left, right].map(|partial| serde_json::to_string(partial).unwrap());
    prop_assert_eq!(left, right, "{}", law);
    Ok(())
}

/// The answer as functions come to it: chunk by chunk through JSON.
fn answer(kernel: &dyn AnyKernel, chunks: &[Vec<(i64, Values)>]) -> (Value, u64, u64) {
    let folded = chunks.iter().map(|rows| {
        let mut fold = kernel.fold();
        let mut batch = RowBatch::new(kernel.columns().len());
        for (key, values) in rows {
            batch.push(*key, values.iter().copied());
        }
        fold.fold(&batch);
        fold.finish().unwrap()
    });
    let folded: Vec<_> = folded.collect();
    let partials: Vec<Partial> = folded
        .iter()
        .map(|chunk| serde_json::from_str(&serde_json::to_string(&chunk.partial).unwrap()).unwrap())
        .collect();
    (
        kernel.answer(&mut partials.iter()).unwrap(),
        folded.iter().map(|chunk| chunk.rows).sum(),
        folded.iter().map(|chunk| chunk.skipped).sum(),
    )
}

/// Fisher and Yates, on a linear congruential generator (Knuth, MMIX).
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for last in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (seed >> 33) as usize % (last + 1));
    }
}
