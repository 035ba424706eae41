//! Servers that are unreachable, for a while or for good, and servers other than pgfold's.

use std::{fs, iter, path::PathBuf};

use pgfold_api::{KernelList, Problem};
use serde_json::json;

use crate::{
    answers::{ID, completed, line, ok, pending, refusal, submitted},
    program::{command, end, pgfold},
    server::{Server, Step, answer},
};

#[test]
fn waiting_survives_a_server_that_is_unreachable_for_a_while() {
    let server = Server::new([
        submitted(),
        ok(pending()),
        Step::Hang,
        answer(503, refusal(Problem::JobUnknown, "the store is away")),
        answer(429, json!({ "message": "Too Many Requests" })),
        answer(200, "<html>Please log in</html>"),
        ok(completed()),
        Step::Hang,
        ok(completed()),
    ]);
    let ended = pgfold(&server, "run --json");
    assert_eq!((ended.code, ended.stdout), (0, line(completed())));
    assert_eq!(server.lines().len(), 9);
}

#[test]
fn a_server_that_stays_away_leaves_the_job_to_itself() {
    let first = [submitted(), ok(pending())];
    let server = Server::new(first.into_iter().chain(iter::repeat(Step::Hang)));
    let ended = pgfold(&server, "run");
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
    let last = ended.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with(&format!("pgfold: no answer to GET {}/", server.url)), "{last}");
    let go_on = format!("the job may go on: `pgfold wait {ID}` waits for it");
    assert!(last.contains(&go_on), "{last}");
}

#[test]
fn a_refused_connection_is_reported_at_once() {
    // Nothing listens at port 1.
    let url = "http://127.0.0.1:1/stage";
    for arguments in ["run", "run --json", "list", "status agg_1", "kernels"] {
        let ended = end(command(arguments).env("API_URL", url).spawn().unwrap());
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{arguments}");
        let expected =
            format!("pgfold: cannot reach {url}: connection refused; is the stack up? `make up`\n");
        assert_eq!(ended.stderr, expected, "{arguments}");
    }
}

#[test]
fn a_submission_without_an_answer_is_not_sent_twice() {
    let server = Server::new([Step::Hang, submitted()]);
    let ended = pgfold(&server, "run");
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
    assert!(ended.stderr.contains("see `pgfold list`"), "{}", ended.stderr);
    assert_eq!(server.lines().len(), 1);
}

#[test]
fn a_submission_with_a_key_is_sent_again() {
    let server = Server::new([Step::Hang, submitted()]);
    let ended = pgfold(&server, "run --no-wait --idempotency-key report-7");
    assert_eq!(ended.code, 0, "{ended:?}");
    for _ in 0..2 {
        let request = server.request();
        assert_eq!(request.line, "POST /stage/compute_min_distance");
        assert_eq!(request.headers["idempotency-key"], "report-7");
    }
}

#[test]
fn answers_of_other_servers_are_errors() {
    for other in ["<html>It works!</html>", "", "[]", r#"{"hello": "world"}"#] {
        let server = Server::new([answer(200, other)]);
        let ended = pgfold(&server, "status agg_1");
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{other}");
        assert!(ended.stderr.contains("is the URL right?"), "{}", ended.stderr);
    }
}

#[test]
fn errors_of_a_gateway_are_reported_by_their_status() {
    let server = Server::new([answer(502, "<html>Bad Gateway</html>"), answer(301, "")]);
    for status in ["502 Bad Gateway", "301 Moved Permanently"] {
        let ended = pgfold(&server, "list --json");
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
        assert!(ended.stderr.starts_with(&format!("pgfold: {status} (")), "{}", ended.stderr);
    }
}

#[test]
fn a_server_that_takes_too_long_is_given_up() {
    // The system accepts the connection, but nothing reads from it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("--url http://{}", listener.local_addr().unwrap());
    let ended = end(command(&format!("{url} kernels --timeout 0.2")).spawn().unwrap());
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains(": none within "), "{}", ended.stderr);
}

#[test]
fn requests_for_this_machine_use_neither_proxy_nor_dns() {
    let proxy = Server::new(iter::repeat(answer(200, "the proxy's")));
    let kernels = KernelList { kernels: Vec::new() };
    let server = Server::new(iter::repeat(ok(&kernels)));
    // The second is a name that nobody looks up, or else whom it belongs to would be asked.
    for host in ["127.0.0.1", "api.localhost"] {
        let url = server.url.replace("127.0.0.1", host);
        let mut program = command("kernels --json --token eyJ.a.b");
        program.env("API_URL", &url);
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            program.env(name, proxy.url.replace("/stage", ""));
        }
        let ended = end(program.spawn().unwrap());
        assert_eq!((ended.code, ended.stdout), (0, line(&kernels)), "{}", ended.stderr);
        assert_eq!(server.request().headers["authorization"], "Bearer eyJ.a.b");
    }
    assert!(proxy.lines().is_empty());
}

#[test]
fn what_is_for_others_goes_by_the_proxy() {
    let kernels = KernelList { kernels: Vec::new() };
    let proxy = Server::new([ok(&kernels)]);
    let mut program = command("kernels --json --url http://pgfold.invalid");
    program.env("http_proxy", proxy.url.replace("/stage", ""));
    let ended = end(program.spawn().unwrap());
    assert_eq!((ended.code, ended.stdout), (0, line(&kernels)), "{}", ended.stderr);
    assert_eq!(proxy.lines(), ["GET http://pgfold.invalid/kernels"]);
}

#[test]
fn the_default_url_is_that_of_the_checkout() {
    let checkout = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("checkout");
    fs::create_dir_all(checkout.join(".local")).unwrap();
    fs::create_dir_all(checkout.join("docs")).unwrap();
    let server = Server::new([submitted()]);
    let content = format!("STORE=dynamodb\nAPI_URL={}\n", server.url);
    fs::write(checkout.join(".local/env"), content).unwrap();

    let mut program = command("run --no-wait");
    let ended = end(program.current_dir(checkout.join("docs")).spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(server.lines(), ["POST /stage/compute_min_distance"]);
}

#[test]
fn a_missing_or_wrong_url_is_an_error_of_usage() {
    for arguments in ["list", "list --url ftp://host", "list --url 127.0.0.1:80"] {
        let ended = end(command(arguments).spawn().unwrap());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.starts_with("pgfold: "), "{}", ended.stderr);
    }
}
