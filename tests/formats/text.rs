//! Files of text, byte for byte.

use pgfold_core::{Error, Format, OutputColumn, ValueType};
use pgfold_tests::formats::{Sample, file, file_of_all, numeric, samples};
use serde_json::Value;

/// Returns the text of a file of one column: its values, and a NULL.
fn text_of(format: Format, sample: &Sample) -> String {
    let values = sample.values.iter().map(|value| vec![Some(value.sent.as_slice())]);
    let rows = values.chain([vec![None]]);
    String::from_utf8(file(format, vec![sample.column.clone()], rows).unwrap()).unwrap()
}

#[test]
fn jsonl_has_an_object_a_line() {
    for sample in samples() {
        let name = &sample.column.name;
        let line = |json: &str| format!("{{\"{name}\":{json}}}\n");
        let values = sample.values.iter().map(|value| line(&value.json));
        let expected: String = values.chain([line("null")]).collect();
        assert_eq!(text_of(Format::Jsonl, &sample), expected, "{name}");
    }
}

#[test]
fn every_line_of_jsonl_is_json_with_all_keys() {
    let samples = samples();
    let text = String::from_utf8(file_of_all(Format::Jsonl, &samples)).unwrap();
    let names: Vec<&String> = samples.iter().map(|sample| &sample.column.name).collect();
    for line in text.lines() {
        // A number that no double has is valid, but not for this reader.
        let line = line.replace("1e400", "1");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read.as_object().unwrap().keys().collect::<Vec<_>>(), names);
    }
    assert_eq!(text.lines().count(), 10);
}

#[test]
fn csv_tells_null_from_an_empty_text() {
    for sample in samples() {
        let name = &sample.column.name;
        let values = sample.values.iter().map(|value| format!("{}\n", value.csv));
        let expected: String =
            [format!("{name}\n")].into_iter().chain(values).chain(["\n".to_owned()]).collect();
        assert_eq!(text_of(Format::Csv, &sample), expected, "{name}");
    }
}

#[test]
fn names_of_columns_are_escaped() {
    let column = |name: &str| OutputColumn {
        name: name.to_owned(),
        value_type: ValueType::Text,
        sql_type: None,
    };
    let columns = || vec![column("a \"b\""), column("c,d"), column("é.ü")];
    let written = |format| {
        let row = vec![Some(&b"x"[..]), None, Some(b"")];
        String::from_utf8(file(format, columns(), [row]).unwrap()).unwrap()
    };
    let jsonl = "{\"a \\\"b\\\"\":\"x\",\"c,d\":null,\"é.ü\":\"\"}\n";
    assert_eq!(written(Format::Jsonl), jsonl);
    assert_eq!(written(Format::Csv), "\"a \"\"b\"\"\",\"c,d\",é.ü\nx,,\"\"\n");
}

#[test]
fn a_file_without_rows_has_a_header_or_nothing() {
    let columns = || samples().into_iter().take(2).map(|sample| sample.column).collect();
    assert_eq!(file(Format::Jsonl, columns(), []).unwrap(), b"");
    assert_eq!(file(Format::Csv, columns(), []).unwrap(), b"boolean,smallint\n");
}

#[test]
fn decimals_that_are_not_finite_are_texts() {
    let column =
        samples().into_iter().find(|sample| sample.column.name == "decimal").unwrap().column;
    let sent = ["NaN", "inf", "-inf"].map(numeric);
    let written = |format| {
        let rows = sent.iter().map(|value| vec![Some(value.as_slice())]);
        String::from_utf8(file(format, vec![column.clone()], rows).unwrap()).unwrap()
    };
    let lines =
        ["NaN", "Infinity", "-Infinity"].map(|text| format!("{{\"decimal\":\"{text}\"}}\n"));
    assert_eq!(written(Format::Jsonl), lines.concat());
    assert_eq!(written(Format::Csv), "decimal\nNaN\nInfinity\n-Infinity\n");
}

/// Of every format.
#[test]
fn fields_of_another_form_and_rows_of_other_fields_are_corrupt() {
    for sample in samples() {
        let name = &sample.column.name;
        let any_bytes = ["bytes"].contains(&name.as_str());
        for format in Format::ALL {
            let columns = || vec![sample.column.clone()];
            // No text, and no width of any type.
            let wrong = file(format, columns(), [vec![Some(&[0xff; 5][..])]]);
            match wrong {
                Ok(_) if any_bytes => {}
                Err(Error::Corrupt { what, .. }) => {
                    assert_eq!(what, format!("the column {name:?} of a row"));
                }
                other => panic!("{name} {format:?}: {other:?}"),
            }
            let more = file(format, columns(), [vec![None, None]]);
            assert!(matches!(more, Err(Error::Corrupt { .. })), "{more:?}");
        }
    }
}
