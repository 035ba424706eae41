//! Who may put what into queues.

use std::collections::BTreeSet;

use pgfold_tests::Template;
use serde_json::json;

const KIND: &str = "AWS::SQS::Queue";

#[test]
fn every_queue_refuses_calls_without_tls() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    let policy = deployed.properties("QueuePolicy");
    let covered: BTreeSet<&str> =
        policy["Queues"].as_array().unwrap().iter().map(|queue| queue.as_str().unwrap()).collect();
    assert_eq!(covered, template.resources(KIND).map(|(name, _)| name).collect());
    let statement = &policy["PolicyDocument"]["Statement"][0];
    let plaintext = json!({ "Bool": { "aws:SecureTransport": "false" } });
    assert_eq!((&statement["Effect"], &statement["Condition"]), (&json!("Deny"), &plaintext));
    assert_eq!((&statement["Principal"], &statement["Action"]), (&json!("*"), &json!("sqs:*")));
}

#[test]
fn a_queue_takes_dead_letters_only_from_the_queue_before_it() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    for (queue, before) in [("DeadLetterQueue", "ChunksQueue"), ("PoisonQueue", "DeadLetterQueue")]
    {
        let target = &deployed.properties(before)["RedrivePolicy"]["deadLetterTargetArn"];
        assert_eq!(*target, format!("{queue}.Arn"));
        let allowed = &deployed.properties(queue)["RedriveAllowPolicy"];
        assert_eq!(allowed["redrivePermission"], "byQueue");
        let sources = allowed["sourceQueueArns"].as_array().unwrap();
        let [source] = &sources[..] else { panic!("{sources:?}") };
        // By its name, for two queues cannot refer to each other.
        let name = deployed.properties(before)["QueueName"].as_str().unwrap();
        assert!(source.as_str().unwrap().ends_with(&format!(":{name}")), "{source} is not {name}");
    }
}
