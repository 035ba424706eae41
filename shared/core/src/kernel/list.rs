use serde_json::Value;

use super::{
    bounding_box, distinct,
    dyn_kernel::{Entry, entry},
    histogram, min_distance, nearest_k, quantiles, summary,
};

/// Every kernel that a job may name: a kernel of your own is one more line.
pub(super) const KERNELS: &[Entry] = &[
    entry::<min_distance::MinDistance>(),
    entry::<nearest_k::NearestK>(),
    entry::<summary::Summary>(),
    entry::<histogram::Histogram>(),
    entry::<quantiles::Quantiles>(),
    entry::<distinct::Distinct>(),
    entry::<bounding_box::BoundingBox>(),
];

/// Returns the names of all kernels.
pub fn names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|kernel| kernel.name)
}

/// Describes every kernel for callers: its name, what it computes, its columns with the types that
/// they are read as, the JSON Schema of its parameters, and an example of them.
pub fn descriptions() -> Vec<Value> {
    KERNELS.iter().map(|kernel| (kernel.describe)()).collect()
}
