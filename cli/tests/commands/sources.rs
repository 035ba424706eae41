//! `pgfold sources`

use pgfold_api::Problem;
use serde_json::json;

use crate::{
    answers::{line, ok, refusal, sources},
    program::pgfold,
    server::{Server, answer},
};

#[test]
fn sources_are_a_table_with_their_problems_below() {
    let server = Server::new([ok(sources()), ok(sources())]);
    let ended = pgfold(&server, "sources");
    let expected = "\
SOURCE  TABLE          KEY               ROWS  COLUMNS
points  \"points\"       id (bigint)  1,000,000  x1 (double precision), y1 (double precision)
trips   \"geo\".\"trips\"                          fare\\u{1b} (missing)

trips: table \"geo\".\"trips\" does not exist
";
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, expected);
    let ended = pgfold(&server, "sources --json");
    assert_eq!((ended.code, ended.stdout), (0, line(sources())));
    assert_eq!(server.lines(), ["GET /stage/sources"; 2]);
}

#[test]
fn a_source_is_shown_with_what_its_columns_are_read_as() {
    let server = Server::new([ok(sources()), ok(sources())]);
    let ended = pgfold(&server, "sources points");
    let expected = "\
source     points
table      \"points\"
key        id (bigint)
where      NOT cancelled
rows       about 1,000,000
analyzed   2026-11-23T05:00:00.123Z
filters    x1 (double precision), y1 (double precision), at (date)

COLUMN  TYPE              READ AS
x1      double precision  number, any
y1      double precision  number, any
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{ended:?}");
    let ended = pgfold(&server, "sources trips --json");
    assert_eq!((ended.code, ended.stdout), (0, line(&sources().sources[1])));
}

#[test]
fn a_column_that_is_an_expression_shows_its_sql() {
    let mut sources = sources();
    sources.sources[0].columns[1].expression = Some("x1 * (1 - discount)\u{1b}".to_owned());
    let server = Server::new([ok(sources)]);
    let ended = pgfold(&server, "sources points");
    let expected = "
COLUMN  TYPE              READ AS      EXPRESSION
x1      double precision  number, any
y1      double precision  number, any  x1 * (1 - discount)\\u{1b}
";
    assert!(ended.stdout.ends_with(expected), "{}", ended.stdout);
}

#[test]
fn an_unknown_source_is_refused_with_the_names_that_there_are() {
    let server = Server::new([ok(sources()), ok(sources())]);
    let ended = pgfold(&server, "sources point");
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    let why =
        "pgfold: there is no source \"point\"; there is points, trips; did you mean \"points\"?\n";
    assert_eq!(ended.stderr, why);
    let ended = pgfold(&server, "sources orders");
    assert_eq!(ended.stderr, "pgfold: there is no source \"orders\"; there is points, trips\n");
}

#[test]
fn a_database_that_is_away_is_an_error() {
    let why = refusal(Problem::SourcesUnknown, "postgres is unavailable");
    let server = Server::new([answer(503, &why), answer(404, json!({ "message": "Not Found" }))]);
    let ended = pgfold(&server, "sources --json");
    assert_eq!((ended.code, ended.stdout), (5, format!("{why}\n")));
    assert_eq!(pgfold(&server, "sources").code, 4);
}
