//! Where functions run and what they leave.

use std::collections::BTreeSet;

use pgfold_tests::Template;

const KIND: &str = "AWS::Serverless::Function";

#[test]
fn only_functions_with_something_to_reach_there_are_in_the_vpc() {
    let template = Template::read();
    let in_vpc = |parameters: &[(&str, &str)]| -> BTreeSet<&str> {
        let deployed = template.deployed(parameters);
        let functions = template.resources(KIND).map(|(name, _)| name);
        functions.filter(|name| deployed.properties(name).get("VpcConfig").is_some()).collect()
    };
    let subnets = [("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")];
    assert_eq!(in_vpc(&[]), BTreeSet::new());
    assert_eq!(in_vpc(&subnets), BTreeSet::from(["MapperFunction", "SubmitFunction"]));
    let valkey = [&subnets[..], &[("Store", "valkey"), ("ValkeyUrl", "rediss://c:6379")]].concat();
    assert_eq!(in_vpc(&valkey), template.resources(KIND).map(|(name, _)| name).collect());
    assert_eq!(in_vpc(&valkey[2..]), BTreeSet::new());
}

/// Else a release that mappers or reducers do not understand yet costs deliveries of its messages.
/// Reminders have deliveries to spare.
#[test]
fn whatever_sends_messages_is_deployed_after_what_reads_them() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    // What a function is deployed after, at any distance.
    let before = |name: &str| {
        let after = |name: &str| template.section("Resources")[name]["DependsOn"].as_str();
        std::iter::successors(after(name), |&name| after(name)).collect::<Vec<_>>()
    };
    let mut senders = BTreeSet::new();
    for (variable, queue, reader) in [
        ("CHUNKS_QUEUE_URL", "ChunksQueue", "MapperFunction"),
        ("REDUCTIONS_QUEUE_URL", "ReductionsQueue", "ReducerFunction"),
    ] {
        for (name, _) in template.resources(KIND) {
            let variables = &deployed.properties(name)["Environment"]["Variables"];
            if name != reader && variables[variable] == queue {
                assert!(before(name).contains(&reader), "{name} is not after {reader}");
                senders.insert((name, queue));
            }
        }
    }
    assert_eq!(
        senders,
        BTreeSet::from([
            ("DeadLetterFunction", "ReductionsQueue"),
            ("JobsFunction", "ChunksQueue"),
            ("JobsFunction", "ReductionsQueue"),
            ("MapperFunction", "ReductionsQueue"),
            ("SubmitFunction", "ChunksQueue"),
        ])
    );
}

/// A permissions boundary that one role goes without limits nothing.
#[test]
fn every_role_has_the_boundary_that_is_given() {
    let template = Template::read();
    let boundary = "arn:aws:iam::123456789012:policy/github/boundary";
    let canary = [("Rollout", "Canary10Percent5Minutes"), ("Release", "6333084012")];
    let bounded = [&canary[..], &[("PermissionsBoundaryArn", boundary)]].concat();
    let (free, bounded) = (template.deployed(&canary), template.deployed(&bounded));
    for (name, _) in template.resources("AWS::IAM::Role") {
        assert_eq!(bounded.properties(name)["PermissionsBoundary"], boundary, "{name}");
        assert_eq!(free.properties(name).get("PermissionsBoundary"), None, "{name}");
    }
    for (name, _) in template.resources(KIND) {
        // Else SAM makes a role of its own.
        let preference = &bounded.properties(name)["DeploymentPreference"];
        assert!(preference.is_null() || preference["Role"] == "CodeDeployRole.Arn", "{name}");
    }
}

#[test]
fn every_log_group_ends_some_day_and_every_function_has_one() {
    let template = Template::read();
    let deployed = template.deployed(&[("LogRetentionDays", "7")]);
    let mut groups = BTreeSet::new();
    for (name, _) in template.resources("AWS::Logs::LogGroup") {
        assert_eq!(deployed.properties(name)["RetentionInDays"], "7", "{name}");
        groups.insert(name);
    }
    for (name, _) in template.resources(KIND) {
        let group = deployed.properties(name)["LoggingConfig"]["LogGroup"].as_str().unwrap();
        assert!(groups.remove(group), "{name} shares {group} or has none");
    }
    assert_eq!(groups, BTreeSet::from(["ApiLogGroup"]));
}

#[test]
fn a_key_encrypts_all_that_is_kept() {
    let template = Template::read();
    let key = "arn:aws:kms:eu-west-1:123456789012:key/0123";
    let deployed = template.deployed(&[("KmsKeyArn", key)]);
    for (kind, place) in [
        (KIND, "/KmsKeyArn"),
        ("AWS::Logs::LogGroup", "/KmsKeyId"),
        ("AWS::SQS::Queue", "/KmsMasterKeyId"),
        ("AWS::DynamoDB::Table", "/SSESpecification/KMSMasterKeyId"),
        (
            "AWS::S3::Bucket",
            "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/\
             KMSMasterKeyID",
        ),
    ] {
        for (name, _) in template.resources(kind) {
            let properties = deployed.properties(name);
            assert_eq!(properties.pointer(place).unwrap_or_default(), key, "{name}{place}");
        }
    }
}

#[test]
fn without_events_nothing_is_left_of_them() {
    let template = Template::read();
    let resources =
        |events: &str| template.deployed(&[("Events", events), ("Stage", "prod")]).resources;
    let (with, without) = (resources("on"), resources("off"));
    let of_events: Vec<&str> =
        with.keys().filter(|name| !without.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(
        of_events,
        [
            "AnnouncerFunction",
            "AnnouncerLogGroup",
            "AnnouncerRole",
            "EndingsUnannouncedAlarm",
            "RemindersDeadLetterQueue",
            "RemindersQueue",
        ]
    );
    for (name, resource) in &without {
        let text = resource["Properties"].to_string();
        assert!(!text.contains("Reminders") && !text.contains("Announcer"), "{name}: {text}");
    }
}
