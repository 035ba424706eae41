use proptest::{collection::vec, prelude::*};

use super::*;
use crate::rows::{FieldIndex, RowBuffer};

type Number = Option<[u8; 8]>;

/// Generates a row: a key of 2, 4 or 8 bytes or NULL, and numbers, some of them NULL.
fn row(columns: usize) -> impl Strategy<Value = (Option<Vec<u8>>, Vec<Number>)> {
    let key = prop_oneof![
        8 => any::<i32>().prop_map(|key| Some(key.to_be_bytes().to_vec())),
        4 => any::<i64>().prop_map(|key| Some(key.to_be_bytes().to_vec())),
        1 => any::<i16>().prop_map(|key| Some(key.to_be_bytes().to_vec())),
        1 => Just(None),
    ];
    let number =
        prop_oneof![1 => Just(None), 9 => any::<f64>().prop_map(|x| Some(x.to_be_bytes()))];
    (key, vec(number, columns))
}

fn bytes<'f>(rows: impl IntoIterator<Item = Vec<Option<&'f [u8]>>>) -> Vec<u8> {
    let mut buffer = RowBuffer::new(KeyKind::Integer);
    rows.into_iter().for_each(|row| buffer.push(row));
    buffer.into_bytes()
}

fn integer(key: &[u8]) -> i64 {
    let sign = if key[0] < 0x80 { 0 } else { 0xff };
    let mut wide = [sign; 8];
    wide[8 - key.len()..].copy_from_slice(key);
    i64::from_be_bytes(wide)
}

proptest! {
    #[test]
    fn rows_are_read_as_they_were_written(rows in vec(row(3), 0..40)) {
        let fields = |(key, numbers): &'_ (Option<Vec<u8>>, Vec<Number>)| {
            let numbers = numbers.iter().map(|number| number.map(Vec::from));
            std::iter::once(key.clone()).chain(numbers).collect::<Vec<_>>()
        };
        let fields: Vec<Vec<Option<Vec<u8>>>> = rows.iter().map(fields).collect();
        let bytes = bytes(fields.iter().map(|row| row.iter().map(Option::as_deref).collect()));
        let mut read = Vec::new();
        let all = RowBatch::leading(KeyKind::Integer, &[], &bytes);
        prop_assert_eq!(all.byte_len(), bytes.len());
        let done = all.for_each(|key, row: [Option<f64>; 3]| {
            read.push((key, row.map(|x| x.map(f64::to_be_bytes))));
        });
        let keyed = rows.iter().map_while(|(key, row)| Some((integer(key.as_ref()?), row)));
        let expected: Vec<_> = keyed.map(|(key, row)| (KeyRef::Integer(key), row.clone())).collect();
        let read: Vec<_> = read.into_iter().map(|(key, row)| (key, row.to_vec())).collect();
        prop_assert_eq!(&read, &expected);
        prop_assert_eq!(done.is_ok(), expected.len() == rows.len(), "{:?}", done);
    }

    #[test]
    fn numbers_are_read_packed_or_apart(rows in vec(row(4), 0..40), packed in any::<bool>()) {
        let key = [0, 0, 0, 7];
        let whole = |row: &[Number]| row.iter().copied().collect::<Option<Vec<_>>>();
        let joined: Vec<Option<Vec<u8>>> =
            rows.iter().map(|(_, row)| whole(row).map(|row| row.concat())).collect();
        let bytes = bytes(rows.iter().zip(&joined).map(|((_, row), joined)| {
            let apart = row.iter().map(|number| number.as_ref().map(|x| &x[..]));
            let numbers = if packed { vec![joined.as_deref()] } else { apart.collect() };
            std::iter::once(Some(&key[..])).chain(numbers).collect()
        }));
        let mut read = Vec::new();
        RowBatch::leading(KeyKind::Integer, &[], &bytes)
            .for_each(|_, row: Option<[f64; 4]>| {
                read.push(row.map(|row| row.map(f64::to_be_bytes).concat()));
            })
            .unwrap();
        prop_assert_eq!(read, joined);
    }

    /// Bytes of any kind, cut anywhere, cause no panic, and no byte is skipped.
    #[test]
    fn bytes_of_any_kind_are_rows_or_an_error(
        rows in vec(row(2), 0..6),
        noise in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        text in any::<bool>(),
    ) {
        let mut bytes = bytes(rows.iter().map(|(key, row)| {
            let numbers = row.iter().map(|number| number.as_ref().map(|x| &x[..]));
            std::iter::once(key.as_deref()).chain(numbers).collect()
        }));
        let length = bytes.len();
        for (at, byte) in noise.iter().filter(|_| length > 0) {
            bytes[at.index(length)] = *byte;
        }
        let keys = if text { KeyKind::Text } else { KeyKind::Integer };
        let first = RowBatch::leading(keys, &[], &bytes[..cut.index(bytes.len() + 1)]);
        let all = RowBatch::leading(keys, &[], &bytes);
        prop_assert!(first.byte_len() <= all.byte_len());
        let rest = RowBatch::leading(keys, &[], &bytes[first.byte_len()..]);
        prop_assert_eq!(first.byte_len() + rest.byte_len(), all.byte_len());
        let count = |batch: RowBatch<'_>| {
            let mut rows = 0;
            let done = batch.for_each(|_, _: (Option<f64>, Option<crate::rows::Identity<'_>>)| rows += 1);
            (rows, done.is_ok())
        };
        let (rows, is_whole) = count(all);
        let ((before, first_is_whole), (after, _)) = (count(first), count(rest));
        prop_assert_eq!(rows, if first_is_whole { before + after } else { before });
        prop_assert!(!is_whole || first_is_whole);
    }
}

#[test]
fn numbers_are_read_in_the_forms_of_their_columns() {
    let (float, integer) = (2.5_f64.to_be_bytes(), i64::MAX.to_be_bytes());
    // 1.5 as a numeric, and 0 as a numeric of 8 bytes, the width of the other forms.
    let numerics = [&[0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 19, 136][..], &[0; 8]];
    let forms = [Form::Float, Form::Integer, Form::Numeric];
    let key = [0, 0, 0, 7];
    let rows =
        numerics.map(|numeric| vec![Some(&key[..]), Some(&float), Some(&integer), Some(numeric)]);
    let rows = bytes(rows);
    let mut read = Vec::new();
    RowBatch::leading(KeyKind::Integer, &forms, &rows)
        .for_each(|_, row: [Option<crate::rows::Number>; 3]| {
            read.push(row.map(|number| number.map(|number| number.to_json())));
        })
        .unwrap();
    let number = |json: serde_json::Value| Some(json);
    assert_eq!(read[0], [number(2.5.into()), number(i64::MAX.into()), number(1.5.into())]);
    assert_eq!(read[1], [number(2.5.into()), number(i64::MAX.into()), number(0.0.into())]);
    // A column that is read as f64 may be sent as an integer.
    let plain = bytes([vec![Some(&key[..]), Some(&float), Some(&integer)]]);
    let mut read = Vec::new();
    RowBatch::leading(KeyKind::Integer, &[Form::Plain, Form::Integer], &plain)
        .for_each(|_, row: [Option<f64>; 2]| read.push(row))
        .unwrap();
    assert_eq!(read, [[Some(2.5), Some(i64::MAX as f64)]]);
}

#[test]
fn points_are_read_packed_or_in_the_forms_of_their_columns() {
    let (x, y) = (2.5_f64.to_be_bytes(), 7_i64.to_be_bytes());
    let packed = [x, 4.0_f64.to_be_bytes()].concat();
    let key = [0, 0, 0, 7];
    let read = |forms: &[Form], row: Vec<Option<&[u8]>>| {
        let mut read = Vec::new();
        let bytes = bytes([row]);
        RowBatch::leading(KeyKind::Integer, forms, &bytes)
            .for_each(|_, point: Option<[crate::rows::Number; 2]>| read.push(point))
            .map(|()| read)
    };
    let [float, integer] = [crate::Number::Float, |x| crate::Number::Integer(x as i64)];
    let apart = vec![Some(&key[..]), Some(&x), Some(&y)];
    let forms = [Form::Float, Form::Integer];
    assert_eq!(read(&forms, apart).unwrap(), [Some([float(2.5), integer(7.0)])]);
    let together = vec![Some(&key[..]), Some(&packed)];
    assert_eq!(read(&[], together).unwrap(), [Some([float(2.5), float(4.0)])]);
    assert_eq!(read(&forms, vec![Some(&key[..]), Some(&x), None]).unwrap(), [None]);
    assert_eq!(read(&forms, vec![Some(&key[..]), None]).unwrap(), [None]);
    assert!(read(&forms, vec![Some(&key[..]), Some(&x[..7]), Some(&y)]).is_err());
}

#[test]
fn rows_of_other_columns_are_an_error_that_names_the_difference() {
    let bytes = bytes([vec![Some(&[0, 0, 0, 1][..]), Some(&[0; 8]), None]]);
    let batch = RowBatch::leading(KeyKind::Integer, &[], &bytes);
    let error = |done: Result<()>| done.unwrap_err().with_causes();
    let one = error(batch.for_each(|_, _: [Option<f64>; 1]| ()));
    assert!(one.ends_with("it is of 2 columns, not 1"), "{one}");
    let flag = error(batch.for_each(|_, _: (Option<bool>, Option<f64>)| ()));
    assert!(flag.ends_with("8 bytes that are no boolean"), "{flag}");
    let three = error(batch.for_each(|_, _: Option<[f64; 3]>| ()));
    assert!(three.ends_with("it is of 2 columns, not 3"), "{three}");
}

#[test]
fn keys_longer_than_256_bytes_are_an_error() {
    let key = "k".repeat(Key::LONGEST + 1);
    let read = |key: &str| {
        let bytes = bytes([vec![Some(key.as_bytes())]]);
        let nothing = |_: KeyRef<'_>, _: [Option<f64>; 0]| ();
        RowBatch::leading(KeyKind::Text, &[], &bytes).for_each(nothing)
    };
    assert!(read(&key[1..]).is_ok());
    let error = read(&key).unwrap_err().to_string();
    assert_eq!(error, "a row has a key of 257 bytes; 256 are the most");
}

#[test]
fn bytes_that_do_not_start_with_a_row_are_an_empty_batch() {
    let row = bytes([vec![Some(&[0, 0, 0, 1][..])]]);
    for wrong in [[0; 16], [b'D'; 16], [0xff; 16]] {
        assert!(RowBatch::leading(KeyKind::Integer, &[], &wrong).is_empty(), "{wrong:?}");
        let after = [&row[..], &wrong].concat();
        assert_eq!(RowBatch::leading(KeyKind::Integer, &[], &after).byte_len(), row.len());
    }
}

#[test]
fn rows_without_their_keys_are_read_in_runs_and_one_by_one() {
    let mut rows = RowBuffer::new(KeyKind::Unsent);
    let cells = [[Some(1.5), Some(2.5)], [Some(3.5), None], [Some(4.5), Some(5.5)]];
    for cells in cells {
        rows.push_cells(&7.into(), cells);
    }
    let mut read = Vec::new();
    rows.batch().for_each(|key, row: [Option<f64>; 2]| read.push((key, row))).unwrap();
    assert_eq!(read, cells.map(|row| (KeyRef::Integer(0), row)));
    let mut index = FieldIndex::default();
    let batch = index.fill(rows.batch(), 2).unwrap();
    let mut indexed = Vec::new();
    batch.for_each(&[0, 1], |key, row: [Option<f64>; 2]| indexed.push((key, row))).unwrap();
    assert_eq!(indexed, read);
    let first: Vec<&[u8]> = batch.rows().map(|row| row.first(1)).collect();
    assert_eq!(first[1], [&[0, 0, 0, 8][..], &3.5_f64.to_be_bytes()].concat());
    assert!(rows.batch().for_each(|_, _: [Option<f64>; 3]| ()).is_err());
}

#[test]
fn the_fields_of_each_row_are_taken_without_its_key() {
    let row = [Some(&[0, 0, 0, 7][..]), Some(b"Rome"), None, Some(b"")];
    let bytes = bytes([row.to_vec(), row.to_vec()]);
    let mut read = Vec::new();
    let mut take = |fields: &mut Fields<'_>| {
        read.push(
            [fields.field()?, fields.field()?, fields.field()?].map(|field| field.map(Vec::from)),
        );
        Ok(())
    };
    let keyed = RowBatch::leading(KeyKind::Integer, &[], &bytes);
    keyed.for_each_row(3, &mut take).unwrap();
    let taken = [Some(b"Rome".to_vec()), None, Some(Vec::new())];
    assert_eq!(read, [taken.clone(), taken]);

    let mut take = |fields: &mut Fields<'_>| fields.field().map(drop);
    let error = |done: crate::Result<()>| done.unwrap_err().with_causes();
    let fewer = "a row does not read back: it is of 3 columns, not 2";
    assert_eq!(error(keyed.for_each_row(2, &mut take)), fewer);
    let left = "a row does not read back: it has more than its columns";
    assert_eq!(error(keyed.for_each_row(3, &mut take)), left);
    let unsent = RowBatch::leading(KeyKind::Unsent, &[], &bytes);
    let mut count = 0;
    let mut take = |fields: &mut Fields<'_>| {
        count += 1;
        (0..4).try_for_each(|_| fields.field().map(drop))
    };
    unsent.for_each_row(4, &mut take).unwrap();
    assert_eq!(count, 2);
}
