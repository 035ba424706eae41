//! The table; some of its rows are never touched.

use pgfold_tests::TestSchema;
use tokio_postgres::Config;

use crate::under_fire::writers::Writers;

/// Ids lie below this.
pub(crate) const IDS: i64 = 40_000;

/// One table.
pub(crate) const WHOLE: &str = "CREATE TABLE points
    (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT)";

/// Partitions; a row moves from one to another when its key is changed.
pub(crate) const PARTITIONED: &str = "CREATE TABLE points
    (id BIGINT PRIMARY KEY, x1 FLOAT, y1 FLOAT, x2 FLOAT, y2 FLOAT) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF points FOR VALUES FROM (0) TO (20000);
    CREATE TABLE high PARTITION OF points DEFAULT PARTITION BY HASH (id);
    CREATE TABLE high_1 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE high_2 PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 1)";

/// Every second id has a row; those that are no writer's are farther apart than any of theirs.
const ROWS: &str = "
    INSERT INTO points SELECT id, x1, y1, x1 + 100, y1
    FROM (SELECT g * 2 - 1 AS id, random() * 100 AS x1, random() * 100 AS y1
          FROM generate_series(1, 20000) g) rows
    ORDER BY random()";

/// Whether the row of an id is there as it was, whatever the writers do: they have those that are
/// 1 more than a multiple of 4.
pub(crate) fn is_untouched(id: i64) -> bool {
    id % 4 == 3
}

/// A table and those who write to it until it is dropped.
pub(crate) struct Table {
    pub(crate) writers: Writers,
    schema: TestSchema,
}

impl Table {
    pub(crate) async fn new(definition: &str) -> Self {
        let schema = TestSchema::new(&format!("{definition}; {ROWS}")).await;
        schema.execute("ANALYZE points").await;
        let writers = Writers::start(&schema.database()).await;
        Self { writers, schema }
    }

    pub(crate) fn database(&self) -> Config {
        self.schema.database()
    }

    /// The ids of all rows that nobody touches, ascending.
    pub(crate) fn untouched() -> Vec<i64> {
        (0..IDS).filter(|id| is_untouched(*id)).collect()
    }
}
