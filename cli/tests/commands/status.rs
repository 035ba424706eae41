//! `pgfold status`

use std::iter;

use serde_json::json;

use crate::{
    answers::{ID, cancelled, completed, expired, failed, pending, unknown},
    program::pgfold,
    server::{Server, Step, answer},
};

#[test]
fn a_pending_job_is_shown_with_its_progress() {
    let server = Server::new([answer(200, pending())]);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert_eq!((ended.code, ended.stderr.as_str()), (6, ""));
    let expected = format!(
        "\
task       {ID}
state      pending
kernel     min_distance
params     metric euclidean
source     points: x1, y1, x2, y2
execution  streaming
sees       per-chunk
created    2026-11-23T05:00:00.123Z
deadline   2026-11-23T06:00:00.123Z
chunks     2 of 4
so far     distance 0.25
           pair id 7, x1 1.5
rows       500,000 of about 1,000,000
speed      405,186 rows/s
elapsed    1.23 s
cost       $0.000012
"
    );
    assert_eq!(ended.stdout, expected);
    assert_eq!(server.lines(), [format!("GET /stage/tasks/{ID}?receipts=none")]);
}

#[test]
fn each_state_has_an_exit_code() {
    let tasks = [completed(), failed(), cancelled(), expired(), pending()];
    let server = Server::new(tasks.clone().map(|task| answer(200, task)));
    for (task, code) in tasks.iter().zip([0, 1, 3, 3, 6]) {
        let ended = pgfold(&server, &format!("status {ID}"));
        assert_eq!(ended.code, code, "{ended:?}");
        let state = format!("state      {}\n", task["state"].as_str().unwrap());
        assert!(ended.stdout.contains(&state), "{}", ended.stdout);
    }
}

#[test]
fn a_failed_job_shows_its_chunks_without_control_characters() {
    let server = Server::new([answer(200, failed())]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
error      1 of 4 chunks failed
           chunk 2: column \"x1\" does not\\n\\u{1b}[31mexist
";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}

/// Makes a pending job whose latest attempt failed with `error`.
fn failing(chunk: u64, attempt: u64, error: &str) -> serde_json::Value {
    let mut task = pending();
    task["last_error"] = json!({
        "chunk": chunk, "attempt": attempt, "at": "2026-11-23T05:00:02.500Z", "error": error,
    });
    task
}

#[test]
fn a_pending_job_shows_how_its_latest_attempt_failed() {
    let server = Server::new([answer(200, failing(3, 2, "postgres is \u{1b}unavailable"))]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
state      pending
last error chunk 3, attempt 2, 2026-11-23T05:00:02.500Z: postgres is \\u{1b}unavailable
kernel     min_distance
";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

#[test]
fn equal_errors_in_a_row_are_shown_once_while_waiting() {
    let errors = [(0, "too late"), (1, "too late"), (2, "valkey is unavailable"), (3, "too late")];
    let failing = errors.map(|(chunk, error)| answer(200, failing(chunk, 1, error)));
    let server = Server::new(failing.into_iter().chain([answer(200, completed())]));
    let ended = pgfold(&server, &format!("status {ID} --wait"));
    let lines: Vec<&str> =
        ended.stderr.lines().filter(|line| line.starts_with("an attempt failed")).collect();
    let line = |chunk: u64, error: &str| {
        format!("an attempt failed: chunk {chunk}, attempt 1, 2026-11-23T05:00:02.500Z: {error}")
    };
    let expected = [line(0, "too late"), line(2, "valkey is unavailable"), line(3, "too late")];
    assert_eq!((ended.code, lines), (0, expected.iter().map(String::as_str).collect()));
}

#[test]
fn equal_reasons_of_a_failed_job_are_one_line() {
    let mut task = failed();
    let late = |chunk: u64| json!({ "chunk": chunk, "error": "given up after 5 attempts: late" });
    task["error"] = json!("chunk 0: given up after 5 attempts: late");
    task["failed_chunks"] = (0..44).map(late).collect();
    task["last_error"] = json!({ "chunk": 7, "attempt": 5, "at": null, "error": "late" });
    let server = Server::new([answer(200, task)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
state      failed
error      chunks 0, 1, 2 and 41 more: given up after 5 attempts: late
kernel     ";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

#[test]
fn waiting_ends_with_the_job() {
    let done = || answer(200, completed());
    let server = Server::new([answer(200, pending()), Step::Hang, done(), done()]);
    let ended = pgfold(&server, &format!("status {ID} --wait --json"));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, format!("{}\n", completed()));
}

#[test]
fn waiting_ends_after_the_timeout() {
    let server = Server::new(iter::repeat(answer(200, pending())));
    let ended = pgfold(&server, &format!("status {ID} --wait --timeout 0.3"));
    assert_eq!((ended.code, ended.stdout.as_str()), (6, ""));
    assert!(ended.stderr.contains("is still pending after --timeout"), "{}", ended.stderr);
}

#[test]
fn an_unknown_job_exits_with_4() {
    let server = Server::new(iter::repeat(unknown()));
    for (arguments, stdout) in [
        ("", String::new()),
        ("--wait", String::new()),
        (
            "--json",
            format!("{{\"status\":\"task unknown\",\"error\":\"there is no task {ID}\"}}\n"),
        ),
    ] {
        let ended = pgfold(&server, &format!("status {ID} {arguments}"));
        assert_eq!((ended.code, ended.stdout), (4, stdout));
        let expected = format!("pgfold: there is no task {ID} (404 from GET {}/", server.url);
        assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    }
}

#[test]
fn unknown_fields_and_states_of_a_newer_server_are_accepted() {
    let task = json!({
        "state": "pau\u{9b}sed", "progress": "half", "rows": { "read": 3 }, "weather": "fine",
        "answer_so_far": 7, "failed_chunks": [{}, 1], "cost_usd": "free",
    });
    let server = Server::new([answer(200, &task), answer(200, &task)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert_eq!(ended.code, 6, "{ended:?}");
    let expected = format!("task       {ID}\nstate      pau\\u{{9b}}sed\nso far     7\n");
    assert_eq!(ended.stdout, expected);

    // JSON has an escape for the same character.
    let ended = pgfold(&server, &format!("status {ID} --json"));
    assert_eq!(ended.stdout, format!("{task}\n").replace('\u{9b}', "\\u009b"));
}

#[test]
fn an_id_that_would_be_another_route_is_an_error() {
    let server = Server::new([answer(200, pending())]);
    for id in ["..", "a/b", "a?limit=1", "%2e%2e"] {
        assert_eq!(pgfold(&server, &format!("status {id}")).code, 2, "{id}");
    }
    assert!(server.lines().is_empty());
}
