use super::{Folded, Kernel, NoParams};
use crate::{KeyRef, Number, Result};
use serde_json::{Value, json};

/// The smallest box around all points, in their columns' own types; points with a NULL, a NaN or an
/// infinity are skipped.
#[derive(Debug)]
pub struct BoundingBox;

impl Kernel for BoundingBox {
    const NAME: &'static str = "bounding_box";
    const ABOUT: &'static str = "The smallest box around all points.";
    const COLUMNS: &'static [&'static str] = &["x", "y"];
    type Row<'r> = Option<[Number; 2]>;
    type Params = NoParams;
    /// The least x, the least y, the greatest x, the greatest y.
    type Partial = Option<[Number; 4]>;
    const VERSION: u16 = 2;

    fn new(_: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn largest_partial(&self) -> usize {
        4 * Number::LONGEST + 5 // the brackets and commas around them
    }

    fn identity(&self) -> Option<[Number; 4]> {
        None
    }

    fn fold(&self, all: &mut Self::Partial, _: KeyRef<'_>, point: Option<[Number; 2]>) -> Folded {
        let Some([x, y]) = point else { return Folded::Skipped };
        if !(x.is_finite() && y.is_finite()) {
            return Folded::Skipped;
        }
        *all = self.merge(all.take(), Some([x.clone(), y.clone(), x, y]));
        Folded::Used
    }

    fn merge(&self, one: Option<[Number; 4]>, other: Option<[Number; 4]>) -> Self::Partial {
        let (Some([a, b, c, d]), Some([e, f, g, h])) = (&one, &other) else { return one.or(other) };
        // 0 and -0 are told apart, or the order of chunks would matter.
        let min = |x: &Number, y: &Number| if x.total_cmp(y).is_le() { x } else { y }.clone();
        let max = |x: &Number, y: &Number| if x.total_cmp(y).is_ge() { x } else { y }.clone();
        Some([min(a, e), min(b, f), max(c, g), max(d, h)])
    }

    fn answer(&self, all: Option<[Number; 4]>) -> Value {
        json!({ "box": all.map(|all| all.map(|number| number.to_json())) })
    }
}

#[test]
fn points_lie_in_their_box() {
    let mut all = None;
    for point in [[1.0, 5.0], [-2.0, 7.0], [f64::NAN, 99.0]] {
        BoundingBox.fold(&mut all, 1.into(), Some(point.map(Number::Float)));
    }
    assert_eq!(all, Some([-2.0, 5.0, 1.0, 7.0].map(Number::Float)));
}
