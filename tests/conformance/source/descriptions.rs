//! A table describes itself.

use pgfold_core::{Column, Nulls, Projection};

use super::{Backend, COLUMNS, rows};

pub(crate) async fn a_table_describes_itself(backend: &dyn Backend) {
    let table = backend.table(&rows(0..500)).await;
    let described = table.source.describe().await.unwrap();
    assert!(!described.table.is_empty());
    let columns: Vec<&str> = described.columns.iter().map(|one| &*one.column.column).collect();
    assert_eq!(columns, COLUMNS);
    assert_eq!(columns, table.source.columns());
    let key = described.key.unwrap();
    assert_eq!(key.column, "id");
    let types = described.columns.iter().map(|one| &one.column.type_name).chain([&key.type_name]);
    assert!(types.into_iter().all(Option::is_some), "{:?}", described.columns);
    let estimated = described.estimated_rows.unwrap();
    assert!((450..550).contains(&estimated), "{estimated}");
    assert_eq!((described.filter, described.problem), (None, None));
}

pub(crate) async fn a_column_can_be_planned_as_every_kind_that_it_is_said_to_be_read_as(
    backend: &dyn Backend,
) {
    let table = backend.table(&rows(0..10)).await;
    for readable in table.source.describe().await.unwrap().columns {
        assert!(readable.reads_as.len() > 1, "{readable:?}");
        for kind in readable.reads_as {
            let column = Column { name: readable.column.column.clone(), kind };
            let projection = Projection::of_columns(vec![column], Nulls::PerColumn);
            table.source.plan(Default::default(), &projection).await.unwrap();
        }
    }
}
