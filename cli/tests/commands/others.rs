//! `pgfold cancel`, `retry` and `kernels`, and the behaviour of every command.

use std::sync::mpsc;

use serde_json::json;

use crate::{
    answers::{ID, completed, submitted, unknown},
    program::{command, end, pgfold, start},
    server::{Server, answer},
};

#[test]
fn a_job_is_cancelled_unless_it_is_over_or_unknown() {
    let over = json!({ "status": "task not cancelled", "error": "the task is completed" });
    let server = Server::new([
        answer(200, json!({ "status": "task cancelled", "task_id": ID })),
        answer(409, &over),
        answer(409, &over),
        unknown(),
    ]);
    let cancelled = pgfold(&server, &format!("cancel {ID}"));
    assert_eq!((cancelled.code, cancelled.stdout), (0, format!("cancelled {ID}\n")));
    let refused = pgfold(&server, &format!("cancel {ID}"));
    assert_eq!((refused.code, refused.stdout.as_str()), (7, ""));
    assert!(refused.stderr.starts_with("pgfold: the task is completed (409 from DELETE "));
    let refused = pgfold(&server, &format!("cancel {ID} --json"));
    assert_eq!((refused.code, refused.stdout), (7, format!("{over}\n")));
    assert_eq!(pgfold(&server, &format!("cancel {ID}")).code, 4);
    assert_eq!(server.lines(), vec![format!("DELETE /stage/tasks/{ID}"); 4]);
}

#[test]
fn retry_reports_the_chunks_that_are_sent_again() {
    let again = json!({ "status": "task submitted", "task_id": ID, "chunks": 1 });
    let server = Server::new([answer(200, &again), answer(200, &again)]);
    let ended = pgfold(&server, &format!("retry {ID}"));
    assert_eq!((ended.code, ended.stdout), (0, format!("submitted {ID}, 1 chunk\n")));
    let ended = pgfold(&server, &format!("retry {ID} --json"));
    assert_eq!((ended.code, ended.stdout), (0, format!("{again}\n")));
    assert_eq!(server.lines(), vec![format!("POST /stage/tasks/{ID}/retry"); 2]);
}

#[test]
fn kernels_are_shown_with_their_columns_and_parameters() {
    let kernels = json!({ "kernels": [
        {
            "kernel": "nearest_k", "about": "the k nearest pairs",
            "columns": [{ "name": "x1", "type": "number" }, { "name": "y1", "type": "number" }],
            "params": { "type": "object", "properties": {
                "k": { "type": "integer" }, "metric": { "enum": ["euclidean", "geodesic"] },
            } },
            "example": { "k": 3 }, "pushdown": false,
        },
        { "name": "summary", "columns": ["value"], "params": {} },
        { "columns": [] },
    ] });
    let server = Server::new([answer(200, kernels)]);
    let ended = pgfold(&server, "kernels");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let expected = "\
nearest_k: the k nearest pairs
  columns  x1 (number), y1 (number)
  params   k (integer), metric (euclidean | geodesic)
  example  {\"k\":3}

summary
  columns  value
";
    assert_eq!(ended.stdout, expected);
    assert_eq!(server.lines(), ["GET /stage/kernels"]);
}

#[test]
fn the_servers_refusal_of_a_job_is_quoted() {
    let error = json!({ "status": "task not submitted", "error": "chunks must be a whole number" });
    let server = Server::new([answer(400, &error)]);
    let ended = pgfold(&server, "run --chunks 0 --json");
    assert_eq!((ended.code, ended.stdout), (7, format!("{error}\n")));
    let expected = format!(
        "pgfold: chunks must be a whole number (400 from POST {}/compute_min_distance)\n",
        server.url
    );
    assert_eq!(ended.stderr, expected);
}

#[test]
fn wrong_usage_exits_with_2_and_help_lists_every_code() {
    for arguments in ["", "walk", "run --params {}", "list --limit 0", "status"] {
        assert_eq!(end(command(arguments).spawn().unwrap()).code, 2, "{arguments}");
    }
    let help = end(command("--help").spawn().unwrap());
    assert_eq!(help.code, 0);
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 74, 130] {
        let starts = |line: &str| line.trim_start().starts_with(&format!("{code}  "));
        assert!(help.stdout.lines().any(starts), "{code} in {}", help.stdout);
    }
}

#[test]
fn a_reader_that_closes_stdout_early_gets_no_error() {
    let (leave, left) = mpsc::channel::<()>();
    let mut steps = vec![answer(200, completed()); 2].into_iter();
    // The answer arrives after the reader has closed stdout.
    let server = Server::new([submitted()].into_iter().chain(std::iter::from_fn(move || {
        left.recv().ok();
        steps.next()
    })));
    let mut program = start(&server, "run --json");
    drop(program.stdout.take());
    drop(leave);
    let ended = end(program);
    assert_eq!((ended.code, ended.stderr.as_str()), (74, ""));
}
