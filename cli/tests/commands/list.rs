//! `pgfold list`

use serde_json::{Value, json};

use crate::{
    answers::{ID, completed, failed},
    program::pgfold,
    server::{Server, answer},
};

fn page(tasks: &[Value], next: Option<&str>) -> Value {
    json!({ "tasks": tasks, "next": next })
}

#[test]
fn jobs_are_a_table_with_the_queue_below() {
    let mut page = page(&[completed(), failed(), json!({ "state": "pending" })], None);
    page["queue"] = json!({ "waiting": 2, "in_flight": 3, "dead_letters": 0, "poison": 0 });
    let server = Server::new([answer(200, page)]);
    let ended = pgfold(&server, "list");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let lines: Vec<_> = ended.stdout.lines().collect();
    let expected = [
        "TASK                                      CREATED               STATE      KERNEL        SOURCE  CHUNKS       ROWS  ELAPSED       COST",
        &format!(
            "{ID}  2026-11-23T05:00:00Z  completed  min_distance  points     4/4  1,000,000   430 ms  $0.000046"
        ),
        &format!("{ID}  2026-11-23T05:00:00Z  failed     min_distance  points     3/4    750,000"),
        "                                                                pending",
        "",
        "queue: 2 waiting, 3 in flight, 0 dead letters, 0 poison",
    ];
    assert_eq!(lines, expected);
    assert_eq!(server.lines(), ["GET /stage/tasks?limit=25"]);
}

#[test]
fn a_short_page_is_followed_by_the_next() {
    let server = Server::new([
        answer(200, page(&[failed()], Some("a&b"))),
        answer(200, page(&[], Some("c"))),
        answer(200, page(&[failed(), failed()], Some("d"))),
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
fn all_lists_every_page() {
    let steps = || [page(&[completed(), failed()], Some("x")), page(&[completed()], None)];
    let server = Server::new(steps().map(|page| answer(200, page)));
    let ended = pgfold(&server, "list --all");
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 4));
    assert_eq!(server.lines()[1], "GET /stage/tasks?limit=100&cursor=x");

    let server = Server::new(steps().map(|page| answer(200, page)));
    let ended = pgfold(&server, "list --all --json");
    let expected: String = steps().iter().map(|page| format!("{page}\n")).collect();
    assert_eq!((ended.code, ended.stdout), (0, expected));
}

#[test]
fn more_than_a_page_may_be_asked_for() {
    let first = vec![completed(); 100];
    let server =
        Server::new([answer(200, page(&first, Some("x"))), answer(200, page(&first[..20], None))]);
    let ended = pgfold(&server, "list --limit 120");
    assert_eq!((ended.code, ended.stdout.lines().count()), (0, 121));
    let expected = ["GET /stage/tasks?limit=100", "GET /stage/tasks?limit=20&cursor=x"];
    assert_eq!(server.lines(), expected);
}

#[test]
fn a_page_that_is_its_own_next_page_is_an_error() {
    let server = Server::new([0, 1, 2].map(|_| answer(200, page(&[], Some("x")))));
    let ended = pgfold(&server, "list --all");
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("did not answer as pgfold does"), "{}", ended.stderr);
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn the_server_checks_the_state() {
    let error = json!({ "status": "not listed", "error": "there is no state \"happy\"" });
    let server = Server::new([answer(400, &error)]);
    let ended = pgfold(&server, "list --state happy");
    assert_eq!((ended.code, ended.stdout.as_str()), (7, ""));
    assert!(ended.stderr.starts_with("pgfold: there is no state \"happy\" (400 "), "{ended:?}");
}
