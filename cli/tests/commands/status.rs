//! `pgfold status`

use std::iter;

use pgfold_api::{FailedChunk, Format, JobDetail, LastError, Output, Progress, Timestamp};
use serde_json::json;

use crate::{
    answers::{ID, cancelled, completed, expired, failed, line, ok, pending, unknown},
    program::pgfold,
    server::{Server, Step},
};

#[test]
fn a_pending_job_is_shown_as_far_as_it_has_come() {
    let server = Server::new([ok(pending())]);
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
    let server = Server::new(tasks.clone().map(ok));
    for (task, code) in tasks.iter().zip([0, 1, 3, 3, 6]) {
        let ended = pgfold(&server, &format!("status {ID}"));
        assert_eq!(ended.code, code, "{ended:?}");
        let state = format!("state      {}\n", task.job.state.name());
        assert!(ended.stdout.contains(&state), "{}", ended.stdout);
    }
}

#[test]
fn a_failed_job_shows_its_chunks_and_cannot_command_the_terminal() {
    let server = Server::new([ok(failed())]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
error      1 of 4 chunks failed
           chunk 2: column \"x1\" does not\\n\\u{1b}[31mexist
";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}

/// How an attempt failed.
fn attempt(chunk: u16, attempt: u32, error: &str) -> LastError {
    let at = Timestamp("2026-11-23T05:00:02.500Z".to_owned());
    LastError { chunk, attempt, at, error: error.to_owned() }
}

/// Returns a pending job with this latest failed attempt.
fn failing(last: LastError) -> JobDetail {
    let mut failing = pending();
    failing.job.last_error = Some(last);
    failing
}

#[test]
fn a_pending_job_shows_how_its_latest_attempt_failed() {
    let server = Server::new([ok(failing(attempt(3, 2, "postgres is \u{1b}unavailable")))]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
state      pending
last error chunk 3, attempt 2, 2026-11-23T05:00:02.500Z: postgres is \\u{1b}unavailable
kernel     min_distance
";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

#[test]
fn what_failed_of_the_second_stage_is_a_partition() {
    let mut job = failed();
    job.job.output = Some(Output { format: Format::Csv, parts: Some(2) });
    (job.job.progress, job.job.last_error) =
        (Progress { done: 5, total: 6 }, Some(attempt(5, 5, "s3 is unavailable")));
    let error = "given up".to_owned();
    job.failed_chunks = Some(vec![FailedChunk { chunk: 5, error }]);
    job.error = Some("chunk 5: given up".to_owned());
    let server = Server::new([ok(job)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    for lines in [
        "error      partition 1 of 2: given up\n",
        "last error partition 1 of 2, attempt 5, 2026-11-23T05:00:02.500Z: s3 is unavailable\n",
        "output     csv, 2 parts\n",
        "chunks     4 of 4\npartitions 1 of 2\n",
    ] {
        assert!(ended.stdout.contains(lines), "{}", ended.stdout);
    }
}

#[test]
fn equal_errors_in_a_row_are_shown_once_while_waiting() {
    let errors = [(0, "too late"), (1, "too late"), (2, "valkey is unavailable"), (3, "too late")];
    let failing = errors.map(|(chunk, error)| ok(failing(attempt(chunk, 1, error))));
    let server = Server::new(failing.into_iter().chain([ok(completed())]));
    let ended = pgfold(&server, &format!("status {ID} --wait"));
    let lines: Vec<&str> =
        ended.stderr.lines().filter(|line| line.starts_with("an attempt failed")).collect();
    let line = |chunk: u16, error: &str| {
        format!("an attempt failed: chunk {chunk}, attempt 1, 2026-11-23T05:00:02.500Z: {error}")
    };
    let expected = [line(0, "too late"), line(2, "valkey is unavailable"), line(3, "too late")];
    assert_eq!((ended.code, lines), (0, expected.iter().map(String::as_str).collect()));
}

#[test]
fn equal_reasons_of_a_failed_job_are_one_line() {
    let mut job = failed();
    let error = "given up after 5 attempts: late".to_owned();
    job.error = Some(format!("chunk 0: {error}"));
    job.failed_chunks =
        Some((0..44).map(|chunk| FailedChunk { chunk, error: error.clone() }).collect());
    job.job.last_error = Some(attempt(7, 5, "late"));
    let server = Server::new([ok(job)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = "\
state      failed
error      chunks 0, 1, 2 and 41 more: given up after 5 attempts: late
kernel     ";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

#[test]
fn waiting_ends_with_the_job() {
    let done = || ok(completed());
    let server = Server::new([ok(pending()), Step::Hang, done(), done()]);
    let ended = pgfold(&server, &format!("status {ID} --wait --json"));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, line(completed()));
}

#[test]
fn waiting_may_be_limited() {
    let server = Server::new(iter::repeat(ok(pending())));
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
fn a_newer_server_is_understood_as_far_as_can_be() {
    let mut job = json!(pending());
    job["state"] = json!("pau\u{9b}sed");
    job["weather"] = json!("fine");
    job["answer_so_far"] = json!(7);
    let server = Server::new([ok(&job), ok(&job)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert_eq!(ended.code, 6, "{ended:?}");
    let begin = format!("task       {ID}\nstate      pau\\u{{9b}}sed\nkernel     min_distance\n");
    assert!(ended.stdout.starts_with(&begin), "{}", ended.stdout);
    assert!(ended.stdout.contains("\nso far     7\n"), "{}", ended.stdout);

    // JSON has an escape for the same character.
    let ended = pgfold(&server, &format!("status {ID} --json"));
    assert_eq!((ended.code, ended.stdout), (6, line(&job).replace('\u{9b}', "\\u009b")));
}

#[test]
fn an_answer_that_does_not_fit_is_an_error_that_names_the_field() {
    for (field, value, why) in [
        ("progress", json!("half\u{9b}"), r#"progress: invalid type: string "half\u{9b}", "#),
        ("rows", json!({ "read": 3 }), "rows: invalid type: map, expected u64"),
        ("cost_usd", json!("free"), r#"cost_usd: invalid type: string "free", expected f64"#),
        ("failed_chunks", json!([{}]), "failed_chunks[0]: missing field `chunk`"),
        ("consistency", json!("mostly"), "consistency: unknown variant `mostly`, "),
    ] {
        let mut job = json!(pending());
        job[field] = value;
        let server = Server::new([ok(&job), ok(&job)]);
        for arguments in ["", "--json"] {
            let ended = pgfold(&server, &format!("status {ID} {arguments}"));
            assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{field}");
            let url = format!("GET {}/tasks/{ID}", server.url);
            let begin = format!("pgfold: {url} did not answer as pgfold does: {why}");
            assert!(ended.stderr.starts_with(&begin), "{}", ended.stderr);
        }
    }
}

#[test]
fn an_id_that_would_be_another_route_is_not_asked_for() {
    let server = Server::new([ok(pending())]);
    for id in ["..", "a/b", "a?limit=1", "%2e%2e"] {
        assert_eq!(pgfold(&server, &format!("status {id}")).code, 2, "{id}");
    }
    assert!(server.lines().is_empty());
}
