//! The authorisation of requests, and the messages if it is refused.

use std::{fs, path::PathBuf, process::Command};

use serde_json::json;

use crate::{
    answers::{ID, completed, ok, page, pending, submitted},
    aws_cli::{aws, path},
    program::{Ended, command, end, pgfold},
    server::{Server, Step, answer},
    signature::{KEY, SECRET, signed},
};

const SESSION: &str = "AQoDYXdzEXAMPLE//token==";

fn forbidden() -> Step {
    answer(403, json!({ "message": "Forbidden" }))
}

fn list() -> Step {
    ok(page([], None))
}

/// Returns the program with AWS credentials in its environment.
fn with_credentials(server: &Server, arguments: &str) -> Command {
    let mut program = command(arguments);
    program.env("API_URL", &server.url).env("AWS_REGION", "eu-west-1");
    program.env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
    program
}

fn ended(mut program: Command) -> Ended {
    end(program.spawn().unwrap())
}

#[test]
fn a_signature_covers_method_path_query_body_and_session() {
    let server = Server::new([submitted(), list(), list()]);
    let mut program = with_credentials(&server, "--auth iam run --chunks 4 --no-wait");
    program.env("AWS_SESSION_TOKEN", SESSION);
    assert_eq!(ended(program).code, 0);

    let mut request = server.request();
    assert_eq!(request.headers["x-amz-security-token"], SESSION);
    let names = signed(&request, "eu-west-1").expect("a signature");
    assert_eq!(names, ["host", "x-amz-date", "x-amz-security-token"]);
    assert_eq!(signed(&request, "eu-west-2"), None);
    request.body = r#"{"chunks":5}"#.to_owned();
    assert_eq!(signed(&request, "eu-west-1"), None);

    let program = with_credentials(&server, "--auth iam list --state pending --limit 7");
    assert_eq!(ended(program).code, 0);
    let mut request = server.request();
    assert_eq!(request.line, "GET /stage/tasks?limit=7&state=pending");
    assert!(signed(&request, "eu-west-1").is_some());
    for line in ["GET /stage/tasks?limit=8&state=pending", "GET /stage/task?limit=7&state=pending"]
    {
        request.line = line.to_owned();
        assert_eq!(signed(&request, "eu-west-1"), None, "{line}");
    }
    request.line = "DELETE /stage/tasks?limit=7&state=pending".to_owned();
    assert_eq!(signed(&request, "eu-west-1"), None);

    let mut program = with_credentials(&server, "--auth iam list --state");
    program.arg("a b+c&d");
    assert_eq!(ended(program).code, 0);
    let request = server.request();
    assert_eq!(request.line, "GET /stage/tasks?limit=25&state=a%20b%2Bc%26d");
    assert!(signed(&request, "eu-west-1").is_some());
}

#[test]
fn a_token_is_sent_as_it_is() {
    let server = Server::new([list(), list(), list()]);
    let mut by_variable = command("list");
    by_variable.env("API_URL", &server.url).env("PGFOLD_TOKEN", "eyJ.a.b");
    assert_eq!(ended(by_variable).code, 0);
    assert_eq!(pgfold(&server, "list --auth bearer --token eyJ.a.b").code, 0);
    for _ in 0..2 {
        assert_eq!(server.request().headers["authorization"], "Bearer eyJ.a.b");
    }
    let mut unwanted = command("list");
    unwanted.env("API_URL", &server.url).env("PGFOLD_TOKEN", "eyJ.a.b").env("PGFOLD_AUTH", "none");
    assert_eq!(ended(unwanted).code, 0);
    assert!(!server.request().headers.contains_key("authorization"));
}

#[test]
fn credentials_are_used_only_on_request() {
    let server = Server::new([list()]);
    assert_eq!(ended(with_credentials(&server, "list")).code, 0);
    assert!(!server.request().headers.contains_key("authorization"));
}

#[test]
fn a_refusal_advises_what_to_do() {
    let server =
        Server::new([forbidden(), forbidden(), answer(401, r#"{"message":"Unauthorized"}"#)]);
    let (anonymous, signed, with_token) = (
        pgfold(&server, "list --json"),
        ended(with_credentials(&server, "list --auth iam")),
        pgfold(&server, "list --token eyJ.a.b"),
    );
    assert_eq!((anonymous.code, signed.code, with_token.code), (7, 7, 7));
    assert_eq!(anonymous.stdout, "{\"message\":\"Forbidden\"}\n");
    let asked = format!("from GET {}/tasks", server.url);
    for (ended, begin, advice) in [
        (anonymous, format!("pgfold: Forbidden (403 {asked}); "), "--auth iam signs it"),
        (signed, format!("pgfold: Forbidden (403 {asked}); "), "execute-api:Invoke"),
        (with_token, format!("pgfold: Unauthorized (401 {asked}); "), "may have expired"),
    ] {
        let stderr = ended.stderr;
        assert!(stderr.starts_with(&begin) && stderr.contains(advice), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        for secret in ["eyJ.a.b", SECRET, KEY] {
            assert!(!stderr.contains(secret), "{stderr}");
        }
    }
}

#[test]
fn whoever_is_let_in_no_longer_learns_that_the_job_goes_on() {
    let server = Server::new([submitted(), ok(pending()), forbidden()]);
    let ended = ended(with_credentials(&server, "run --auth iam"));
    assert_eq!(ended.code, 7);
    let last = ended.stderr.lines().last().unwrap_or_default();
    assert!(last.starts_with("pgfold: Forbidden (403 "), "{last}");
    assert!(last.contains(&format!("the job may go on: `pgfold wait {ID}`")), "{last}");
}

#[test]
fn without_credentials_no_request_is_sent() {
    let server = Server::new([list()]);
    for (arguments, named) in [
        ("list --auth iam --region eu-west-1", "eval \"$(aws configure export-credentials"),
        ("list --auth iam", "AWS_REGION"),
        ("list --auth bearer", "PGFOLD_TOKEN"),
        ("list --auth digest", "--auth"),
        ("list --auth iam --url http://pgfold.example.com", "https://"),
        ("list --token secret --url http://pgfold.example.com", "https://"),
    ] {
        let ended = pgfold(&server, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains(named), "{}", ended.stderr);
        assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
    }
    assert!(server.lines().is_empty());
}

#[test]
fn the_aws_cli_is_run_for_credentials_and_again_when_they_have_expired() {
    for (expiration, times) in [("2099-01-01T00:00:00+00:00", 1), ("2026-01-01T00:00:00Z", 4)] {
        let directory = aws(
            &format!("aws-{times}"),
            &format!(
                r#"echo "$AWS_PROFILE: $*" >> "$(dirname "$0")/asked"
echo '{{"Version": 1, "AccessKeyId": "{KEY}", "SecretAccessKey": "{SECRET}",'
echo ' "SessionToken": "{SESSION}", "Expiration": "{expiration}"}}'"#
            ),
        );
        let asked = directory.join("asked");
        let server = Server::new([submitted(), ok(pending()), ok(completed())]);
        let mut program = command("run --auth iam --region eu-west-1");
        program.env("API_URL", &server.url).env("AWS_PROFILE", "reports");
        program.env("PATH", path(&directory));
        assert_eq!(ended(program).code, 0);
        for _ in 0..3 {
            assert!(signed(&server.request(), "eu-west-1").is_some());
        }
        let asked = fs::read_to_string(asked).unwrap();
        let call = "reports: configure export-credentials --format process\n";
        // Expired credentials are fetched once before the first request, and for each request.
        assert_eq!(asked, call.repeat(times));
    }
}

#[test]
fn an_error_of_the_aws_cli_is_reported() {
    let directory = aws("aws-expired", "echo 'The SSO session has expired' >&2; exit 253");
    let server = Server::new([list()]);
    let mut program = command("list --auth iam --region eu-west-1");
    program.env("API_URL", &server.url).env("PATH", directory);
    let ended = ended(program);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("says: The SSO session has expired; log in"), "{ended:?}");
}

#[test]
fn an_aws_cli_that_takes_too_long_is_killed() {
    let script = r#"echo $$ > "$(dirname "$0")/id"; exec sleep 10"#;
    let directory = aws("aws-slow", script);
    let id = directory.join("id");
    let server = Server::new([list()]);
    for arguments in ["list", "run", "proxy"] {
        let _ = fs::remove_file(&id);
        let mut program = command(arguments);
        program.args(["--auth", "iam", "--region", "eu-west-1", "--timeout", "0.5"]);
        program.env("API_URL", &server.url).env("PATH", path(&directory));
        let ended = ended(program);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments}");
        assert!(ended.stderr.contains("--timeout was over"), "{ended:?}");
        // The file is missing if the script was killed before it wrote its id.
        let id = fs::read_to_string(&id).unwrap_or_default();
        if !id.trim().is_empty() {
            let alive = ["-c", "kill -0 $0 2>/dev/null", id.trim()];
            assert!(!Command::new("sh").args(alive).status().unwrap().success(), "{arguments}");
        }
    }
    assert!(server.lines().is_empty());
}

#[test]
fn a_url_has_no_user_and_no_password() {
    let server = Server::new([list()]);
    let url = server.url.replace("http://", "http://me:secret@");
    for arguments in ["list", "list --auth none", "list --token t", "proxy"] {
        let mut program = command(arguments);
        program.env("API_URL", &url);
        let ended = ended(program);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments}");
        let stderr = ended.stderr;
        assert!(stderr.contains("no password") && !stderr.contains("secret"), "{stderr}");
    }
    assert!(server.lines().is_empty());
}

#[test]
fn a_checkout_cannot_have_a_token_sent_elsewhere() {
    let checkout = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cloned");
    fs::create_dir_all(checkout.join(".local")).unwrap();
    fs::write(checkout.join(".local/env"), "API_URL=https://evil.invalid\n").unwrap();
    let mut program = command("list");
    program.current_dir(&checkout).env("PGFOLD_TOKEN", "eyJ.a.b");
    let ended = ended(program);
    // A request to an absent server would end with code 5.
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    let file = checkout.join(".local/env").display().to_string();
    for named in [&file, "https://evil.invalid", "--url"] {
        assert!(ended.stderr.contains(named), "{}", ended.stderr);
    }
}

#[test]
fn help_shows_no_secret() {
    for arguments in ["--help", "list --help", "proxy --help"] {
        let mut program = command(arguments);
        program.env("PGFOLD_TOKEN", "the-token").env("AWS_REGION", "eu-west-9");
        let ended = ended(program);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("PGFOLD_TOKEN"), "{}", ended.stdout);
        assert!(!ended.stdout.contains("the-token"), "{}", ended.stdout);
    }
}
