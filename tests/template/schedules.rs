//! What schedules may do, and where the jobs go that they could not start.

use std::collections::BTreeSet;

use pgfold_tests::{Template, checkout};
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;

/// What a schedule invokes: on AWS the alias, as the API does.
fn submit(stage: &str) -> &'static str {
    if stage == "local" { "SubmitFunction.Arn" } else { "SubmitFunction.Alias" }
}

#[test]
fn scheduler_may_invoke_submit_and_put_aside_what_it_could_not_and_nothing_else() {
    let template = Template::read();
    for stage in ["local", "prod"] {
        let deployed = template.deployed(&[("Stage", stage)]);
        let role = deployed.properties("ScheduleRole");
        assert_eq!(role.get("ManagedPolicyArns"), None);
        let [policy] = &role["Policies"].as_array().unwrap()[..] else { panic!("{role}") };
        let allowed = json!([
            { "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": submit(stage) },
            { "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "UnstartedJobsQueue.Arn" },
        ]);
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        let statements: Vec<_> = statements.iter().filter(|one| !one.is_null()).collect();
        assert_eq!(json!(statements), allowed);

        let [trust] = &role["AssumeRolePolicyDocument"]["Statement"].as_array().unwrap()[..] else {
            panic!("{role}")
        };
        assert_eq!(trust["Principal"], json!({ "Service": "scheduler.amazonaws.com" }));
        let condition = &trust["Condition"]["StringEquals"];
        let source = condition["aws:SourceArn"].as_str().unwrap();
        assert!(source.ends_with(":schedule-group/${AWS::StackName}"), "{source}");
        assert_eq!(condition["aws:SourceAccount"], "AWS::AccountId");
    }
}

#[test]
fn the_group_says_what_its_schedules_refer_to() {
    let template = Template::read();
    for stage in ["local", "prod"] {
        let deployed = template.deployed(&[("Stage", stage)]);
        let tags = json!([
            { "Key": "pgfold:submit", "Value": submit(stage) },
            { "Key": "pgfold:role", "Value": "ScheduleRole.Arn" },
            { "Key": "pgfold:unstarted-jobs", "Value": "UnstartedJobsQueue.Arn" },
        ]);
        assert_eq!(deployed.properties("ScheduleGroup")["Tags"], tags);
    }
}

#[test]
fn a_job_that_submit_refused_is_put_aside() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    let config = &deployed.properties("SubmitFunction")["EventInvokeConfig"];
    let destination = json!({ "Type": "SQS", "Destination": "UnstartedJobsQueue.Arn" });
    assert_eq!(config["DestinationConfig"]["OnFailure"], destination);
    let queue = deployed.properties("UnstartedJobsQueue");
    assert_eq!(queue["RedriveAllowPolicy"], json!({ "redrivePermission": "denyAll" }));
    let role = deployed.properties("SubmitRole").to_string();
    assert!(role.contains("UnstartedJobsQueue.Arn"), "Lambda puts it there as submit's role");
}

/// The template of one schedule, with each `!Tag text` as the text.
fn schedule() -> Yaml {
    let template = checkout("infra/schedule.yaml");
    serde_yaml_ng::from_str(&template.replace("!Ref ", "").replace("!Sub ", "")).unwrap()
}

#[test]
fn the_template_of_a_schedule_takes_the_outputs_of_the_stack() {
    let template = Template::read();
    let outputs = template.section("Outputs");
    let of_stack = ["ScheduleGroup", "ScheduleRoleArn", "SubmitArn", "UnstartedJobsQueueArn"];
    let schedule = schedule();
    let parameters = schedule["Parameters"].as_mapping().unwrap();
    let required: BTreeSet<&str> = parameters
        .iter()
        .filter(|(_, parameter)| parameter.get("Default").is_none())
        .map(|(name, _)| name.as_str().unwrap())
        .collect();
    let own = BTreeSet::from(["Expression", "Job", "Name"]);
    assert_eq!(&required - &own, BTreeSet::from(of_stack));
    for name in of_stack {
        assert!(outputs.contains_key(name), "{name}");
    }
}

#[test]
fn a_schedule_of_the_template_sends_what_submit_takes() {
    let schedule = schedule();
    let target = &schedule["Resources"]["Schedule"]["Properties"]["Target"];
    let input = target["Input"].as_str().unwrap();
    let input = input.replace("${Job}", r#"{"kernel": "summary"}"#);
    let input: Value =
        serde_json::from_str(&input.replace("${ScheduleGroup}/${Name}", "prod/nightly")).unwrap();
    let key = "prod/nightly/<aws.scheduler.scheduled-time>";
    assert_eq!(input, json!({ "job": { "kernel": "summary" }, "idempotency_key": key }));
    assert!(target["RetryPolicy"].is_mapping() && target["DeadLetterConfig"].is_mapping());
}
