//! Who can reach objects, and for how long they are there.

use pgfold_core::ObjectName;
use pgfold_tests::Template;
use serde_json::json;

const BUCKET: &str = "ObjectsBucket";

#[test]
fn the_bucket_is_private_encrypted_and_refuses_calls_without_tls() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    let bucket = deployed.properties(BUCKET);
    for block in
        ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
    {
        assert_eq!(bucket["PublicAccessBlockConfiguration"][block], true, "{block}");
    }
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert_eq!(encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");

    let policy = deployed.properties("ObjectsPolicy");
    assert_eq!(policy["Bucket"], BUCKET);
    let statement = &policy["PolicyDocument"]["Statement"][0];
    let plaintext = json!({ "Bool": { "aws:SecureTransport": "false" } });
    assert_eq!((&statement["Effect"], &statement["Condition"]), (&json!("Deny"), &plaintext));
    assert_eq!((&statement["Principal"], &statement["Action"]), (&json!("*"), &json!("s3:*")));
    let covered = json!(["ObjectsBucket.Arn", "${ObjectsBucket.Arn}/*"]);
    assert_eq!(statement["Resource"], covered);
}

#[test]
fn every_object_of_a_job_is_deleted_some_day_and_not_before_its_job_expires() {
    let template = Template::read();
    let deployed = template.deployed(&[("ObjectDays", "3"), ("ResultDays", "5")]);
    let rules = &deployed.properties(BUCKET)["LifecycleConfiguration"]["Rules"];
    let prefixes_and_days = [(ObjectName::PREFIX, "3"), (ObjectName::RESULTS, "5")];
    assert_eq!(rules.as_array().unwrap().len(), prefixes_and_days.len());
    for (rule, (prefix, days)) in rules.as_array().unwrap().iter().zip(prefixes_and_days) {
        assert_eq!((&rule["Status"], &rule["Prefix"]), (&json!("Enabled"), &json!(prefix)));
        assert_eq!(rule["ExpirationInDays"], days);
        assert_eq!(rule["AbortIncompleteMultipartUpload"], json!({ "DaysAfterInitiation": 1 }));
    }
    // Submit and jobs refuse to start with fewer.
    for function in ["SubmitFunction", "JobsFunction"] {
        let variables = &deployed.properties(function)["Environment"]["Variables"];
        assert_eq!(
            (&variables["OBJECT_DAYS"], &variables["RESULT_DAYS"]),
            (&json!("3"), &json!("5"))
        );
    }
}
