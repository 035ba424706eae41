//! `pgfold wait`: from a job that somebody submitted to its answer.

use std::{iter, process::Command};

use crate::{
    answers::{ID, cancelled, completed, failed, line, ok, pending, submitted, unknown},
    program::{end, pgfold, start},
    server::{Server, Step},
};

#[test]
fn a_job_is_answered_as_by_run() {
    let run = Server::new([submitted(), ok(pending()), ok(completed())]);
    let run = pgfold(&run, "run");
    let server = Server::new([ok(pending()), ok(completed())]);
    let waited = pgfold(&server, &format!("wait {ID}"));
    assert_eq!((waited.code, &waited.stdout), (0, &run.stdout));
    assert!(waited.stdout.starts_with("distance   0.05579301044980968\n"), "{waited:?}");
    let progress = "2 of 4 chunks, 500,000 rows, 405,186 rows/s, nearest 0.25\n";
    assert_eq!(waited.stderr, progress);
    assert_eq!(run.stderr, format!("submitted {ID}, 4 chunks\n{progress}"));
    assert_eq!(server.lines(), vec![format!("GET /stage/tasks/{ID}?receipts=none"); 2]);
}

#[test]
fn a_state_is_an_exit_code_as_of_run() {
    for (step, code) in [
        (ok(completed()), 0),
        (ok(failed()), 1),
        (ok(cancelled()), 3),
        (unknown(), 4),
        (Step::Hang, 5),
    ] {
        let server = Server::new(iter::repeat(step));
        let ended = pgfold(&server, &format!("wait {ID} --timeout 60"));
        assert_eq!(ended.code, code, "{ended:?}");
        assert_eq!(ended.stdout.is_empty(), code != 0, "{ended:?}");
    }
    let server = Server::new([ok(failed())]);
    let ended = pgfold(&server, &format!("wait {ID} --json --no-receipts"));
    assert_eq!((ended.code, ended.stdout), (1, line(failed())));
}

#[test]
fn a_server_that_is_away_for_a_moment_does_not_end_the_wait() {
    let server = Server::new([ok(pending()), Step::Hang, Step::Hang, ok(completed())]);
    let ended = pgfold(&server, &format!("wait {ID}"));
    assert_eq!(ended.code, 0, "{ended:?}");
}

#[test]
fn an_interrupted_wait_can_be_taken_up_again() {
    let server = Server::new(iter::repeat(ok(pending())));
    let program = start(&server, &format!("wait {ID}"));
    assert!(server.request().line.starts_with("GET"));
    let id = program.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT $0", &id]).status().unwrap().success());
    let interrupted = end(program);
    assert_eq!((interrupted.code, interrupted.stdout.as_str()), (130, ""));
    let how = format!("pgfold: {ID} goes on; `pgfold wait {ID}` waits for it");
    assert!(interrupted.stderr.contains(&how), "{}", interrupted.stderr);

    let server = Server::new([ok(completed())]);
    assert_eq!(pgfold(&server, &format!("wait {ID}")).code, 0);
}

#[test]
fn groups_can_be_written_as_csv() {
    let server = Server::new([ok(completed())]);
    let ended = pgfold(&server, &format!("wait {ID} --csv"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.starts_with("distance,"), "{}", ended.stdout);
    assert_eq!(pgfold(&server, &format!("wait {ID} --csv --json")).code, 2);
}
