//! `pgfold doctor`

use pgfold_api::{
    KernelColumn, KernelDescription, KernelList, KernelName, Problem, QueueDepths, SourceList,
};
use serde_json::{Value, json};

use crate::{
    answers::{page, refusal, sources},
    program::{Ended, command, end, pgfold},
    server::{Server, Step, answer},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn of_version(version: &'static str, status: u16, body: impl ToString) -> Step {
    Step::Versioned(version, status, body.to_string())
}

fn of_this_version(status: u16, body: impl ToString) -> Step {
    of_version(VERSION, status, body)
}

fn readable() -> SourceList {
    let mut list = sources();
    list.sources.truncate(1);
    list
}

/// The answers of a deployment that lacks nothing, in the order of the checks.
fn healthy() -> [Step; 5] {
    let mut jobs = page([], None);
    jobs.queue = Some(Some(QueueDepths { waiting: 0, in_flight: 4, dead_letters: 0, poison: 0 }));
    let kernel = KernelDescription {
        kernel: KernelName("summary".to_owned()),
        about: "count and sum".to_owned(),
        columns: vec![KernelColumn { name: "value".to_owned(), kind: "number".to_owned() }],
        params: json!({}),
        example: None,
        pushdown: false,
        pushdown_params: None,
        pushdown_groups: false,
        needs_output: false,
        answer: json!({}),
    };
    [
        of_this_version(200, "Hello, World!\n"),
        of_this_version(200, json!(readable())),
        of_this_version(404, refusal(Problem::NoResult, "task agg_0 is not known")),
        of_this_version(200, json!(jobs)),
        of_this_version(200, json!(KernelList { kernels: vec![kernel] })),
    ]
}

/// The same, except for the answer to one request.
fn except(place: usize, step: Step) -> Server {
    let mut steps = healthy();
    steps[place] = step;
    Server::new(steps)
}

/// The findings that are not ok, each with its verdict and what to do.
fn findings(ended: &Ended) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    let wrong = checks.filter(|check| check["verdict"] != "ok");
    wrong
        .map(|check| {
            let place = format!("{} {}", text(check, "verdict"), text(check, "check"));
            (place, text(check, "found"), text(check, "what_to_do"))
        })
        .collect()
}

#[test]
fn a_deployment_that_lacks_nothing_is_ok_in_every_check() {
    let server = Server::new(healthy());
    let ended = pgfold(&server, "doctor");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let mut lines = ended.stdout.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with(&format!("ok       api          {} answers in ", server.url)),
        "{first}"
    );
    assert!(first.ends_with(" ms"), "{first}");
    let expected = [
        "ok       credentials  none are needed".to_owned(),
        format!(
            "ok       versions     submit {VERSION}, result {VERSION}, jobs {VERSION}, as this pgfold"
        ),
        "ok       database     answers".to_owned(),
        "ok       source       points: \"points\" can be read, about 1,000,000 rows, analyzed \
         2026-11-23T05:00:00.123Z"
            .to_owned(),
        "ok       statistics   there for \"points\"".to_owned(),
        "ok       store        answers".to_owned(),
        "ok       queues       0 waiting, 4 in flight, no dead letters".to_owned(),
        "ok       kernels      1 of them".to_owned(),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    let requests = [
        "GET /stage/",
        "GET /stage/sources",
        "GET /stage/get_min_distance/agg_00000000-0000-0000-0000-000000000000",
        "GET /stage/tasks?limit=1",
        "GET /stage/kernels",
    ];
    assert_eq!(server.lines(), requests);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do_and_the_rest_is_checked() {
    let unreadable = json!(SourceList { sources: vec![sources().sources.remove(1)] });
    let mut never_analyzed = readable();
    never_analyzed.sources[0].estimated_rows = None;
    let away = refusal(Problem::SourcesUnknown, "postgres is unavailable: no connection within 2s");
    let no_store = refusal(Problem::JobsUnknown, "dynamodb is unavailable");
    let jobs = |dead_letters, poison| {
        let mut jobs = page([], None);
        jobs.queue = Some(Some(QueueDepths { waiting: 0, in_flight: 0, dead_letters, poison }));
        of_this_version(200, json!(jobs))
    };
    let no_kernel = json!(KernelList { kernels: Vec::new() });
    for (place, step, code, verdict, found, what_to_do) in [
        (0, of_this_version(500, ""), 1, "failed api", "500", "read the log"),
        (
            1,
            of_this_version(503, away),
            1,
            "failed database",
            "no connection within 2s",
            "DatabaseUrl",
        ),
        (1, of_this_version(200, unreadable), 1, "failed source", "does not exist", "\"trips\""),
        (
            1,
            of_this_version(200, json!(never_analyzed)),
            0,
            "warning statistics",
            "\"points\"",
            "ANALYZE \"points\";",
        ),
        (2, of_version("9.9.9", 404, "{}"), 1, "failed versions", "result 9.9.9", "deploy again"),
        (2, answer(404, "{}"), 0, "warning versions", "result does not say", "deploy"),
        (2, answer(502, "{}"), 1, "failed versions", "result does not start", "read the log"),
        (2, Step::Hang, 1, "failed versions", "result does not answer", "read the log"),
        (3, of_this_version(503, no_store), 1, "failed store", "dynamodb is", "the store"),
        (3, jobs(3, 0), 0, "warning queues", "3 dead letters not taken", "dead_letter"),
        (3, jobs(0, 1), 0, "warning queues", "1 message that no job", "poison queue"),
        (3, of_this_version(200, json!(page([], None))), 1, "failed queues", "not answer", "log"),
        (4, of_this_version(200, no_kernel), 1, "failed kernels", "none", "deploy"),
        (4, Step::Hang, 1, "failed kernels", "no answer to GET", "read the log"),
    ] {
        let server = except(place, step);
        let ended = pgfold(&server, "doctor --json");
        let findings = findings(&ended);
        let [(said, why, advice)] = &findings[..] else { panic!("{verdict}: {findings:?}") };
        assert_eq!((said.as_str(), ended.code), (verdict, code), "{findings:?}");
        assert!(why.contains(found) && advice.contains(what_to_do), "{findings:?}");
        assert_eq!(server.lines().len(), 5, "{verdict}");
    }
}

#[test]
fn functions_of_another_version_than_the_program_are_a_warning() {
    let other = healthy().map(|step| match step {
        Step::Versioned(_, status, body) => Step::Versioned("9.9.9", status, body),
        step => step,
    });
    let ended = pgfold(&Server::new(other), "doctor");
    assert_eq!(ended.code, 0);
    let warning = format!(
        "\
warning  versions     submit 9.9.9, result 9.9.9, jobs 9.9.9, and this pgfold is {VERSION}
                      what to do: install the pgfold of that version: `cargo install --path cli` \
in its checkout
"
    );
    assert!(ended.stdout.contains(&warning), "{}", ended.stdout);
}

#[test]
fn an_earlier_version_without_the_routes_is_reported() {
    let mut steps = healthy().map(|step| match step {
        Step::Versioned(_, status, body) => Step::Answer(status, body),
        step => step,
    });
    steps[1] = answer(404, json!({ "message": "Not Found" }));
    let ended = pgfold(&Server::new(steps), "doctor --json");
    let findings = findings(&ended);
    assert_eq!(findings.len(), 4, "{findings:?}");
    assert!(findings[..3].iter().all(|(_, found, _)| found.ends_with("it is an earlier one")));
    assert_eq!((ended.code, findings[3].0.as_str()), (0, "warning database"));
}

#[test]
fn an_api_that_does_not_answer_or_refuses_the_credentials_ends_the_checks() {
    // Nothing listens at port 1.
    let url = "http://127.0.0.1:1/stage";
    let ended = end(command("doctor").env("API_URL", url).spawn().unwrap());
    assert_eq!((ended.code, ended.stdout.lines().count()), (1, 2), "{ended:?}");
    assert!(
        ended.stdout.starts_with("FAILED   api          cannot reach http://127.0.0.1:1/stage")
    );
    for status in [401, 403] {
        let server = Server::new([answer(status, json!({ "message": "Forbidden" }))]);
        let ended = pgfold(&server, "doctor --json");
        assert_eq!(ended.code, 1);
        let findings = findings(&ended);
        let [(said, _, advice)] = &findings[..] else { panic!("{findings:?}") };
        assert_eq!(said, "failed credentials");
        assert!(advice.contains("--auth iam") && advice.contains("--auth bearer"), "{advice}");
    }
}
