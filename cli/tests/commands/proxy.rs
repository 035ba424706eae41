//! `pgfold proxy`: the API in a browser, with the user's authorisation.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    iter,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command},
};

use serde_json::{Value, json};

use crate::{
    answers::{ID, submitted},
    aws_cli::{aws, path},
    program::{command, end},
    server::{Server, Step, answer},
    signature::{KEY, SECRET, signed},
};

/// A proxy that runs until it is dropped.
struct Proxy {
    program: Option<Child>,
    /// The address that the proxy printed.
    address: String,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn error(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["error"].as_str().unwrap().to_owned()
    }
}

impl Proxy {
    fn start(url: &str, arguments: &str) -> Self {
        Self::with(url, arguments, &[("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)])
    }

    fn with(url: &str, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let mut program = command(&format!("proxy --json {arguments}"));
        program.env("API_URL", url).env("AWS_REGION", "eu-west-1");
        program.envs(variables.iter().copied());
        let mut program = program.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("where the proxy is");
        let address = told["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        Self { program: Some(program), address }
    }

    /// Sends a request with these headers, and a `Host` if they have none. Returns the answer.
    fn ask(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        answered(self.send(line, headers, body))
    }

    /// Sends a request like `ask`, and does not wait for the answer.
    fn send(&self, line: &str, headers: &[&str], body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|header| header.starts_with("host:")) {
            head += &format!("host: {}\r\n", self.address);
        }
        for header in headers {
            head += &format!("{header}\r\n");
        }
        if !body.is_empty() {
            head += &format!("content-length: {}\r\n", body.len());
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
        stream
    }

    /// Sends Ctrl-C. Returns the exit code and everything on stderr.
    fn stop(mut self) -> (i32, String) {
        let program = self.program.take().unwrap();
        let id = program.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -INT $0", &id]).status().unwrap().success());
        let ended = end(program);
        (ended.code, ended.stderr)
    }
}

fn answered(mut stream: TcpStream) -> Answer {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(program) = &mut self.program {
            let _ = program.kill();
            let _ = program.wait();
        }
    }
}

#[test]
fn requests_of_a_browser_are_forwarded_with_a_signature() {
    let page = "<html>the dashboard</html>";
    let cancelled = json!({ "status": "task cancelled", "task_id": ID });
    let server = Server::new([answer(200, page), submitted(), answer(200, &cancelled)]);
    let proxy = Proxy::start(&server.url, "--auth iam");

    let answer = proxy.ask("GET /dashboard?since=a%26b", &["cookie: of=another"], "");
    assert_eq!((answer.status, answer.body.as_str()), (200, page));
    let request = server.request();
    assert_eq!(request.line, "GET /stage/dashboard?since=a%26b");
    assert_eq!(request.headers["host"], server.url["http://".len()..].replace("/stage", ""));
    assert!(!request.headers.contains_key("cookie"));
    assert!(signed(&request, "eu-west-1").is_some());

    let own = [
        &format!("origin: http://{}", proxy.address),
        "sec-fetch-site: same-origin",
        "content-type: application/json",
        "idempotency-key: report-7",
    ];
    let answer = proxy.ask("POST /tasks", &own, r#"{"kernel":"summary"}"#);
    assert_eq!(answer.status, 200);
    let request = server.request();
    assert_eq!(request.line, "POST /stage/tasks");
    assert_eq!(request.body, r#"{"kernel":"summary"}"#);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["idempotency-key"], "report-7");
    assert!(signed(&request, "eu-west-1").is_some());

    let answer = proxy.ask(&format!("DELETE /tasks/{ID}"), &own[..2], "");
    assert_eq!((answer.status, answer.body), (200, cancelled.to_string()));
    let request = server.request();
    assert_eq!(request.line, format!("DELETE /stage/tasks/{ID}"));
    assert!(signed(&request, "eu-west-1").is_some());

    // It ends successfully and without an error.
    assert_eq!(proxy.stop(), (0, String::new()));
}

#[test]
fn a_page_whose_name_resolves_here_is_refused() {
    let server = Server::new([answer(200, "secret")]);
    let proxy = Proxy::start(&server.url, "--auth iam");
    let port = proxy.address.rsplit_once(':').unwrap().1;
    for host in [format!("host: rebound.example.com:{port}"), "host: 127.0.0.1:1".to_owned()] {
        let answer = proxy.ask("GET /tasks", &[&host], "");
        assert_eq!(answer.status, 421, "{host}");
        assert!(answer.error().contains("localhost"), "{}", answer.body);
    }
    assert!(server.lines().is_empty());
}

#[test]
fn a_page_of_another_site_is_refused() {
    let server = Server::new([answer(200, "secret")]);
    let proxy = Proxy::start(&server.url, "--auth iam");
    for line in ["POST /tasks", "DELETE /tasks/a", "OPTIONS /tasks", "GET /tasks"] {
        for header in ["origin: https://example.com", "sec-fetch-site: cross-site"] {
            let answer = proxy.ask(line, &[header], "");
            assert_eq!(answer.status, 403, "{line} {header}");
            assert!(!answer.head.contains("access-control-"), "{}", answer.head);
        }
    }
    assert!(server.lines().is_empty());
}

#[test]
fn an_unreachable_api_is_a_bad_gateway() {
    // Nothing listens at port 1.
    let proxy = Proxy::start("http://127.0.0.1:1/stage", "");
    for _ in 0..3 {
        let answer = proxy.ask("GET /tasks", &[], "");
        assert_eq!(answer.status, 502);
        assert!(answer.error().starts_with("cannot reach http://127.0.0.1:1/stage: "));
    }
    // The error is written once, not for every request.
    let (code, stderr) = proxy.stop();
    assert_eq!((code, stderr.lines().count()), (0, 1), "{stderr}");

    let server = Server::new([Step::Hang]);
    let proxy = Proxy::start(&server.url, "");
    let answer = proxy.ask("GET /tasks?cursor=x", &[], "");
    assert_eq!(answer.status, 502);
    assert!(answer.error().starts_with("no answer to GET "), "{}", answer.body);
}

#[test]
fn a_refusal_of_the_api_is_forwarded_and_the_user_is_advised() {
    let forbidden = json!({ "message": "Forbidden" });
    let server = Server::new([answer(403, &forbidden)]);
    let proxy = Proxy::start(&server.url, "");
    let answer = proxy.ask("GET /tasks", &[], "");
    assert_eq!((answer.status, answer.body), (403, forbidden.to_string()));
    let (_, stderr) = proxy.stop();
    let expected = format!("pgfold: 403 Forbidden from GET {}/tasks; ", server.url);
    assert!(stderr.starts_with(&expected) && stderr.contains("--auth iam"), "{stderr}");
}

/// Makes an AWS CLI that prints different credentials in each run, and records each run. If
/// `expire`, the first credentials have expired, and later runs wait for a file `go`.
fn ever_other_credentials(name: &str, expire: bool) -> PathBuf {
    let second = if expire { "while [ ! -e go ]; do sleep 0.02; done" } else { ":" };
    let end = if expire { "2026-01-01T00:00:00Z" } else { "2099-01-01T00:00:00Z" };
    aws(
        name,
        &format!(
            r#"cd "$(dirname "$0")"; echo asked >> asked; times=$(($(wc -l < asked)))
end=2099-01-01T00:00:00Z
if [ $times = 1 ]; then end={end}; else {second}; fi
echo "{{\"Version\": 1, \"AccessKeyId\": \"AKID$times\", \"SecretAccessKey\": \"s\","
echo " \"Expiration\": \"$end\"}}""#
        ),
    )
}

/// Returns the id of the credentials that signed the next request.
fn signer(server: &Server) -> String {
    let authorization = server.request().headers["authorization"].clone();
    let (_, rest) = authorization.split_once("Credential=").expect("a signature");
    rest.split_once('/').expect("a scope").0.to_owned()
}

#[test]
fn refused_credentials_are_fetched_again() {
    let no = |status| answer(status, json!({ "message": "no" }));
    let server = Server::new([no(404), no(403), no(401), answer(200, "{}"), answer(200, "{}")]);
    let directory = ever_other_credentials("aws-refused", false);
    let proxy = Proxy::with(&server.url, "--auth iam", &[("PATH", &path(&directory))]);
    for (status, expected) in
        [(404, "AKID1"), (403, "AKID1"), (401, "AKID2"), (200, "AKID3"), (200, "AKID3")]
    {
        assert_eq!(proxy.ask("GET /tasks", &[], "").status, status);
        assert_eq!(signer(&server), expected, "{status}");
    }
}

#[test]
fn concurrent_requests_run_the_aws_cli_once() {
    let server = Server::new(iter::repeat_n(answer(200, "{}"), 3));
    let directory = ever_other_credentials("aws-together", true);
    let proxy = Proxy::with(&server.url, "--auth iam", &[("PATH", &path(&directory))]);
    let waiting: Vec<_> = (0..3).map(|_| proxy.send("GET /tasks", &[], "")).collect();
    // By then the earlier requests have been received, and wait.
    assert_eq!(proxy.ask("GET /tasks", &["host: other"], "").status, 421);
    fs::write(directory.join("go"), "").unwrap();
    for stream in waiting {
        assert_eq!(answered(stream).status, 200);
        assert_eq!(signer(&server), "AKID2");
    }
    // Once when the proxy started, and once for these requests.
    assert_eq!(fs::read_to_string(directory.join("asked")).unwrap(), "asked\n".repeat(2));
}

#[test]
fn the_proxys_token_replaces_that_of_a_page() {
    let server = Server::new([answer(200, "[]")]);
    let proxy = Proxy::start(&server.url, "--token eyJ.a.b");
    assert_eq!(proxy.ask("GET /tasks", &["authorization: Bearer other"], "").status, 200);
    assert_eq!(server.request().headers["authorization"], "Bearer eyJ.a.b");
}

#[test]
fn requests_that_the_api_cannot_accept_are_not_sent() {
    let server = Server::new([answer(200, "{}")]);
    let proxy = Proxy::start(&server.url, "");
    let answer = proxy.ask("POST /tasks", &[], &"x".repeat((10 << 20) + 1));
    assert_eq!(answer.status, 413);
    for line in ["GET /../other", "GET /%2e%2e/other", "OPTIONS *"] {
        assert_eq!(proxy.ask(line, &[], "").status, 400, "{line}");
    }
    assert!(server.lines().is_empty());
}

#[test]
fn without_credentials_there_is_no_proxy() {
    let mut program =
        command("proxy --auth iam --url https://a.execute-api.eu-west-1.amazonaws.com");
    let ended = end(program.spawn().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("AWS_ACCESS_KEY_ID"), "{}", ended.stderr);
}

#[test]
fn the_error_of_a_taken_port_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut program = command(&format!("proxy --url http://127.0.0.1:1 --port {port}"));
    let ended = end(program.spawn().unwrap());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let expected = format!("pgfold: cannot listen on 127.0.0.1:{port}: address in use\n");
    assert_eq!(ended.stderr, expected);
}

#[test]
fn the_url_of_the_dashboard_is_printed() {
    let ended = end(command("proxy --url http://127.0.0.1:1/stage --timeout 0.1").spawn().unwrap());
    assert_eq!(ended.code, 0);
    let (url, path) = ended.stdout.rsplit_once('/').unwrap();
    assert_eq!(path, "dashboard\n");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert!(ended.stderr.starts_with("pgfold: forwards to http://127.0.0.1:1/stage"), "{ended:?}");
}
