//! FromRow of every type arrive as what they are read as.

use pgfold_core::{
    ChunkCount, Column, Decimal, Error, FoldRows, FromRow, Instant, Kind, Nulls, Projection,
    Result, RowBatch, Source,
};
use serde_json::json;
use uuid::Uuid;

use crate::kernels::table::Things;

type Row<'r> = (
    Option<bool>,
    Option<i64>,
    Option<&'r str>,
    Option<Uuid>,
    Option<Instant>,
    Option<Decimal<'r>>,
);

/// Takes sums of what it reads, for a database to do the same.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    rows: i64,
    yes: i64,
    ints: i64,
    letters: i64,
    codes: i64,
    seconds: i64,
    millionths: i64,
}

impl FoldRows for Sums {
    fn fold(&mut self, batch: RowBatch<'_>) -> Result<()> {
        batch.for_each(|_, (yes, int, name, code, at, exact): Row<'_>| {
            self.rows += 1;
            self.yes += i64::from(yes == Some(true));
            self.ints += int.unwrap_or_default();
            self.letters += name.unwrap_or_default().len() as i64;
            self.codes += code.map_or(0, |code| i64::from(code.as_bytes()[0]));
            self.seconds += at.map_or(0, |Instant(micros)| micros.div_euclid(1_000_000));
            let digits = exact.map_or(String::new(), |Decimal(text)| text.replace('.', ""));
            self.millionths += digits.parse::<i64>().unwrap_or_default() % 1_000_003;
        })
    }
}

#[tokio::test]
async fn every_kind_is_read_as_it_is() {
    let things = Things::new().await;
    let names = ["yes", "int", "name", "code", "at", "exact"];
    let column = |(name, kind): (&str, &Kind)| Column { name: name.to_owned(), kind: *kind };
    let columns = names.into_iter().zip(Row::KINDS).map(column).collect();
    let projection = Projection::of_columns(columns, Nulls::PerColumn);
    let planned = things.source.plan(ChunkCount::default(), &projection).await.unwrap();
    let mut sums = Sums::default();
    for (_, range) in planned.plan.chunks() {
        let reading = things.source.begin(None).await.unwrap();
        reading.read(&range, &projection, &mut sums).await.unwrap();
    }
    let row = things
        .sql(
            "SELECT count(*), count(*) FILTER (WHERE yes), sum(int)::int8,
                    sum(octet_length(name))::int8, sum(get_byte(uuid_send(code), 0))::int8,
                    sum(floor(extract(epoch FROM at - '2000-01-01 00:00+00')))::int8,
                    sum((exact * 1000000)::int8 % 1000003)::int8
             FROM things",
        )
        .await;
    let expected = Sums {
        rows: row.get(0),
        yes: row.get(1),
        ints: row.get(2),
        letters: row.get(3),
        codes: row.get(4),
        seconds: row.get(5),
        millionths: row.get(6),
    };
    assert_eq!(sums, expected);
}

#[tokio::test]
async fn a_column_of_the_wrong_type_is_named_with_the_right_ones() {
    let things = Things::new().await;
    let error = things.fold("summary", json!({}), &["name"]).await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "column \"name\" of table \"things\" is text; to be read as number it must be one of \
         smallint, integer, bigint, real, double precision, numeric"
    );
    let error = things.fold("bounding_box", json!({}), &["int", "code"]).await.unwrap_err();
    assert!(error.to_string().contains("column \"code\" of table \"things\" is uuid"), "{error}");
}
