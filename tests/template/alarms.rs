//! Alarms that look at what there is, and lead to somebody who knows what to do.

use std::collections::BTreeSet;

use pgfold_tests::{Template, checkout};
use serde_json::Value;

use crate::template::metric;

/// What an alarm looks at: a metric, or several that it computes with.
fn metrics(alarm: &Value) -> Vec<&Value> {
    match alarm["Metrics"].as_array() {
        None => vec![alarm],
        Some(several) => {
            several.iter().filter_map(|one| one.pointer("/MetricStat/Metric")).collect()
        }
    }
}

#[test]
fn every_alarm_looks_at_an_existing_metric_and_goes_to_the_topic() {
    let template = Template::read();
    let topic = "arn:aws:sns:eu-west-1:123456789012:alarms";
    let deployed = template.deployed(&[("AlarmTopicArn", topic), ("Stage", "prod")]);
    let mut seen = 0;
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        for metric in metrics(&alarm["Properties"]) {
            let text =
                |value: &Value| value.as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
            let dimension = &metric["Dimensions"][0];
            let named = dimension["Value"].as_object().unwrap().values().next().unwrap();
            let [namespace, metric, dimension, named] =
                [&metric["Namespace"], &metric["MetricName"], &dimension["Name"], named].map(text);
            metric::check(&template, &namespace, &metric, &dimension, &named);
            seen += 1;
        }
        let alarm = deployed.properties(name);
        assert_eq!(alarm["AlarmActions"][0], topic, "{name}");
        assert_eq!(alarm["TreatMissingData"], "notBreaching", "{name}");
    }
    assert!(seen > 15, "{seen}");
}

/// DynamoDB has no data while nothing is wrong, and an alarm about its metrics may keep its state
/// for as long as data is missing.
#[test]
fn alarms_of_dynamodb_fill_what_is_missing() {
    let template = Template::read();
    let of_dynamodb = |alarm: &Value| {
        metrics(&alarm["Properties"]).iter().any(|metric| metric["Namespace"] == "AWS/DynamoDB")
    };
    let alarms = template.resources("AWS::CloudWatch::Alarm").filter(|(_, one)| of_dynamodb(one));
    let mut names = Vec::new();
    for (name, alarm) in alarms {
        let expression = alarm["Properties"]["Metrics"][0]["Expression"].as_str().unwrap();
        let id = alarm["Properties"]["Metrics"][1]["Id"].as_str().unwrap();
        assert_eq!(expression, format!("FILL({id}, 0)"), "{name}");
        names.push(name);
    }
    names.sort_unstable();
    assert_eq!(names, ["TableErrorsAlarm", "TableThrottlesAlarm"]);
}

#[test]
fn every_alarm_has_a_section_in_the_runbook() {
    let template = Template::read();
    let name = |(_, alarm): (&str, &Value)| {
        let name = alarm["Properties"]["AlarmName"]["Fn::Sub"].as_str().unwrap();
        name.strip_prefix("${AWS::StackName}-").unwrap().to_owned()
    };
    let alarms: BTreeSet<String> = template.resources("AWS::CloudWatch::Alarm").map(name).collect();
    let runbook = checkout("docs/runbook.md");
    let (_, rest) = runbook.split_once("\n## Alarms\n").expect("a chapter about alarms");
    let chapter = rest.split_once("\n## ").map_or(rest, |(chapter, _)| chapter);
    let sections = chapter.lines().filter_map(|line| line.strip_prefix("### "));
    let sections: Vec<String> = sections.map(|name| name.trim_matches('`').to_owned()).collect();
    assert_eq!(alarms, BTreeSet::from_iter(sections.iter().cloned()));
    assert_eq!(alarms.len(), sections.len(), "a section stands there twice");
}
