//! Conditions, groups and several kernels: what is shown of a job and its answer.

use std::collections::BTreeMap;

use pgfold_api::{JobDetail, Query};
use serde_json::json;

use crate::{
    answers::{ID, completed, dry_run, failed, line, ok, page, pending, submitted},
    program::pgfold,
    queries::typed_sources,
    server::Server,
    storage::{Storage, Stored},
};

fn query() -> Query {
    let query = json!({
        "where": [{ "column": "started_at", "ge": "2026-11-01 00:00:00+00" },
                  { "column": "city", "in": ["Rome", "Oslo"] }],
        "group_by": ["city", { "column": "started_at", "unit": "day", "as": "day" }],
        "compute": {
            "fare": { "kernel": "summary", "columns": ["fare"] },
            "p": { "kernel": "quantiles", "columns": ["fare"], "params": { "ranks": [0.5] } },
        },
        "order_by": "fare.sum", "descending": true, "limit": 2,
    });
    serde_json::from_value(query).unwrap()
}

/// A completed job with groups.
fn of_groups() -> JobDetail {
    let mut job = completed();
    job.job.query = query();
    job.job.cut_by = Some("started_at".to_owned());
    job.job.skipped = 3;
    job.skipped_by = Some(BTreeMap::from([("fare".to_owned(), 3), ("p".to_owned(), 0)]));
    job.answer = Some(json!({ "group_count": 62, "groups": [
        { "city": "Rome, \"Ro\u{1b}\"", "day": "2026-11-01", "rows": 12,
          "fare": { "sum": 123.5, "mean": "98765432109876543210" }, "p": { "ranks": [[0.5, 9]] } },
        { "city": null, "day": "2026-11-02", "rows": 3,
          "fare": { "sum": 7.25, "mean": null }, "p": { "ranks": null } },
    ] }));
    job
}

/// A completed job of two kernels over all rows.
fn of_kernels() -> JobDetail {
    let mut job = of_groups();
    job.job.query = Query { group_by: Vec::new(), filter: Vec::new(), order_by: None, ..query() };
    (job.job.query.descending, job.job.query.limit, job.job.cut_by) = (false, None, None);
    job.answer = Some(json!({
        "fare": { "rows": 12, "sum": 123.5 },
        "p": { "pairs": [{ "id": 1 }, { "id": 2 }], "box": { "x": 0.5 }, "none": null },
    }));
    job
}

const TABLE: &str = "\
city              day         rows  fare.sum             fare.mean
Rome, \"Ro\\u{1b}\"  2026-11-01    12     123.5  98765432109876543210
NULL              2026-11-02     3      7.25                  NULL

groups     2 of 62
left out   p.ranks (lists, objects); --csv and --json have them
";

const WORK: &str = "\
rows       1,000,000, skipped 3 by fare
speed      2,325,581 rows/s
elapsed    430 ms
cost       $0.000046
";

#[test]
fn groups_are_a_table_with_what_the_job_took_below() {
    let server = Server::new([submitted(), ok(of_groups())]);
    let ended = pgfold(&server, "run --compute fare=summary:fare --group-by city");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.stdout, format!("{TABLE}\n{WORK}"));
}

#[test]
fn several_kernels_are_a_paragraph_each() {
    let server = Server::new([submitted(), ok(of_kernels())]);
    let ended = pgfold(&server, "run --compute fare=summary:fare --compute p=quantiles");
    let answers = "\
fare
  rows       12
  sum        123.5

p
  pairs      id 1
             id 2
  box        x 0.5
  none       none
";
    assert_eq!((ended.code, ended.stdout), (0, format!("{answers}\n{WORK}")));
}

#[test]
fn csv_has_every_field_of_every_group() {
    let server = Server::new([submitted(), ok(of_groups())]);
    let ended = pgfold(&server, "run --compute fare=summary:fare --group-by city --csv");
    let expected = "\
city,day,rows,fare.sum,fare.mean,p.ranks
\"Rome, \"\"Ro\u{1b}\"\"\",2026-11-01,12,123.5,98765432109876543210,\"[[0.5,9]]\"
,2026-11-02,3,7.25,,
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{ended:?}");
    assert_eq!(ended.stderr, format!("submitted {ID}, 4 chunks\n{WORK}"));
}

#[test]
fn csv_of_an_answer_without_groups_is_one_row() {
    let server = Server::new([ok(completed()), ok(of_kernels())]);
    let ended = pgfold(&server, &format!("status {ID} --csv"));
    let pair = r#""{""id"":61239,""x1"":65.76858534432826,""y1"":87.28418529886409}""#;
    assert_eq!(ended.stdout, format!("distance,pair\n0.05579301044980968,{pair}\n"));
    assert!(ended.stderr.starts_with(&format!("task       {ID}\n")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("pair"), "{}", ended.stderr);
    let ended = pgfold(&server, &format!("status {ID} --csv"));
    let expected = "\
fare.rows,fare.sum,p.pairs,p.box,p.none
12,123.5,\"[{\"\"id\"\":1},{\"\"id\"\":2}]\",\"{\"\"x\"\":0.5}\",
";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected));
}

#[test]
fn csv_of_a_job_without_an_answer_is_empty() {
    let server = Server::new([submitted(), ok(failed()), ok(pending())]);
    let ended = pgfold(&server, "run --csv");
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    let ended = pgfold(&server, &format!("status {ID} --csv"));
    assert_eq!((ended.code, ended.stdout.as_str()), (6, ""));
    assert!(ended.stderr.contains("\nso far     distance 0.25\n"), "{}", ended.stderr);
    for arguments in ["run --csv --json", "status a --csv --json", "--json run --csv"] {
        assert_eq!(pgfold(&server, arguments).code, 2, "{arguments}");
    }
}

#[test]
fn groups_that_did_not_fit_in_the_answer_are_told_beside_the_csv() {
    let mut job = of_groups();
    job.groups_left_out = Some(60);
    let server = Server::new([ok(job)]);
    let ended = pgfold(&server, &format!("status {ID} --csv"));
    let told = "pgfold: 60 groups left out: too many for an answer; --limit lists fewer\n";
    assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
}

/// A storage that fails once and then has an answer, and the job whose answer this is the whole of.
fn too_large() -> (Storage, JobDetail, String) {
    let whole = format!("{}\n", json!(of_groups()));
    let fails = Stored::Status(503, "", "");
    let file = Stored::File(whole.clone().into_bytes());
    let storage = Storage::new([("/answer.json", vec![fails, file])]);
    let mut short = of_groups();
    short.answer = Some(json!({ "group_count": 62, "groups": [] }));
    (short.groups_left_out, short.whole) = (Some(2), Some(storage.whole(whole.as_bytes())));
    (storage, short, whole)
}

#[test]
fn an_answer_that_was_too_large_to_be_sent_is_read_by_its_link() {
    let (storage, short, whole) = too_large();
    let steps = [submitted(), ok(&short), ok(&short), ok(&short), ok(&short), ok(&short)];
    let server = Server::new(steps);
    let ended = pgfold(&server, "run --compute fare=summary:fare --group-by city");
    assert_eq!((ended.code, ended.stdout), (0, format!("{TABLE}\n{WORK}")), "{}", ended.stderr);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert!(ended.stdout.ends_with(TABLE), "{ended:?}");
    let ended = pgfold(&server, &format!("status {ID} --csv"));
    assert_eq!(ended.stdout.lines().count(), 3, "{ended:?}");
    assert!(!ended.stderr.contains("left out: too many"), "{}", ended.stderr);
    let ended = pgfold(&server, &format!("status {ID} --wait --json"));
    assert_eq!((ended.code, ended.stdout), (0, whole));
    assert!(storage.asked().iter().all(|asked| asked.target == "/answer.json?s"));
}

#[test]
fn a_link_to_an_answer_that_leads_nowhere_is_an_error() {
    let (_storage, mut short, _) = too_large();
    let link = |short: &mut JobDetail, url: &str| {
        short.whole.as_mut().unwrap().link.url = url.to_owned();
    };
    link(&mut short, "http://bucket.example/answer.json?secret");
    let server = Server::new([ok(&short)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
    let why = format!("pgfold: the answer of {ID} is not downloaded: its link is not followed: ");
    assert!(ended.stderr.starts_with(&why), "{}", ended.stderr);
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);

    let gone = Storage::new([("/answer.json", vec![Stored::Status(404, "", "")])]);
    link(&mut short, &format!("{}/answer.json", gone.url));
    let server = Server::new([ok(&short)]);
    assert_eq!(pgfold(&server, &format!("status {ID}")).code, 4);
}

#[test]
fn a_status_says_what_is_computed_in_the_words_of_the_command_line() {
    let server = Server::new([ok(of_groups()), ok(of_kernels())]);
    let ended = pgfold(&server, &format!("status {ID}"));
    let expected = format!(
        "\
task       {ID}
state      completed
compute    fare=summary:fare
           p=quantiles:fare?{{\"ranks\":[0.5]}}
source     points
where      started_at>=2026-11-01 00:00:00+00
           city in Rome,Oslo
group by   city,day=day:started_at
order by   fare.sum, descending
limit      2
cut by     started_at
execution  streaming
sees       per-chunk, snapshot reached
created    2026-11-23T05:00:00.123Z
expires    2026-11-24T05:00:00.123Z
chunks     4 of 4
{WORK}
{TABLE}"
    );
    assert_eq!(ended.stdout, expected);
    let ended = pgfold(&server, &format!("status {ID}"));
    let end = format!("chunks     4 of 4\n{WORK}\nfare\n  rows       12\n");
    assert!(ended.stdout.contains(&end), "{}", ended.stdout);
}

#[test]
fn a_pending_job_shows_how_many_groups_there_are_so_far() {
    let mut job = pending();
    job.job.query = query();
    job.answer_so_far = of_groups().answer;
    let server = Server::new([ok(job)]);
    let ended = pgfold(&server, &format!("status {ID}"));
    assert!(ended.stdout.contains("\nso far     62 groups\nrows  "), "{}", ended.stdout);
}

#[test]
fn a_dry_run_shows_the_window_and_its_index() {
    let mut plan = dry_run(Vec::new());
    plan.query = query();
    (plan.estimated_rows, plan.estimated_share) = (10_000, Some(0.01));
    plan.index = Some("trips_started_at_idx".to_owned());
    plan.cut_by = Some("started_at".to_owned());
    let server = Server::new([ok(typed_sources()), ok(&plan), ok(typed_sources()), ok(&plan)]);
    let arguments = "run --kernel summary --where started_at>=2026-11-01 --dry-run";
    let ended = pgfold(&server, arguments);
    let expected = "
group by   city,day=day:started_at
order by   fare.sum, descending
limit      2
execution  streaming
sees       snapshot
rows       about 10,000, 1.00 % of all
index      trips_started_at_idx
cut by     started_at
chunks     2
";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    let lines = ["GET /stage/sources", "POST /stage/tasks?dry_run=true"];
    assert_eq!(server.lines(), lines);
    let ended = pgfold(&server, &format!("{arguments} --json"));
    assert_eq!((ended.code, ended.stdout), (0, line(&plan)));
}

#[test]
fn a_list_has_the_conditions_and_groups_of_jobs_that_have_some() {
    let server = Server::new([ok(page([of_groups(), completed()], None))]);
    let ended = pgfold(&server, "list");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    let headings = ["KERNEL", "SOURCE", "WHERE", "GROUP BY", "CHUNKS"];
    assert_eq!(cells(lines[0])[3..8], headings);
    let shown = [
        "summary, quantiles",
        "points",
        "started_at>=2026-11-01 00:00:00+00 and …",
        "city,day=day:started_at",
        "4/4",
    ];
    assert_eq!(cells(lines[1])[3..8], shown);
    assert_eq!(cells(lines[2])[3..6], ["min_distance", "points", "4/4"]);
}
