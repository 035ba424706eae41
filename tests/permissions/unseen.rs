//! Permissions for what is not called through an AWS SDK, and when a function needs them.

use std::collections::BTreeSet;

use pgfold_tests::Deployed;

use crate::permissions::recorder::Call;

const NETWORK_INTERFACES: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

/// What Lambda needs to attach a function to subnets, in its name.
pub(crate) fn attaching(deployed: &Deployed, function: &str) -> BTreeSet<Call> {
    match deployed.properties(function).get("VpcConfig") {
        Some(_) => NETWORK_INTERFACES.iter().map(|action| Call::new(*action, "*")).collect(),
        None => BTreeSet::new(),
    }
}

/// What a function needs besides the `calls` of its ports.
pub(crate) fn unseen(
    deployed: &Deployed,
    function: &str,
    calls: &BTreeSet<Call>,
    [user, cache, cache_user, key]: [&str; 4],
) -> BTreeSet<Call> {
    let properties = deployed.properties(function);
    let variables = &properties["Environment"]["Variables"];
    let all = |service: &str, actions: &[&str], resource: &str| -> Vec<Call> {
        actions.iter().map(|action| Call::new(format!("{service}{action}"), resource)).collect()
    };

    // By Lambda, for the function.
    let group = properties["LoggingConfig"]["LogGroup"].as_str().expect("a log group of its own");
    let mut unseen = all("logs:", &["CreateLogStream", "PutLogEvents"], &format!("{group}.Arn"));
    unseen.extend(all("xray:", &["PutTelemetryRecords", "PutTraceSegments"], "*"));
    for event in properties["Events"].as_object().into_iter().flat_map(|events| events.values()) {
        assert_eq!(event["Type"], "SQS");
        let queue = event["Properties"]["Queue"].as_str().expect("a queue");
        unseen.extend(all(
            "sqs:",
            &["DeleteMessage", "GetQueueAttributes", "ReceiveMessage"],
            queue,
        ));
    }
    let failed = &properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"];
    if let Some(queue) = failed["Destination"].as_str() {
        assert_eq!(failed["Type"], "SQS");
        unseen.push(Call::new("sqs:SendMessage", queue));
    }
    unseen.extend(attaching(deployed, function));

    // By the functions themselves: tokens that they sign, about which the other side asks IAM.
    let is = |variable: &str, value: &str| variables[variable] == *value;
    if is("DATABASE_AUTH", "iam") {
        unseen.push(Call::new("rds-db:connect", user));
    }
    if is("STORE", "valkey") && is("VALKEY_AUTH", "iam") {
        unseen.extend([cache, cache_user].map(|arn| Call::new("elasticache:Connect", arn)));
    }

    // After errors that no scenario has: of an upload, and of whoever completed a job before its
    // manifest was there.
    let (runs, results) =
        ("${ObjectsBucket.Arn}/jobs/*/chunks/*", "${ObjectsBucket.Arn}/results/*");
    let abort = |of| Call::new("s3:AbortMultipartUpload", of);
    match function {
        "MapperFunction" => unseen.extend([abort(runs), abort(results)]),
        "ReducerFunction" => unseen.push(abort(results)),
        "JobsFunction" => unseen.push(Call::new("s3:PutObject", results)),
        // By Lambda, for the jobs of schedules that could not be started.
        "SubmitFunction" => unseen.extend(all("sqs:", &["SendMessage"], "UnstartedJobsQueue.Arn")),
        _ => {}
    }

    // By services, in the name of their caller.
    if properties.get("KmsKeyArn").is_some() {
        unseen.push(Call::new("kms:Decrypt", key));
        let writes = ["sqs:SendMessage", "s3:PutObject"];
        if calls.iter().any(|call| writes.contains(&call.action.as_str())) {
            unseen.push(Call::new("kms:GenerateDataKey", key));
        }
    }
    unseen.into_iter().collect()
}
