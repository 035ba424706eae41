//! `pgfold run`: a job from its submission to its end.

use std::{iter, process::Command};

use serde_json::{Value, json};

use crate::{
    answers::{ID, cancelled, completed, expired, failed, pending, submitted},
    program::{end, pgfold, start},
    server::{Server, answer},
};

#[test]
fn a_job_runs_to_its_end() {
    let server = Server::new([
        submitted(),
        answer(200, pending()),
        answer(200, pending()),
        answer(200, completed()),
    ]);
    let ended = pgfold(&server, "run --chunks 4 --metric euclidean");

    assert_eq!(ended.code, 0, "{ended:?}");
    let expected = "\
distance   0.05579301044980968
pair       id 61239, x1 65.76858534432826, y1 87.28418529886409
rows       1,000,000, 3 skipped
speed      2,325,581 rows/s
elapsed    430 ms
cost       $0.000046
";
    assert_eq!(ended.stdout, expected);
    let expected = format!(
        "submitted {ID}, 4 chunks\n\
         2 of 4 chunks, 500,000 rows, 405,186 rows/s, nearest 0.25\n"
    );
    assert_eq!(ended.stderr, expected);

    let request = server.request();
    assert_eq!(request.line, "POST /stage/compute_min_distance");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.body, r#"{"chunks":4,"metric":"euclidean"}"#);
    assert_eq!(server.lines(), vec![format!("GET /stage/tasks/{ID}?receipts=none"); 3]);
}

#[test]
fn a_kernels_job_is_posted_to_tasks_and_its_answer_is_shown_as_it_is() {
    let task = json!({
        "state": "completed", "rows": 2, "elapsed_ms": 0,
        "answer": { "pairs": [{ "id": 1 }, { "id": 2 }], "box": { "least": { "x": 0.5 } }, "n": null },
    });
    let server = Server::new([submitted(), answer(200, task)]);
    let arguments =
        "run --kernel nearest_k --params {\"k\":2} --column a --column b --source trips";
    let ended = pgfold(&server, arguments);

    assert_eq!(ended.code, 0, "{ended:?}");
    let expected = "\
pairs      id 1
           id 2
box        least (x 0.5)
n          none
rows       2
elapsed    0 ms
";
    assert_eq!(ended.stdout, expected);
    let request = server.request();
    assert_eq!(request.line, "POST /stage/tasks");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({
        "kernel": "nearest_k", "params": { "k": 2 }, "columns": ["a", "b"], "source": "trips",
    });
    assert_eq!(body, expected);
}

#[test]
fn a_failed_job_shows_its_reason_without_control_characters() {
    let server = Server::new([submitted(), answer(200, failed())]);
    let ended = pgfold(&server, "run");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    let why = format!(
        r#"pgfold: {ID} failed: 1 of 4 chunks failed; chunk 2: column "x1" does not\n\u{{1b}}[31mexist"#
    );
    assert_eq!(ended.stderr.lines().last(), Some(why.as_str()));
}

#[test]
fn cancelled_and_expired_jobs_have_their_own_exit_code() {
    for (task, why) in [(cancelled(), "was cancelled"), (expired(), "has expired")] {
        let server = Server::new([submitted(), answer(200, pending()), answer(200, task)]);
        let ended = pgfold(&server, "run");
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
        assert!(ended.stderr.ends_with(&format!("pgfold: {ID} {why}\n")), "{ended:?}");
    }
}

#[test]
fn json_is_the_servers_last_document_and_nothing_else() {
    let done = || answer(200, completed());
    let server = Server::new([submitted(), answer(200, pending()), done(), done()]);
    let ended = pgfold(&server, "run --json");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, format!("{}\n", completed()));
    // Only the last request asks for every chunk.
    let (whole, short) =
        (format!("GET /stage/tasks/{ID}"), format!("GET /stage/tasks/{ID}?receipts=none"));
    assert_eq!(server.lines()[1..], [short.clone(), short, whole]);
}

#[test]
fn json_without_receipts_is_the_small_document() {
    let done = || answer(200, completed());
    let short = format!("GET /stage/tasks/{ID}?receipts=none");
    let server = Server::new([submitted(), done()]);
    let ended = pgfold(&server, "run --json --no-receipts");
    assert_eq!((ended.code, ended.stdout), (0, format!("{}\n", completed())));
    assert_eq!(server.lines()[1], short);
    let server = Server::new([done()]);
    assert_eq!(pgfold(&server, &format!("status {ID} --json --no-receipts")).code, 0);
    assert_eq!(server.lines(), [short]);
}

#[test]
fn json_of_a_failed_job_is_its_document() {
    let server = Server::new([submitted(), answer(200, failed()), answer(200, failed())]);
    let ended = pgfold(&server, "--json run");
    assert_eq!((ended.code, ended.stdout), (1, format!("{}\n", failed())));
}

#[test]
fn without_waiting_the_id_is_printed() {
    let server = Server::new([submitted()]);
    let ended = pgfold(&server, "run --no-wait");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, format!("submitted {ID}, 4 chunks\n"));
}

#[test]
fn a_timeout_names_the_command_that_waits_on() {
    let server = Server::new(iter::once(submitted()).chain(iter::repeat(answer(200, pending()))));
    // Long enough for a slow machine to submit.
    let ended = pgfold(&server, "run --json --timeout 3");
    assert_eq!((ended.code, ended.stdout), (6, format!("{}\n", pending())));
    assert!(ended.stderr.contains(&format!("`pgfold status {ID} --wait`")), "{}", ended.stderr);
}

#[test]
fn ctrl_c_says_that_the_job_goes_on() {
    let server = Server::new(iter::once(submitted()).chain(iter::repeat(answer(200, pending()))));
    let program = start(&server, "run");
    // The program handles Ctrl-C before it sends the first request.
    assert!(server.request().line.starts_with("POST"));
    assert!(server.request().line.starts_with("GET"));
    let id = program.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT $0", &id]).status().unwrap().success());

    let ended = end(program);
    assert_eq!((ended.code, ended.stdout.as_str()), (130, ""));
    let expected = format!(
        "pgfold: {ID} goes on; `pgfold status {ID} --wait` waits for it, \
         `pgfold cancel {ID}` cancels it"
    );
    assert_eq!(ended.stderr.lines().last(), Some(expected.as_str()));
}
