use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::rows::{Cell, Decode, Form, Key, KeyKind, Number, RowBuffer};

fn decimal(text: &str) -> Numeric {
    Numeric::parse(text).unwrap_or_else(|| panic!("{text} is no decimal"))
}

/// Reads PostgreSQL's binary form: count, weight, sign, scale, and the groups.
fn message(fields: &[u16]) -> Option<Number> {
    let bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
    Number::decode_as(Form::Numeric, &bytes)
}

/// Generates a decimal of up to 60 digits before and after its point.
fn any_decimal() -> impl Strategy<Value = Numeric> {
    "-?[0-9]{1,60}(\\.[0-9]{1,60})?|-?0\\.0{0,40}[0-9]{1,4}|[0-9]{1,3}0{0,30}"
        .prop_map(|text| decimal(&text))
}

#[test]
fn the_binary_form_is_that_of_numeric_send() {
    const MINUS: u16 = 0x4000;
    for (fields, text) in [
        (&[3, 1, 0, 3, 1, 2345, 6780][..], "12345.678"),
        (&[3, 1, MINUS, 5, 1, 2345, 6780], "-12345.67800"),
        (&[1, 0xffff, 0, 4, 1], "0.0001"),
        (&[1, 0xfffe, 0, 7, 1230], "0.0000123"),
        (&[0, 0, 0, 2], "0.00"),
        (&[0, 0, 0, 0], "0"),
        (&[1, 2, MINUS, 0, 1], "-100000000"),
        (&[1, 0, 0, 16, 5], "5.0000000000000000"),
    ] {
        let Some(Number::Numeric(number)) = message(fields) else { panic!("{text} is a numeric") };
        assert_eq!(number.to_string(), text);
    }
    let long = [vec![30, 29, 0, 0], vec![9999; 30]].concat();
    assert_eq!(message(&long), Some(Number::Numeric(decimal(&"9".repeat(120)))));
    for (sign, limit) in [(0xD000, f64::INFINITY), (0xF000, f64::NEG_INFINITY)] {
        assert_eq!(message(&[0, 0, sign, 0]), Some(Number::Float(limit)));
    }
    assert!(message(&[0, 0, 0xC000, 0]).unwrap().is_nan());
}

#[test]
fn other_bytes_are_not_a_numeric() {
    for fields in [
        &[][..],
        &[1, 0, 0],
        &[1, 0, 0, 0],
        &[0, 0, 0, 0, 7],
        &[1, 0, 0, 0, 10_000],
        &[0, 0, 0x1234, 0],
        // A digit beyond the scale.
        &[1, 0xffff, 0, 2, 1],
    ] {
        assert_eq!(message(fields), None, "{fields:?}");
    }
    assert_eq!(Number::decode_as(Form::Numeric, &[0; 9]), None);
    for text in ["", "-", ".", "1.", ".5", "+1", "1e5", "NaN", "1_0", "--1", " 1"] {
        assert_eq!(Numeric::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_error_of_a_numeric_with_too_many_digits_names_the_limit() {
    let read = |fields: &[u16]| {
        let field: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
        let mut rows = RowBuffer::new(KeyKind::Integer);
        rows.push_cells(&Key::Integer(1), [Cell::Numeric(Number::Integer(7))]);
        rows.push([Some(&[0, 0, 0, 2][..]), Some(&field)]);
        let mut numbers = Vec::new();
        rows.batch()
            .for_each(|_, [number]: [Option<Number>; 1]| numbers.push(number))
            .map(|()| numbers)
    };
    assert_eq!(read(&[1, 499, 0, 2000, 1]).unwrap()[1], {
        let text = format!("1{}.{}", "0".repeat(1996), "0".repeat(2000));
        Some(Number::Numeric(decimal(&text)))
    });
    for (fields, problem) in [
        ([1, 500, 0, 0, 1], "about 2004 digits before its point and 0 after it; 2000 of each"),
        ([1, 0, 0, 2001, 1], "about 4 digits before its point and 2001 after it"),
        ([1, 32_000, 0, 16_383, 1], "about 128004 digits before"),
    ] {
        let error = read(&fields).unwrap_err();
        assert!(matches!(error, crate::Error::Misconfigured(_)), "{error:?}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn json_is_a_number_up_to_15_digits() {
    for (text, expected) in [
        ("0.00", json!(0.0)),
        ("-0.30", json!(-0.3)),
        ("12", json!(12.0)),
        ("123456789012.345", json!(123456789012.345)),
        ("1234567890123.456", json!("1234567890123.456")),
        ("9007199254740993", json!("9007199254740993")),
        ("100000000000000000000000", json!(1e23)),
        ("0.10000000000000000000", json!(0.1)),
        ("0.10000000000000000001", json!("0.10000000000000000001")),
    ] {
        assert_eq!(decimal(text).to_json(), expected, "{text}");
    }
    let beyond = format!("1{}", "0".repeat(309));
    assert_eq!(decimal(&beyond).to_json(), json!(beyond));
    let least = format!("0.{}1", "0".repeat(330));
    assert_eq!(decimal(&least).to_json(), json!(least));
}

proptest! {
    #[test]
    fn a_decimal_is_read_as_it_was_written(number in any_decimal()) {
        prop_assert_eq!(&decimal(&number.to_string()), &number);
        let mut rows = RowBuffer::new(KeyKind::Integer);
        rows.push_cells(&Key::Integer(1), [Cell::Numeric(Number::Numeric(number.clone()))]);
        let mut read = Vec::new();
        rows.batch().for_each(|_, row: [Option<Number>; 1]| read.extend(row)).unwrap();
        prop_assert_eq!(read, [Some(Number::Numeric(number))]);
    }

    #[test]
    fn decimals_are_compared_by_value(one in any_decimal(), other in any_decimal()) {
        let scale = one.scale.max(other.scale);
        let at_scale = |number: &Numeric| &*number.unscaled.big() * power_of_ten(scale - number.scale);
        prop_assert_eq!(one.compare(&other), at_scale(&one).cmp(&at_scale(&other)));
        prop_assert_eq!(one.cmp(&other), other.cmp(&one).reverse());
        let short = one.without_zeros();
        prop_assert!(short.compare(&one).is_eq() && short <= one);
        prop_assert!(!short.to_string().contains('.') || !short.to_string().ends_with('0'));
    }

    #[test]
    fn a_double_is_a_decimal_exactly(bits in any::<u64>()) {
        let double = f64::from_bits(bits);
        prop_assume!(double.is_finite());
        let number = Numeric::of_double(double).unwrap();
        prop_assert_eq!(number.to_double(), double);
        // Rust prints the exact digits of a double.
        let all = decimal(&format!("{double:.1074}"));
        prop_assert!(number.compare(&all).is_eq(), "{number}");
    }

    #[test]
    fn the_nearest_double_is_that_of_the_digits(number in any_decimal()) {
        prop_assert_eq!(number.to_double(), number.to_string().parse::<f64>().unwrap() + 0.0);
    }
}
