use pgfold_core::kernel::Expression;

/// Returns an expression as SQL; `columns` are the kernel's columns as SQL.
pub(super) fn sql(expression: &Expression, columns: &[String]) -> String {
    match expression {
        // A kernel names columns of its own, which are all there: the projection has checked that.
        Expression::Column(place) => {
            columns.get(*place).map_or("NULL::float8", |sql| sql).to_owned()
        }
        Expression::Sum(terms) => {
            let [first, second] = &**terms;
            format!("{} + {}", sql(first, columns), within(second, columns))
        }
        Expression::Difference(terms) => {
            let [first, second] = &**terms;
            format!("{} - {}", sql(first, columns), within(second, columns))
        }
        Expression::Absolute(inner) => format!("abs({})", sql(inner, columns)),
    }
}

/// Returns the same in brackets if it is a sum or a difference, which must be rounded by itself.
fn within(expression: &Expression, columns: &[String]) -> String {
    let text = sql(expression, columns);
    match expression {
        Expression::Sum(_) | Expression::Difference(_) => format!("({text})"),
        Expression::Column(_) | Expression::Absolute(_) => text,
    }
}

#[test]
fn brackets_stand_where_they_are_needed() {
    let [a, b, c] = [0, 1, 2].map(Expression::Column);
    let columns = ["a", "b", "c"].map(str::to_owned);
    let sql = |expression| sql(&expression, &columns);
    assert_eq!(sql((b.clone() - a.clone()).abs() + c.clone()), "abs(b - a) + c");
    assert_eq!(sql(a.clone() - (b.clone() - c.clone())), "a - (b - c)");
    assert_eq!(sql(a.clone() - b.clone() - c.clone()), "a - b - c");
    assert_eq!(sql(a.clone() + (b.clone() - c.clone())), "a + (b - c)");
    assert_eq!(sql(a - (b + c).abs()), "a - abs(b + c)");
}
