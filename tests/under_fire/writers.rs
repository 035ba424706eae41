//! Those who write.

use pgfold_tests::connect;
use tokio::{sync::watch, task::JoinSet};
use tokio_postgres::Config;

use crate::under_fire::table::IDS;

const WRITERS: i64 = 3;

/// Connections that write without a pause. Dropped, they stop.
pub(crate) struct Writers {
    /// How many statements have been committed.
    committed: watch::Receiver<u64>,
    _tasks: JoinSet<()>,
}

impl Writers {
    pub(crate) async fn start(database: &Config) -> Self {
        let (sender, committed) = watch::channel(0);
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let (client, sender) = (connect(database).await, sender.clone());
            let statements = statements(4 * writer + 1);
            tasks.spawn(async move {
                for statement in statements.iter().cycle() {
                    client
                        .batch_execute(statement)
                        .await
                        .unwrap_or_else(|error| panic!("{statement}: {error:?}"));
                    sender.send_modify(|committed| *committed += 1);
                }
            });
        }
        let vacuum = connect(database).await;
        tasks.spawn(async move {
            loop {
                vacuum.batch_execute("VACUUM points").await.expect("nothing to prevent it");
            }
        });
        Self { committed, _tasks: tasks }
    }

    pub(crate) fn committed(&self) -> u64 {
        *self.committed.borrow()
    }

    /// Waits until so many more statements have been committed.
    pub(crate) async fn commit(&self, statements: u64) {
        let enough = self.committed() + statements;
        let mut committed = self.committed.clone();
        committed.wait_for(|committed| *committed >= enough).await.expect("writers that write");
    }
}

/// What the writer does whose ids are those with the remainder `class` by 12.
fn statements(class: i64) -> [String; 6] {
    let ids = format!("floor(random() * {IDS} / 12)::int8 * 12 + {class}");
    let mine = |width: i64| {
        format!(
            "WITH mine AS MATERIALIZED (
                 SELECT p.id, {ids} AS new_id
                 FROM (SELECT floor(random() * {IDS})::int8 AS at) start
                 JOIN points p ON p.id BETWEEN start.at AND start.at + {width}
                 WHERE p.id % 12 = {class}
             )"
        )
    };
    let nearby = "x2 = x1 + random() * 50, y2 = y1 + random() * 50";
    let insert = format!(
        "INSERT INTO points
         SELECT id, x1, y1, x1 + random() * 50, y1 + random() * 50
         FROM (SELECT DISTINCT {ids} AS id, random() * 100 AS x1, random() * 100 AS y1
               FROM generate_series(1, 40)) rows
         ON CONFLICT DO NOTHING"
    );
    let move_rows =
        format!("{} UPDATE points p SET {nearby} FROM mine WHERE p.id = mine.id", mine(900));
    let change_keys = format!(
        "{} UPDATE points p SET id = chosen.new_id
         FROM (SELECT DISTINCT ON (new_id) id, new_id FROM mine
               WHERE NOT EXISTS (SELECT FROM points taken WHERE taken.id = new_id)) chosen
         WHERE p.id = chosen.id",
        mine(900)
    );
    let delete = format!("{} DELETE FROM points p USING mine WHERE p.id = mine.id", mine(600));
    let delete_nearest = format!(
        "DELETE FROM points WHERE id = (
             SELECT id FROM points WHERE id % 12 = {class}
             ORDER BY (x2 - x1) ^ 2 + (y2 - y1) ^ 2, id LIMIT 1
         )"
    );
    [insert.clone(), move_rows, delete_nearest, change_keys, insert, delete]
}
