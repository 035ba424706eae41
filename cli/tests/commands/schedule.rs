//! `pgfold schedule`, against a server that answers as EventBridge Scheduler and the API do.

use std::process::Command;

use serde_json::{Value, json};

use crate::{
    answers::{dry_run, ok},
    program::{Ended, command, end},
    scratch::Scratch,
    server::{Server, Step, answer},
    signature::{KEY, SECRET, signed_for},
};

const GROUP: &str = "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/prod";
const SUBMIT: &str = "arn:aws:lambda:eu-central-1:123456789012:function:submit:live";
const ROLE: &str = "arn:aws:iam::123456789012:role/prod-ScheduleRole-x";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:prod-unstarted-jobs";

/// The program with both services at the server, for the deployment `prod`.
fn of_stack(server: &Server, arguments: &[&str]) -> Command {
    let mut command = command("schedule");
    command.args(arguments).env("API_URL", &server.url).env("AWS_ENDPOINT_URL", &server.url);
    command.env("AWS_REGION", "eu-central-1").env("PGFOLD_STACK", "prod");
    command.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
    command
}

fn schedule(server: &Server, arguments: &[&str]) -> Ended {
    end(of_stack(server, arguments).spawn().unwrap())
}

fn group() -> Step {
    answer(200, json!({ "Arn": GROUP, "Name": "prod", "State": "ACTIVE" }))
}

fn tags(names: &[(&str, &str)]) -> Step {
    let tags: Vec<_> =
        names.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    answer(200, json!({ "Tags": tags }))
}

fn all_tags() -> Step {
    tags(&[
        ("pgfold:submit", SUBMIT),
        ("team", "analytics"),
        ("pgfold:role", ROLE),
        ("pgfold:unstarted-jobs", QUEUE),
    ])
}

fn got(name: &str, input: &Value) -> Step {
    answer(
        200,
        json!({
            "Name": name, "GroupName": "prod", "ScheduleExpression": "rate(1 hour)",
            "ScheduleExpressionTimezone": "UTC", "State": "ENABLED",
            "Target": { "Arn": SUBMIT, "RoleArn": ROLE, "Input": input.to_string() },
        }),
    )
}

#[test]
fn a_schedule_is_created_once_its_job_is_planned() {
    let arn = "arn:aws:scheduler:eu-central-1:123456789012:schedule/prod/nightly";
    let created = json!({ "ScheduleArn": arn });
    let steps = || {
        let plan = ok(dry_run(vec!["the statistics are old".to_owned()]));
        [plan, group(), all_tags(), answer(200, &created)]
    };
    let job = ["--kernel", "summary", "--column", "x1", "--format", "csv"];
    let arguments = [
        &["create", "nightly", "--cron", "0 3 * * ? *", "--time-zone", "Europe/Rome"][..],
        &job[..],
    ]
    .concat();
    let server = Server::new(steps());
    let ended = schedule(&server, &arguments);
    let expected = "\
created    nightly in the group prod
when       cron(0 3 * * ? *), Europe/Rome
job        {\"kernel\":\"summary\",\"columns\":[\"x1\"],\"output\":{\"format\":\"csv\"}}
rows       about 1,000,000
cost       about $0.000036 a job
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{ended:?}");
    assert_eq!(ended.stderr, "pgfold: warning: the statistics are old\n");

    let planned = server.request();
    assert_eq!(planned.line, "POST /stage/tasks?dry_run=true");
    let asked = [server.request(), server.request()];
    let lines = asked.each_ref().map(|request| request.line.as_str());
    let of_tags = format!("GET /stage/tags/{}", GROUP.replace('/', "%2F").replace(':', "%3A"));
    assert_eq!(lines, ["GET /stage/schedule-groups/prod", of_tags.as_str()]);
    let sent = server.request();
    assert_eq!(sent.line, "POST /stage/schedules/nightly");
    for request in asked.iter().chain([&sent]) {
        let signed = signed_for("scheduler", request, "eu-central-1");
        assert!(signed.is_some(), "{}", request.line);
    }
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    let target = &body["Target"];
    let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
    let job: Value = serde_json::from_str(&planned.body).unwrap();
    let key = "prod/nightly/<aws.scheduler.scheduled-time>";
    assert_eq!(input, json!({ "job": job, "idempotency_key": key }));
    assert_eq!((&target["Arn"], &target["RoleArn"]), (&json!(SUBMIT), &json!(ROLE)));
    assert_eq!(target["DeadLetterConfig"], json!({ "Arn": QUEUE }));
    for (field, value) in [
        ("GroupName", json!("prod")),
        ("ScheduleExpression", json!("cron(0 3 * * ? *)")),
        ("ScheduleExpressionTimezone", json!("Europe/Rome")),
        ("State", json!("ENABLED")),
        ("ActionAfterCompletion", json!("NONE")),
    ] {
        assert_eq!(body[field], value, "{field}");
    }

    let server = Server::new(steps());
    let ended = schedule(&server, &[&arguments[..], &["--json"]].concat());
    assert_eq!((ended.code, ended.stdout), (0, format!("{created}\n")));
}

#[test]
fn a_schedule_of_one_moment_is_deleted_afterwards() {
    let server = Server::new([ok(dry_run(vec![])), group(), all_tags(), answer(200, json!({}))]);
    let at = ["create", "once", "--at", "2026-12-01T03:00", "--disabled", "--kernel", "summary"];
    let ended = schedule(&server, &at);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("at(2026-12-01T03:00:00), UTC\nstate      disabled\n"));
    let [_, _, _, sent] = [(); 4].map(|()| server.request().body);
    let body: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(
        (&body["ActionAfterCompletion"], &body["State"]),
        (&json!("DELETE"), &json!("DISABLED"))
    );
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_is_asked() {
    let server = Server::new([]);
    for (arguments, sentence) in [
        (&["create", "a b", "--rate", "1 hour"][..], "a name has 1 to 64 letters"),
        (&["create", "n", "--rate", "1 week"], "a whole number of minutes, hours or days"),
        (&["create", "n", "--cron", "0 3 * * *"], "did you mean \"0 3 * * ? *\"?"),
        (&["create", "n", "--at", "tomorrow"], "--time-zone gives the zone"),
        (&["create", "n", "--kernel", "summary"], "required"),
        (&["create", "n", "--rate", "1 hour", "--at", "2026-12-01T03:00"], "cannot be used with"),
        (&["create", "n", "--rate", "1 hour"], "give --kernel or --compute"),
        (&["create", "n", "--rate", "1 hour", "--kernel", "summary", "--no-wait"], "--no-wait"),
        (&["create", "n", "--rate", "1 hour", "--kernel", "summary", "--parts", "2"], "--parts"),
    ] {
        let ended = schedule(&server, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(sentence), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_job_that_the_server_refuses_is_not_scheduled() {
    let refusal = json!({
        "status": "task not submitted",
        "error": "there is no kernel \"sumary\"; there is summary, distinct",
    });
    let server = Server::new([answer(400, refusal)]);
    let ended = schedule(&server, &["create", "n", "--rate", "1 hour", "--kernel", "sumary"]);
    assert_eq!(ended.code, 7);
    assert!(ended.stderr.ends_with("did you mean \"summary\"?\n"), "{}", ended.stderr);
}

#[test]
fn all_schedules_are_listed_with_their_jobs() {
    let page = |name: &str, token: Option<&str>| {
        answer(200, json!({ "Schedules": [{ "Name": name }], "NextToken": token }))
    };
    let job = json!({ "kernel": "summary", "source": "trips" });
    let server = Server::new([
        page("weekly", Some("t/1")),
        got("weekly", &json!({ "job": job, "idempotency_key": "k" })),
        page("by-hand", None),
        got("by-hand", &json!("something else")),
    ]);
    let ended = schedule(&server, &["list"]);
    let expected = "\
NAME     WHEN          TIME ZONE  STATE    JOB
by-hand  rate(1 hour)  UTC        enabled
weekly   rate(1 hour)  UTC        enabled  {\"kernel\":\"summary\",\"source\":\"trips\"}
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{ended:?}");
    let expected = [
        "GET /stage/schedules?ScheduleGroup=prod",
        "GET /stage/schedules/weekly?groupName=prod",
        "GET /stage/schedules?ScheduleGroup=prod&NextToken=t%2F1",
        "GET /stage/schedules/by-hand?groupName=prod",
    ];
    assert_eq!(server.lines(), expected);
}

#[test]
fn a_schedule_is_deleted_by_its_name() {
    let server = Server::new([answer(200, json!({}))]);
    let ended = schedule(&server, &["delete", "nightly"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "deleted nightly\n"), "{ended:?}");
    assert_eq!(server.lines(), ["DELETE /stage/schedules/nightly?groupName=prod"]);

    let gone = json!({ "Message": "Schedule nightly does not exist." });
    let ended = schedule(&Server::new([answer(404, gone)]), &["delete", "nightly"]);
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.starts_with("pgfold: Schedule nightly does not exist. (404 from DELETE"));

    let denied = json!({ "Message": "not authorized to perform: scheduler:DeleteSchedule" });
    let ended = schedule(&Server::new([answer(403, denied)]), &["delete", "nightly"]);
    assert_eq!(ended.code, 7);
    assert!(ended.stderr.contains("may have expired, or lack a right on schedules"), "{ended:?}");
}

#[test]
fn a_group_that_is_not_of_a_deployment_has_no_tags() {
    let server = Server::new([ok(dry_run(vec![])), group(), tags(&[("pgfold:submit", SUBMIT)])]);
    let ended = schedule(&server, &["create", "n", "--rate", "1 hour", "--kernel", "summary"]);
    assert_eq!(ended.code, 2);
    let sentence = "the schedule group prod has no tag pgfold:role";
    assert!(ended.stderr.contains(sentence), "{}", ended.stderr);
}

#[test]
fn a_deployment_is_found_by_its_stack_or_by_a_local_cloud() {
    let server = Server::new([answer(200, json!({ "Schedules": [] }))]);
    let mut unknown = of_stack(&server, &["list"]);
    let ended = end(unknown.env_remove("PGFOLD_STACK").spawn().unwrap());
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("give --stack, set PGFOLD_STACK, or `make up`"), "{ended:?}");
    let mut nowhere = of_stack(&server, &["list"]);
    let ended = end(nowhere.env_remove("AWS_REGION").spawn().unwrap());
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("the region of the stack prod is not known"), "{ended:?}");

    let scratch = Scratch::new();
    std::fs::create_dir_all(scratch.path(".local")).unwrap();
    let content = |url: &str| {
        format!(
            "PGFOLD_STACK=local\nAWS_ENDPOINT_URL={url}\nAWS_REGION=us-east-1\n\
             AWS_ACCESS_KEY_ID={KEY}\nAWS_SECRET_ACCESS_KEY={SECRET}\n"
        )
    };
    let list = || {
        let mut list = command("schedule list");
        // Credentials of AWS, which are not for this machine.
        list.env("AWS_ACCESS_KEY_ID", "AKIDOTHER").env("AWS_SECRET_ACCESS_KEY", "other");
        end(list.current_dir(scratch.path("")).spawn().unwrap())
    };
    scratch.write(".local/env", &content(&server.url));
    let ended = list();
    assert_eq!(ended.code, 0, "{ended:?}");
    let request = server.request();
    assert_eq!(request.line, "GET /stage/schedules?ScheduleGroup=local");
    assert!(signed_for("scheduler", &request, "us-east-1").is_some());

    scratch.write(".local/env", &content("https://scheduler.example.com"));
    let ended = list();
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("may only name a local cloud on this machine"), "{ended:?}");
}
