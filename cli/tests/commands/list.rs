//! `pgfold list`

use pgfold_api::{Problem, QueueDepths};

use crate::{
    answers::{ID, completed, failed, line, ok, page, pending, refusal},
    program::pgfold,
    server::{Server, answer},
};

#[test]
fn jobs_are_a_table_with_the_queue_below() {
    let mut page = page([completed(), failed(), pending()], None);
    page.queue = Some(Some(QueueDepths { waiting: 2, in_flight: 3, dead_letters: 0, poison: 0 }));
    let server = Server::new([ok(page)]);
    let ended = pgfold(&server, "list");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let lines: Vec<_> = ended.stdout.lines().collect();
    let expected = [
        "TASK                                      CREATED               STATE      KERNEL        SOURCE  CHUNKS       ROWS  ELAPSED       COST",
        &format!(
            "{ID}  2026-11-23T05:00:00Z  completed  min_distance  points     4/4  1,000,000   430 ms  $0.000046"
        ),
        &format!(
            "{ID}  2026-11-23T05:00:00Z  failed     min_distance  points     3/4    750,000           $0.000052"
        ),
        &format!(
            "{ID}  2026-11-23T05:00:00Z  pending    min_distance  points     2/4    500,000   1.23 s  $0.000012"
        ),
        "",
        "queue: 2 waiting, 3 in flight, 0 dead letters, 0 poison",
    ];
    assert_eq!(lines, expected);
    assert_eq!(server.lines(), ["GET /stage/tasks?limit=25"]);
}

#[test]
fn a_short_page_is_followed_by_the_next() {
    let server = Server::new([
        ok(page([failed()], Some("a&b"))),
        ok(page([], Some("c"))),
        ok(page([failed(), failed()], Some("d"))),
    ]);
    let ended = pgfold(&server, "list --state failed --limit 3");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 4);
    assert_eq!(ended.stderr, "pgfold: there are more jobs: --limit N, or --all\n");
    let expected = [
        "GET /stage/tasks?limit=3&state=failed",
        "GET /stage/tasks?limit=2&state=failed&cursor=a%26b",
        "GET /stage/tasks?limit=2&state=failed&cursor=c",
    ];
    assert_eq!(server.lines(), expected);
}

#[test]
fn all_are_all_pages() {
    let steps = || [page([completed(), failed()], Some("x")), page([completed()], None)];
    let server = Server::new(steps().map(ok));
    let ended = pgfold(&server, "list --all");
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 4));
    assert_eq!(server.lines()[1], "GET /stage/tasks?limit=100&cursor=x");

    let server = Server::new(steps().map(ok));
    let ended = pgfold(&server, "list --all --json");
    let expected: String = steps().iter().map(line).collect();
    assert_eq!((ended.code, ended.stdout), (0, expected));
}

#[test]
fn more_than_a_page_may_be_asked_for() {
    let jobs = |count| vec![completed(); count];
    let server = Server::new([ok(page(jobs(100), Some("x"))), ok(page(jobs(20), None))]);
    let ended = pgfold(&server, "list --limit 120");
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 121));
    let expected = ["GET /stage/tasks?limit=100", "GET /stage/tasks?limit=20&cursor=x"];
    assert_eq!(server.lines(), expected);
}

#[test]
fn pages_that_go_round_come_to_an_end() {
    let server = Server::new([0, 1, 2].map(|_| ok(page([], Some("x")))));
    let ended = pgfold(&server, "list --all");
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("did not answer as pgfold does"), "{}", ended.stderr);
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn a_state_that_there_is_not_is_the_servers_to_refuse() {
    let error = refusal(Problem::JobsUnknown, "there is no state \"happy\"");
    let server = Server::new([answer(400, error)]);
    let ended = pgfold(&server, "list --state happy");
    assert_eq!((ended.code, ended.stdout.as_str()), (7, ""));
    assert!(ended.stderr.starts_with("pgfold: there is no state \"happy\" (400 "), "{ended:?}");
}
