use proptest::{collection::vec, prelude::*};

use super::*;

const RANKS: [f64; 11] = [0.0, 1e-4, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.9999, 1.0];

fn sketch(values: &[f64]) -> QuantileSketch {
    let mut sketch = QuantileSketch::empty();
    values.iter().for_each(|value| sketch.add(*value));
    sketch.settle();
    sketch
}

/// Checks that each answer is within the stated error of what `percentile_disc` returns. Returns
/// the stated error.
fn check(values: &[f64], ranks: &[f64]) -> f64 {
    let (sketch, mut sorted) = (sketch(values), values.to_vec());
    sorted.sort_by(f64::total_cmp);
    for (rank, answer) in ranks.iter().zip(sketch.quantiles(ranks)) {
        let position = ((rank * sorted.len() as f64).ceil() as usize).max(1);
        let (right, answer) = (sorted[position - 1], answer.unwrap());
        let away = (answer - right).abs();
        // A quotient, because a product of the least doubles would be rounded.
        let is_within = away == 0.0 || away / right.abs() <= sketch.relative_error();
        assert!(is_within, "at {rank}: {answer:e}, not {right:e} ({})", sketch.relative_error());
        assert!(!matches!(rank, 0.0 | 1.0) || away == 0.0, "not exact: {answer}, not {right}");
    }
    sketch.relative_error()
}

/// Returns a generator of numbers from 0 to 1: Knuth's MMIX.
fn random(seed: u64) -> impl FnMut() -> f64 {
    let mut seed = seed;
    move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Returns ranks that hit each of `count` values once.
fn every_rank(count: usize) -> Vec<f64> {
    (1..=count).map(|position| (position as f64 - 0.5) / count as f64).collect()
}

#[test]
fn a_sketch_of_few_values_becomes_that_of_many() {
    let mut random = random(7);
    // Of some hundred bins, so that the counts become dense by the number of values; and of
    // thousands, so that they do by the number of bins.
    for spread in [3.0, 2000.0] {
        let values: Vec<f64> =
            (0..10_000).map(|_| (random() * spread - spread / 2.0).exp2()).collect();
        let whole = sketch(&values);
        for cut in [1, 255, 256, 257, 4095, 4096, 4097, 9999] {
            let (first, second) = values.split_at(cut);
            let merged = sketch(first).merge(sketch(second));
            assert_eq!(merged.to_bytes(), whole.to_bytes(), "cut at {cut} of {spread}");
        }
        check(&values, &RANKS);
    }
    let few = sketch(&[1.0, -2.0, 1.0, 0.0]);
    assert!(few.dense.is_none() && few.bins.len() == 3);
}

#[test]
fn one_outlier_does_not_change_the_other_estimates() {
    let mut values: Vec<f64> = (1..=20_000).map(|i| f64::from(1 + i % 100)).collect();
    values.push(3.4028235e38);
    assert_eq!(check(&values, &RANKS), 0.01);
    let [median] = sketch(&values).quantiles(&[0.5])[..] else { panic!("one rank") };
    assert!((median.unwrap() - 51.0).abs() <= 0.51);
}

#[test]
fn values_of_every_decade_and_both_signs_are_within_the_error() {
    let decades: Vec<f64> =
        (-323..=308).map(|decade| format!("1e{decade}").parse().unwrap()).collect();
    let both: Vec<f64> = decades.iter().flat_map(|value| [*value, -value, 0.0]).collect();
    for values in [decades, both] {
        assert_eq!(check(&values, &every_rank(values.len())), 0.01);
    }
}

#[test]
fn the_least_doubles_are_within_the_same_error() {
    let least = |count: std::ops::Range<u64>| count.map(f64::from_bits).collect::<Vec<_>>();
    for values in [
        least(0..1000),
        least(1..150_000).into_iter().step_by(97).collect(),
        least((1 << 17) - 700..(1 << 17) + 700),
        least((1 << 52) - 5..(1 << 52) + 5),
    ] {
        assert_eq!(check(&values, &every_rank(values.len())), 0.01);
        let negative: Vec<f64> = values.iter().map(|value| -value).collect();
        assert_eq!(check(&negative, &every_rank(values.len())), 0.01);
    }
}

#[test]
fn the_greatest_doubles_have_finite_estimates() {
    let mut values = vec![f64::MAX; 5];
    values.extend([f64::MAX / 1.01, f64::MAX / 1.03, -f64::MAX, -f64::MAX / 1.005]);
    assert_eq!(check(&values, &every_rank(values.len())), 0.01);
    for value in [f64::MAX, -f64::MAX, 7.25, 0.0, -0.0, f64::from_bits(1)] {
        assert_eq!(sketch(&[value; 30]).quantiles(&RANKS), [Some(value + 0.0); 11]);
    }
    assert_eq!(slot(f64::MAX), MOST_SLOT);
    assert!(slot(f64::from_bits(1)) > 0);
    assert_eq!(sketch(&[]).quantiles(&[0.5]), [None]);
}

#[test]
fn a_million_values_of_a_normal_distribution_are_within_one_hundredth() {
    let mut random = random(1);
    // The sum of twelve uniform numbers is nearly normal.
    let normal = |random: &mut dyn FnMut() -> f64| (0..12).map(|_| random()).sum::<f64>() - 6.0;
    let values: Vec<f64> = (0..1_000_000).map(|_| normal(&mut random)).collect();
    assert_eq!(check(&values, &RANKS), 0.01);
}

#[test]
fn values_that_need_more_bins_double_the_stated_error() {
    let spread = |decades: f64, count: usize| -> Vec<f64> {
        let mut random = random(7);
        (0..count).map(|_| 10_f64.powf((random() - 0.5) * decades)).collect()
    };
    assert_eq!(check(&spread(30.0, 100_000), &RANKS), 0.01);
    for (decades, error) in
        [(60.0, 0.02), (120.0, 0.04), (240.0, 0.08), (480.0, 0.16), (600.0, 0.32)]
    {
        assert_eq!(check(&spread(decades, 200_000), &RANKS), error, "{decades} decades");
    }
    // Every bin of both signs: no column needs more.
    let all = (1..=MOST_SLOT).map(|slot| middle(slot, 0).min(f64::MAX));
    let all: Vec<f64> = all.flat_map(|value| [value, -value]).chain([0.0]).collect();
    assert_eq!(check(&all, &RANKS), 0.64);
    let sketch = sketch(&all);
    assert!(
        sketch.level <= QuantileSketch::MOST_LEVEL
            && sketch.bins.len() <= QuantileSketch::MOST_BINS
    );
}

#[test]
fn a_sketch_is_not_larger_than_it_states() {
    // The most counts, each as large as a total of 2^64 allows, with wide gaps.
    let bins = (0..QuantileSketch::MOST_BINS as i32).map(|at| (35 * (at - 2048), (1 << 52) - 1));
    let ends = Some((middle(-35 * 2048, 0), middle(35 * 2047, 0)));
    let full = QuantileSketch { level: 0, bins: bins.collect(), dense: None, added: 0, ends };
    let bytes = full.to_bytes();
    assert!(bytes.len() <= QuantileSketch::MOST_BYTES, "{} bytes", bytes.len());
    assert_eq!(QuantileSketch::of_bytes(&bytes).unwrap().bins, full.bins);
}

/// Values of any magnitude, sometimes more than fit in the bins of level 0.
fn wide() -> impl Strategy<Value = Vec<f64>> {
    let decades = prop_oneof![Just(5.0), Just(80.0), Just(300.0)];
    (decades, any::<u64>(), 0..20_000_usize).prop_map(|(decades, seed, count)| {
        let mut random = random(seed);
        let mut value = || 10_f64.powf((random() - 0.5) * decades).copysign(random() - 0.3);
        (0..count).map(|_| value()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cut_and_order_makes_the_same_sketch(
        values in wide(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        reversed in any::<bool>(),
    ) {
        let whole = sketch(&values).to_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(values.len() + 1)).collect();
        cuts.extend([0, values.len()]);
        cuts.sort_unstable();
        let mut parts: Vec<QuantileSketch> =
            cuts.windows(2).map(|cut| sketch(&values[cut[0]..cut[1]])).collect();
        if reversed {
            parts.reverse();
        }
        let read = parts.iter().map(|part| QuantileSketch::of_bytes(&part.to_bytes()).unwrap());
        let merged = read.fold(QuantileSketch::empty(), QuantileSketch::merge);
        prop_assert_eq!(merged.to_bytes(), &whole[..]);
        // A merged sketch accepts more values.
        let mut resumed = QuantileSketch::empty().merge(sketch(&values[..cuts[1]]));
        values[cuts[1]..].iter().for_each(|value| resumed.add(*value));
        resumed.settle();
        prop_assert_eq!(resumed.to_bytes(), whole);
    }

    #[test]
    fn an_estimate_is_within_its_error_at_every_level(bits in any::<u64>(), level in 0..=6_u32) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite() && value != 0.0);
        let middle = middle(risen(slot(value), level), level).clamp(f64::MIN, f64::MAX);
        let away = (middle - value).abs() / value.abs();
        prop_assert!(away <= 0.01 * f64::from(1 << level), "{middle:e} {value:e}");
    }

    #[test]
    fn bytes_of_any_kind_are_a_sketch_or_none(mut bytes in vec(any::<u8>(), 0..60), level in 0..8_u8) {
        if let Some(first) = bytes.first_mut() {
            *first = level;
        }
        if bytes.len() > 17 {
            bytes[1..9].copy_from_slice(&1_f64.to_be_bytes());
            bytes[9..17].copy_from_slice(&2_f64.to_be_bytes());
        }
        if let Some(sketch) = QuantileSketch::of_bytes(&bytes) {
            prop_assert_eq!(sketch.quantiles(&RANKS).len(), RANKS.len());
        }
    }
}
