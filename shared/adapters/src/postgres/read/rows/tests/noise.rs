//! Malformed answers, and a second parser that determines the expected rows.

use std::cell::RefCell;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestRunner},
};

use super::{super::*, Server, description, end, fold_answers, integer, start};

const CASES: u32 = 3000;

/// The columns that rows are read as.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Two numbers and a text.
    Mixed,
    /// Three numbers.
    Apart,
    /// Three numbers, or NULL for all of them; they may arrive in one field.
    Packed,
}

/// A key, and the bytes of the columns. The columns of [`Shape::Packed`] are one entry.
type Row = (i64, Vec<Option<Vec<u8>>>);

/// The end of an answer.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// The answer is complete; other bytes follow from here on.
    Whole(usize),
    /// The answer is incomplete.
    CutOff,
    /// The answer has a wrong message.
    Wrong,
}

/// Reads an answer with the code under test.
fn read(shape: Shape, server: Server) -> (Vec<Row>, Result<Bytes>) {
    let mut rows: Vec<Row> = Vec::new();
    let number = |x: Option<f64>| x.map(|x| x.to_be_bytes().to_vec());
    let after = fold_answers(server, 1, &mut |batch: RowBatch<'_>| match shape {
        Shape::Mixed => batch.for_each(|key, (x, y, text): (_, _, Option<&str>)| {
            let text = text.map(|text| text.as_bytes().to_vec());
            rows.push((integer(key), vec![number(x), number(y), text]));
        }),
        Shape::Apart => batch.for_each(|key, row: [Option<f64>; 3]| {
            rows.push((integer(key), row.map(number).to_vec()));
        }),
        Shape::Packed => batch.for_each(|key, row: Option<[f64; 3]>| {
            let row = row.map(|row| row.map(f64::to_be_bytes).concat());
            rows.push((integer(key), vec![row]));
        }),
    });
    (rows, after)
}

/// Parses an answer independently of the code under test.
fn parse(shape: Shape, answer: &[u8]) -> (Vec<Row>, Ending) {
    let (mut rows, mut at, mut is_complete) = (Vec::new(), 0, false);
    let ending = loop {
        let Some((header, rest)) = answer[at..].split_at_checked(5) else { break Ending::CutOff };
        let length = i32::from_be_bytes(header[1..].try_into().unwrap());
        if !(4..LONGEST_ROW as i32).contains(&length) {
            break Ending::Wrong;
        }
        let Some(body) = rest.get(..length as usize - 4) else { break Ending::CutOff };
        at += 1 + length as usize;
        match (header[0], body) {
            (b'D', _) => match parse_row(shape, body) {
                Some(row) => rows.push(row),
                None => break Ending::Wrong,
            },
            (b'1' | b'2', []) | (b'N', _) => {}
            (b'S', texts) | (b'A', [_, _, _, _, texts @ ..]) if are_texts(texts, 2) => {}
            (b'T', _) if has_integer_key(body) == Some(true) => {}
            (b'C', _) if are_texts(body, 1) => is_complete = true,
            (b'Z', [_]) if is_complete => break Ending::Whole(at),
            _ => break Ending::Wrong,
        }
    };
    (rows, ending)
}

/// Returns whether these bytes are `count` texts, each with a zero byte after it.
fn are_texts(bytes: &[u8], count: usize) -> bool {
    bytes.last() == Some(&0) && bytes.iter().filter(|byte| **byte == 0).count() == count
}

/// Returns whether the first column is an integer; `None` if the description is malformed.
fn has_integer_key(description: &[u8]) -> Option<bool> {
    let (count, columns) = description.split_at_checked(2)?;
    let name = columns.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&columns[..name]).ok()?;
    let oid = columns[name + 1..].get(..18)?[6..10].try_into().ok()?;
    Some(count != [0, 0] && [20, 21, 23].contains(&u32::from_be_bytes(oid)))
}

fn parse_row(shape: Shape, body: &[u8]) -> Option<Row> {
    let (count, mut rest) = body.split_at_checked(2)?;
    let mut fields = Vec::new();
    for _ in 0..u16::from_be_bytes(count.try_into().ok()?) {
        let (length, after) = rest.split_at_checked(4)?;
        let length = i32::from_be_bytes(length.try_into().ok()?);
        let bytes = if length == -1 { 0 } else { length.try_into().ok()? };
        let (field, after) = after.split_at_checked(bytes)?;
        fields.push((length >= 0).then(|| field.to_vec()));
        rest = after;
    }
    let (key, columns) = fields.split_first().filter(|_| rest.is_empty())?;
    let key = match key.as_deref()? {
        [a, b] => i16::from_be_bytes([*a, *b]).into(),
        [a, b, c, d] => i32::from_be_bytes([*a, *b, *c, *d]).into(),
        key => i64::from_be_bytes(key.try_into().ok()?),
    };
    let are = |columns: &[Option<Vec<u8>>], right: &dyn Fn(&[u8]) -> bool| {
        columns.iter().flatten().all(|column| right(column))
    };
    let is_right = match (shape, columns) {
        (Shape::Mixed, [numbers @ .., text]) if numbers.len() == 2 => {
            let is_text = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
            are(numbers, &|bytes| bytes.len() == 8) && text.as_deref().is_none_or(is_text)
        }
        (Shape::Packed, [_]) => are(columns, &|bytes| bytes.len() == 24),
        (Shape::Apart | Shape::Packed, [_, _, _]) => are(columns, &|bytes| bytes.len() == 8),
        _ => false,
    };
    let columns = match shape {
        Shape::Mixed | Shape::Apart => columns.to_vec(),
        Shape::Packed => {
            let whole: Option<Vec<Vec<u8>>> = columns.iter().cloned().collect();
            vec![whole.map(|columns| columns.concat())]
        }
    };
    is_right.then_some((key, columns))
}

/// Generates usual values, and one other value in 201.
fn mostly<T: std::fmt::Debug + 'static>(
    usual: impl Strategy<Value = T> + 'static,
    other: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<T> {
    prop_oneof![200 => usual, 1 => other].boxed()
}

/// A change of a length, mostly none.
type Told = fn(i32) -> i32;

fn told() -> BoxedStrategy<Told> {
    let wrong: Vec<Told> = vec![
        |length| length + 1,
        |length| length - 1,
        |length| length + 4,
        |length| length - 4,
        |length| length + (1 << 20),
        |length| -length,
        |_| 0,
        |_| 3,
        |_| 4,
        |_| -1,
        |_| -2,
        |_| i32::MIN,
        |_| i32::MAX,
        |_| LONGEST_ROW as i32,
    ];
    mostly(Just((|length| length) as Told), select(wrong))
}

fn bytes() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 0..30).boxed()
}

fn number() -> BoxedStrategy<Option<Vec<u8>>> {
    let number = any::<[u8; 8]>().prop_map(|bytes| Some(bytes.to_vec()));
    mostly(prop_oneof![9 => number, 1 => Just(None)], bytes().prop_map(Some))
}

fn text() -> BoxedStrategy<Option<Vec<u8>>> {
    let text = "[a-zß]{0,9}".prop_map(|text| Some(text.into_bytes()));
    let long = (BUFFER - 99..BUFFER + 99).prop_map(|length| Some(vec![b'a'; length]));
    let text = mostly(prop_oneof![9 => text, 1 => Just(None)], long);
    mostly(text, bytes().prop_map(Some))
}

fn key() -> BoxedStrategy<Option<Vec<u8>>> {
    let key = prop_oneof![
        1 => any::<i16>().prop_map(|key| key.to_be_bytes().to_vec()),
        8 => any::<i32>().prop_map(|key| key.to_be_bytes().to_vec()),
        4 => any::<i64>().prop_map(|key| key.to_be_bytes().to_vec()),
    ];
    mostly(key.prop_map(Some), prop_oneof![Just(None), bytes().prop_map(Some)])
}

/// Generates the body of a row's message.
fn row(shape: Shape) -> BoxedStrategy<Vec<u8>> {
    let apart = || vec(number(), 3).boxed();
    let columns = match shape {
        Shape::Mixed => (vec(number(), 2), text())
            .prop_map(|(mut columns, text)| {
                columns.push(text);
                columns
            })
            .boxed(),
        Shape::Apart => apart(),
        Shape::Packed => {
            let packed = vec(any::<u8>(), 24).prop_map(|numbers| vec![Some(numbers)]);
            prop_oneof![4 => packed, 1 => Just(vec![None]), 1 => apart()].boxed()
        }
    };
    let columns = mostly(columns, vec(number(), 0..6));
    let field = |(bytes, told): (Option<Vec<u8>>, Told)| {
        let length = bytes.as_ref().map_or(-1, |bytes| bytes.len() as i32);
        [&told(length).to_be_bytes()[..], &bytes.unwrap_or_default()].concat()
    };
    let fields = (key(), columns).prop_flat_map(move |(key, columns)| {
        let fields: Vec<_> = std::iter::once(key).chain(columns).collect();
        fields.into_iter().map(|bytes| (Just(bytes), told()).prop_map(field)).collect::<Vec<_>>()
    });
    let row = |(fields, told): (Vec<Vec<u8>>, Told)| {
        let count = told(fields.len() as i32) as u16;
        [&count.to_be_bytes()[..], &fields.concat()].concat()
    };
    (fields, told()).prop_map(row).boxed()
}

/// Generates a message, most often a row.
fn any_message(shape: Shape) -> BoxedStrategy<Vec<u8>> {
    let others = select(vec![
        (b'S', b"TimeZone\0UTC\0".to_vec()),
        (b'N', b"Mhello\0\0".to_vec()),
        (b'A', b"\0\0\0\x01a\0\0".to_vec()),
        (b'C', b"SELECT 3\0".to_vec()),
        (b'1', Vec::new()),
        (b'Z', b"T".to_vec()),
    ]);
    let known = select(b"123AcCdEGHIKnNRsStTZ".to_vec());
    let unlikely = prop_oneof![(known, bytes()), (any::<u8>(), bytes())];
    let row = row(shape).prop_map(|body| (b'D', body));
    let content = mostly(prop_oneof![9 => row, 1 => others], unlikely);
    let message = |((tag, body), told): ((u8, Vec<u8>), Told)| {
        let length = told(body.len() as i32 + 4).to_be_bytes();
        [&[tag], &length[..], &body].concat()
    };
    (content, told()).prop_map(message).boxed()
}

/// Generates an answer, and the places where it is cut.
fn noisy(shape: Shape) -> impl Strategy<Value = (Shape, Vec<u8>, Vec<Index>)> {
    let key = mostly(select(vec![20, 21, 23]), any::<u32>());
    let messages = vec(any_message(shape), 0..16).prop_map(|messages| messages.concat());
    let after = prop_oneof![Just(Vec::new()), any_message(shape)];
    let noise = prop::option::weighted(0.1, (any::<Index>(), any::<u8>()));
    let length = prop::option::weighted(0.2, any::<Index>());
    let answer =
        (key, messages, after, noise, length).prop_map(|(key, messages, after, noise, length)| {
            let mut answer = [start(), description(key), messages, end(), after].concat();
            if let Some((at, byte)) = noise {
                let at = at.index(answer.len());
                answer[at] = byte;
            }
            let length = length.map_or(answer.len(), |length| length.index(answer.len()));
            answer.truncate(length);
            answer
        });
    (Just(shape), answer, vec(any::<Index>(), 0..9))
}

#[test]
fn all_rows_before_the_first_wrong_message_are_read_and_the_message_is_an_error() {
    let answers = select(vec![Shape::Mixed, Shape::Apart, Shape::Packed]).prop_flat_map(noisy);
    let endings = RefCell::new([0; 3]);
    let mut runner = TestRunner::new(Config::with_cases(CASES));
    let run = runner.run(&answers, |(shape, answer, cuts)| {
        let (expected, ending) = parse(shape, &answer);
        let (rows, after) = read(shape, Server::new(&answer, &cuts));
        prop_assert_eq!(rows, expected);
        let after = after.map_err(|error| error.with_causes());
        let is_cut_off = |error: &String| error.contains("it closed the connection");
        let (place, is_as_expected) = match ending {
            Ending::Whole(end) => {
                (0, after.as_ref().is_ok_and(|rest| answer[end..].starts_with(rest)))
            }
            Ending::CutOff => (1, after.as_ref().is_err_and(is_cut_off)),
            Ending::Wrong => (2, after.as_ref().is_err_and(|error| !is_cut_off(error))),
        };
        prop_assert!(is_as_expected, "{:?}, not {:?}", after, ending);
        endings.borrow_mut()[place] += 1;
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
    let endings = endings.into_inner();
    assert!(endings.iter().all(|count| *count > CASES / 20), "{endings:?} of {CASES}");
}
