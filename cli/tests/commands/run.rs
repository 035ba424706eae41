//! `pgfold run`: a job from its submission to its end.

use std::{iter, process::Command};

use pgfold_api::{ChunkRows, Format, Output, PlannedChunk};
use serde_json::{Value, json};

use crate::{
    answers::{ID, cancelled, completed, dry_run, expired, failed, line, ok, pending, submitted},
    program::{end, pgfold, start},
    server::Server,
};

#[test]
fn a_job_runs_to_its_end() {
    let server = Server::new([submitted(), ok(pending()), ok(pending()), ok(completed())]);
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
fn a_kernels_job_goes_to_tasks_and_its_answer_is_shown_as_it_is() {
    let mut job = completed();
    (job.job.rows, job.job.skipped, job.job.elapsed_ms) = (2, 0, Some(0));
    job.answer = Some(json!({
        "pairs": [{ "id": 1 }, { "id": 2 }], "box": { "least": { "x": 0.5 } }, "n": null,
    }));
    let server = Server::new([submitted(), ok(job)]);
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
cost       $0.000046
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
fn a_failed_job_says_why_and_cannot_command_the_terminal() {
    let server = Server::new([submitted(), ok(failed())]);
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
        let server = Server::new([submitted(), ok(pending()), ok(task)]);
        let ended = pgfold(&server, "run");
        assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
        assert!(ended.stderr.ends_with(&format!("pgfold: {ID} {why}\n")), "{ended:?}");
    }
}

#[test]
fn json_is_the_servers_last_document_and_nothing_else() {
    let done = || ok(completed());
    let server = Server::new([submitted(), ok(pending()), done(), done()]);
    let ended = pgfold(&server, "run --json");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, line(completed()));
    // With every chunk, but only at the end.
    let (whole, short) =
        (format!("GET /stage/tasks/{ID}"), format!("GET /stage/tasks/{ID}?receipts=none"));
    assert_eq!(server.lines()[1..], [short.clone(), short, whole]);
}

#[test]
fn json_without_receipts_is_the_small_document() {
    let done = || ok(completed());
    let short = format!("GET /stage/tasks/{ID}?receipts=none");
    let server = Server::new([submitted(), done()]);
    let ended = pgfold(&server, "run --json --no-receipts");
    assert_eq!((ended.code, ended.stdout), (0, line(completed())));
    assert_eq!(server.lines()[1], short);
    let server = Server::new([done()]);
    assert_eq!(pgfold(&server, &format!("status {ID} --json --no-receipts")).code, 0);
    assert_eq!(server.lines(), [short]);
}

#[test]
fn json_of_a_failed_job_is_its_document() {
    let server = Server::new([submitted(), ok(failed()), ok(failed())]);
    let ended = pgfold(&server, "--json run");
    assert_eq!((ended.code, ended.stdout), (1, line(failed())));
}

#[test]
fn without_waiting_the_id_is_printed() {
    let server = Server::new([submitted()]);
    let ended = pgfold(&server, "run --no-wait");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, format!("submitted {ID}, 4 chunks\n"));
}

#[test]
fn whoever_waits_too_long_is_told_how_to_go_on() {
    let server = Server::new(iter::once(submitted()).chain(iter::repeat(ok(pending()))));
    // As long as a slow machine may take to submit.
    let ended = pgfold(&server, "run --json --timeout 3");
    assert_eq!((ended.code, ended.stdout), (6, line(pending())));
    assert!(ended.stderr.contains(&format!("`pgfold wait {ID}`")), "{}", ended.stderr);
}

#[test]
fn whoever_presses_ctrl_c_is_told_that_the_job_goes_on() {
    let server = Server::new(iter::once(submitted()).chain(iter::repeat(ok(pending()))));
    let program = start(&server, "run");
    // The program handles Ctrl-C before it sends the first request.
    assert!(server.request().line.starts_with("POST"));
    assert!(server.request().line.starts_with("GET"));
    let id = program.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT $0", &id]).status().unwrap().success());

    let ended = end(program);
    assert_eq!((ended.code, ended.stdout.as_str()), (130, ""));
    let expected = format!(
        "pgfold: {ID} goes on; `pgfold wait {ID}` waits for it, \
         `pgfold cancel {ID}` cancels it"
    );
    assert_eq!(ended.stderr.lines().last(), Some(expected.as_str()));
}

#[test]
fn a_dry_run_shows_the_plan_and_submits_nothing() {
    let plan = || dry_run(vec!["the statistics are old".to_owned()]);
    let server = Server::new([ok(plan()), ok(plan())]);
    let ended = pgfold(&server, "run --kernel summary --column x1 --dry-run --idempotency-key k");
    let expected = "\
kernel     summary
source     points: x1
execution  streaming
sees       snapshot
rows       about 1,000,000
chunks     2
database   3 connections
takes      about 600 ms
cost       about $0.000036
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{ended:?}");
    assert_eq!(ended.stderr, "pgfold: warning: the statistics are old\n");
    let request = server.request();
    assert_eq!(request.line, "POST /stage/tasks?dry_run=true");
    assert_eq!(request.body, r#"{"kernel":"summary","columns":["x1"]}"#);

    let of_files = || {
        let mut plan = dry_run(Vec::new());
        plan.output = Some(Output { format: Format::Parquet, parts: Some(1) });
        let rows_of = ChunkRows::Partition { partition: 0, partitions: 1 };
        plan.chunks.iter_mut().for_each(|chunks| {
            chunks.push(PlannedChunk { chunk: 2, rows_of: rows_of.clone() });
        });
        plan
    };
    let of_files = Server::new([ok(of_files())]);
    let arguments = "run --kernel summary --output /no/x.parquet --dry-run";
    let ended = pgfold(&of_files, arguments);
    assert_eq!(ended.code, 0, "{ended:?}");
    for lines in
        ["source     points: x1\noutput     parquet, 1 part\n", "chunks     2\npartitions 1\n"]
    {
        assert!(ended.stdout.contains(lines), "{}", ended.stdout);
    }
    assert!(of_files.request().body.contains(r#""output":{"format":"parquet"}"#));

    let ended = pgfold(&server, "run --dry-run --json");
    assert_eq!((ended.code, ended.stdout), (0, line(plan())));
    assert_eq!(pgfold(&server, "run --dry-run --no-wait").code, 2);
}
