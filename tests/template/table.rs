//! What cannot be changed of a table once it is deployed.

use pgfold_tests::Template;
use serde_json::json;

#[test]
fn the_index_of_jobs_is_as_it_was_deployed() {
    let template = Template::read();
    let (_, table) = template.resources("AWS::DynamoDB::Table").next().unwrap();
    let deployed = json!([{
        "IndexName": "jobs",
        "KeySchema": [
            {"AttributeName": "listed", "KeyType": "HASH"},
            {"AttributeName": "pk", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }]);
    assert_eq!(
        table["Properties"]["GlobalSecondaryIndexes"], deployed,
        "CloudFormation refuses to change an index that exists (\"Cannot update GSI's properties\"), \
         and to add and remove one in the same update, so this would roll back on every deployed \
         stack. A new field of the list needs no change here: it is an attribute of the item and a \
         name in `of_list` of the adapter. Another key needs an index of another name, in two \
         releases: the first adds it and reads it, the second removes the old one \
         (docs/decisions/0015-the-index-has-keys-alone.md)"
    );
}
