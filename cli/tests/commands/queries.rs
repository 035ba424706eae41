//! Conditions, groups and several kernels of `pgfold run`: what is sent.

use pgfold_api::{Problem, SourceColumn, SourceList};
use serde_json::{Value, json};

use crate::{
    answers::{ok, refusal, sources, submitted},
    program::{pgfold, pgfold_with},
    server::{Server, answer},
};

/// The sources. The first has columns of several types.
pub(crate) fn typed_sources() -> SourceList {
    let mut sources = sources();
    let column = |name: &str, type_name: &str, reads_as: &str| SourceColumn {
        column: name.to_owned(),
        type_name: Some(type_name.to_owned()),
        expression: None,
        reads_as: vec![reads_as.to_owned(), "any".to_owned()],
    };
    sources.sources[0].columns = vec![
        column("city", "text", "text"),
        column("zip", "text", "text"),
        column("seats", "integer", "integer"),
        column("paid", "boolean", "boolean"),
        column("started_at", "timestamp with time zone", "instant"),
    ];
    sources
}

#[test]
fn values_have_the_types_of_the_columns_for_which_the_server_is_asked_once() {
    let server = Server::new([ok(typed_sources()), submitted()]);
    let arguments = [
        "run",
        "--no-wait",
        "--where",
        "zip=00123",
        "--where=seats >= 2",
        "--where=paid=true",
        "--where=city in Rome, \"Oslo, NO\"",
        "--where=started_at<2026-12-01",
        "--where=seats is not null",
        "--group-by=city,day=day:started_at@Europe/Rome",
        "--compute=fare=summary:fare",
        "--compute=p=quantiles:fare?{\"ranks\": [0.50]}",
        "--order-by=fare.sum",
        "--descending",
        "--limit=10",
    ];
    let ended = pgfold_with(&server, &arguments);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
    assert_eq!(server.request().line, "GET /stage/sources");
    let request = server.request();
    assert_eq!(request.line, "POST /stage/tasks");
    // The parameters are sent as they were given.
    assert!(request.body.contains("\"params\":{\"ranks\": [0.50]}"), "{}", request.body);
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({
        "where": [
            { "column": "zip", "eq": "00123" },
            { "column": "seats", "ge": 2 },
            { "column": "paid", "eq": true },
            { "column": "city", "in": ["Rome", "Oslo, NO"] },
            { "column": "started_at", "lt": "2026-12-01" },
            { "column": "seats", "is": "not null" },
        ],
        "group_by": [
            "city",
            { "column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "day" },
        ],
        "compute": {
            "fare": { "kernel": "summary", "columns": ["fare"] },
            "p": { "kernel": "quantiles", "columns": ["fare"], "params": { "ranks": [0.5] } },
        },
        "order_by": "fare.sum", "descending": true, "limit": 10,
    });
    assert_eq!(body, expected);
}

#[test]
fn the_types_are_those_of_the_source_that_is_named() {
    for (source, value) in [("points", json!(7)), ("trips", json!("7")), ("other", json!("7"))] {
        let server = Server::new([ok(typed_sources()), submitted()]);
        let arguments =
            format!("run --no-wait --kernel distinct --where seats=7 --source {source}");
        assert_eq!(pgfold(&server, &arguments).code, 0);
        assert_eq!(server.request().line, "GET /stage/sources");
        let body: Value = serde_json::from_str(&server.request().body).unwrap();
        assert_eq!(body["where"], json!([{ "column": "seats", "eq": value }]), "{source}");
    }
}

#[test]
fn without_values_the_sources_are_not_asked_for() {
    let server = Server::new([submitted()]);
    let arguments = ["run", "--no-wait", "--kernel=distinct", "--where=seats is null"];
    assert_eq!(pgfold_with(&server, &arguments).code, 0);
    assert_eq!(server.lines(), ["POST /stage/tasks"]);
}

#[test]
fn sources_that_are_not_answered_are_an_error_and_nothing_is_submitted() {
    let away = answer(503, refusal(Problem::SourcesUnknown, "postgres is unavailable"));
    let server = Server::new([away.clone(), away]);
    for more in ["", "--dry-run"] {
        let ended = pgfold(&server, &format!("run --kernel distinct --where seats=7 {more}"));
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
        assert!(ended.stderr.starts_with("pgfold: postgres is unavailable (503"), "{ended:?}");
    }
    assert_eq!(server.lines(), ["GET /stage/sources"; 2]);
}

#[test]
fn two_kernels_of_one_name_are_not_sent() {
    let server = Server::new([submitted()]);
    let ended = pgfold(&server, "run --compute a=summary:x --compute a=distinct:x");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let why = "pgfold: --compute has two kernels of the name \"a\"; each needs a name of its own\n";
    assert_eq!(ended.stderr, why);
    assert!(server.lines().is_empty());
}

#[test]
fn a_refusal_is_hinted_in_the_words_of_the_command_line() {
    for (sentence, arguments, hint) in [
        (
            "where: the source has no column \"ctiy\" for this; it has id, city",
            "run --kernel distinct --group-by ctiy",
            "did you mean \"city\"?",
        ),
        (
            "two values of an answer would be named \"at\"; give one another name, a column of \
             group_by by \"as\"",
            "run --kernel distinct --group-by day:at,hour:at",
            "NAME=COLUMN names a column of --group-by",
        ),
        (
            "the kernel reads 4 columns (x1, y1, x2, y2), and the source has 2 (a, b)",
            "run --compute near=min_distance --compute b=summary:b",
            "--compute NAME=KERNEL:COLUMN says which columns to read",
        ),
    ] {
        let server = Server::new([answer(400, refusal(Problem::NotSubmitted, sentence))]);
        let ended = pgfold(&server, arguments);
        assert_eq!(ended.code, 7);
        assert!(ended.stderr.ends_with(&format!("{hint}\n")), "{}", ended.stderr);
    }
}
