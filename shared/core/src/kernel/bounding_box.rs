use super::{Folded, Kernel, NoParams};
use crate::{KeyRef, Result};
use serde_json::{Value, json};

/// The smallest box around all points; those with a NULL, a NaN or an infinity are skipped.
#[derive(Debug)]
pub struct BoundingBox;

impl Kernel for BoundingBox {
    const NAME: &'static str = "bounding_box";
    const ABOUT: &'static str = "The smallest box around all points.";
    const COLUMNS: &'static [&'static str] = &["x", "y"];
    type Row<'r> = Option<[f64; 2]>;
    type Params = NoParams;
    /// The least x, the least y, the greatest x, the greatest y.
    type Partial = Option<[f64; 4]>;

    fn new(_: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn largest_partial(&self) -> usize {
        120 // four doubles of 24 characters, and what is around them
    }

    fn identity(&self) -> Option<[f64; 4]> {
        None
    }

    fn fold(&self, all: &mut Option<[f64; 4]>, _: KeyRef<'_>, point: Option<[f64; 2]>) -> Folded {
        let Some([x, y]) = point else { return Folded::Skipped };
        if !(x.is_finite() && y.is_finite()) {
            return Folded::Skipped;
        }
        *all = self.merge(*all, Some([x, y, x, y]));
        Folded::Used
    }

    fn merge(&self, one: Option<[f64; 4]>, other: Option<[f64; 4]>) -> Option<[f64; 4]> {
        let (Some([a, b, c, d]), Some([e, f, g, h])) = (one, other) else { return one.or(other) };
        // Of 0 and -0 `f64::min` may give either, and so the order would matter.
        let min = |x: f64, y: f64| if x.total_cmp(&y).is_le() { x } else { y };
        let max = |x: f64, y: f64| if x.total_cmp(&y).is_ge() { x } else { y };
        Some([min(a, e), min(b, f), max(c, g), max(d, h)])
    }

    fn answer(&self, all: Option<[f64; 4]>) -> Value {
        json!({ "box": all })
    }
}

#[test]
fn points_lie_in_their_box() {
    let mut all = None;
    for point in [[1.0, 5.0], [-2.0, 7.0], [f64::NAN, 99.0]] {
        BoundingBox.fold(&mut all, 1.into(), Some(point));
    }
    assert_eq!(all, Some([-2.0, 5.0, 1.0, 7.0]));
}
