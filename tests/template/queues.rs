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
    for (queue, all_before) in [
        ("DeadLetterQueue", &["ChunksQueue"][..]),
        ("ReductionsDeadLetterQueue", &["ReductionsQueue"]),
        ("PoisonQueue", &["DeadLetterQueue", "ReductionsDeadLetterQueue"]),
        ("RemindersDeadLetterQueue", &["RemindersQueue"]),
    ] {
        let allowed = &deployed.properties(queue)["RedriveAllowPolicy"];
        assert_eq!(allowed["redrivePermission"], "byQueue");
        let sources = allowed["sourceQueueArns"].as_array().unwrap();
        assert_eq!(sources.len(), all_before.len(), "{queue}: {sources:?}");
        for (before, source) in all_before.iter().zip(sources) {
            let target = &deployed.properties(before)["RedrivePolicy"]["deadLetterTargetArn"];
            assert_eq!(*target, format!("{queue}.Arn"));
            // By its name, for two queues cannot refer to each other.
            let name = deployed.properties(before)["QueueName"].as_str().unwrap();
            let source = source.as_str().unwrap();
            assert!(source.ends_with(&format!(":{name}")), "{source} is not {name}");
        }
    }
}

#[test]
fn partitions_are_hidden_and_given_up_as_chunks_are() {
    let template = Template::read();
    let chosen = [("ChunkVisibilityTimeout", "77"), ("MaxAttempts", "7"), ("MapperTimeout", "11")];
    let deployed = template.deployed(&chosen);
    for (queue, function) in
        [("ChunksQueue", "MapperFunction"), ("ReductionsQueue", "ReducerFunction")]
    {
        let queue = deployed.properties(queue);
        assert_eq!(queue["VisibilityTimeout"], "77");
        assert_eq!(queue["RedrivePolicy"]["maxReceiveCount"], "7");
        // Not longer than the queue hides its message.
        let function = deployed.properties(function);
        assert_eq!(function["Timeout"], "11");
        assert_eq!(function["Environment"]["Variables"]["MAX_ATTEMPTS"], "7");
    }
}
