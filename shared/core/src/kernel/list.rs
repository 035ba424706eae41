use super::{
    Description,
    dyn_kernel::{Entry, entry},
};

/// Every kernel that a job may name. To add your own kernel, add a line.
pub(super) const KERNELS: &[Entry] = &[
    entry::<super::min_distance::MinDistance>(),
    entry::<super::nearest_k::NearestK>(),
    entry::<super::summary::Summary>(),
    entry::<super::extremes::Extremes>(),
    entry::<super::histogram::Histogram>(),
    entry::<super::quantiles::Quantiles>(),
    entry::<super::distinct::Distinct>(),
    entry::<super::bounding_box::BoundingBox>(),
];

/// Returns the names of all kernels.
pub fn names() -> impl Iterator<Item = &'static str> {
    KERNELS.iter().map(|kernel| kernel.name)
}

/// Describes every kernel.
pub fn descriptions() -> Vec<Description> {
    KERNELS.iter().map(|kernel| (kernel.describe)()).collect()
}
