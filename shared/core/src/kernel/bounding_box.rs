use super::{Aggregates, Aggregation, Ends, EndsOf, Folded, Kernel, NoParams, RowTest};
use crate::{KeyRef, Number, Result};
use serde_json::{Value, json};

/// The smallest box around all points. Points with a NULL, a NaN or an infinity are skipped.
#[derive(Debug)]
pub(super) struct BoundingBox;

impl Kernel for BoundingBox {
    const NAME: &'static str = "bounding_box";
    const ABOUT: &'static str = "The smallest box around all points.";
    const COLUMNS: &'static [&'static str] = &["x", "y"];
    type Row<'r> = Option<[Number; 2]>;
    const READS_KEY: bool = false;
    type Params = NoParams;
    /// The least and the greatest x, and the least and the greatest y.
    type Partial = [Ends; 2];
    const VERSION: u16 = 3;

    fn new(_: NoParams) -> Result<Self> {
        Ok(Self)
    }

    fn answer_schema() -> Value {
        let corners = json!({
            "description": "The least x and y, the greatest x and y; `null` if there is no point.",
            "type": ["array", "null"], "items": Number::schema(), "minItems": 4, "maxItems": 4
        });
        json!({
            "type": "object",
            "required": ["box"],
            "additionalProperties": false,
            "properties": { "box": corners }
        })
    }

    fn largest_partial(&self) -> usize {
        "[,]".len() + 2 * Ends::LONGEST
    }

    fn aggregation(&self) -> Option<Aggregation<Self, [Ends; 2]>> {
        let of = |column| EndsOf { column, finite: vec![0, 1] };
        Some(Aggregation {
            aggregates: Aggregates {
                counts: vec![RowTest::Finite(vec![0, 1])],
                ends: vec![of(0), of(1)],
            },
            partial: |_, mut all| {
                let (xs, ys) = (all.ends.remove(0), all.ends.remove(0));
                ([xs, ys], all.rows - all.counts[0])
            },
        })
    }

    fn identity(&self) -> [Ends; 2] {
        [Ends::NONE; 2]
    }

    #[inline]
    fn fold(&self, [xs, ys]: &mut [Ends; 2], _: KeyRef<'_>, point: Option<[Number; 2]>) -> Folded {
        match point {
            Some([x, y]) if x.is_finite() && y.is_finite() => {
                xs.take(&x);
                ys.take(&y);
                Folded::Used
            }
            _ => Folded::Skipped,
        }
    }

    fn merge(&self, [xs, ys]: [Ends; 2], [other_xs, other_ys]: [Ends; 2]) -> [Ends; 2] {
        [xs.merge(other_xs), ys.merge(other_ys)]
    }

    fn answer(&self, [xs, ys]: [Ends; 2]) -> Value {
        let corners = [xs.least(), ys.least(), xs.greatest(), ys.greatest()];
        json!({ "box": corners.into_iter().collect::<Option<Vec<Value>>>() })
    }
}

#[test]
fn points_lie_in_their_box() {
    let mut all = BoundingBox.identity();
    for point in [[1.0, 5.0], [-2.0, 7.0], [f64::NAN, 99.0]] {
        BoundingBox.fold(&mut all, 1.into(), Some(point.map(Number::Float)));
    }
    assert_eq!(BoundingBox.answer(all), json!({ "box": [-2.0, 5.0, 1.0, 7.0] }));
}
