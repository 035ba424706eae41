//! `pgfold cancel`, `retry` and `kernels`, and the behaviour of every command.

use std::sync::mpsc;

use pgfold_api::{KernelColumn, KernelDescription, KernelList, KernelName, Problem};
use serde_json::{Value, json};

use crate::{
    answers::{ID, completed, has_been_cancelled, ok, refusal, retried, submitted, unknown},
    program::{command, end, pgfold, start},
    server::{Server, answer},
};

#[test]
fn a_job_is_cancelled_unless_it_is_over_or_unknown() {
    let over = refusal(Problem::NotCancelled, "the task is completed");
    let server =
        Server::new([has_been_cancelled(), answer(409, &over), answer(409, &over), unknown()]);
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
fn a_job_is_sent_again() {
    let again = retried();
    let server = Server::new([ok(&again), ok(&again)]);
    let ended = pgfold(&server, &format!("retry {ID}"));
    assert_eq!((ended.code, ended.stdout), (0, format!("submitted {ID}, 1 chunk\n")));
    let ended = pgfold(&server, &format!("retry {ID} --json"));
    assert_eq!((ended.code, ended.stdout), (0, format!("{again}\n")));
    assert_eq!(server.lines(), vec![format!("POST /stage/tasks/{ID}/retry"); 2]);
}

#[test]
fn kernels_are_shown_with_what_they_take() {
    let column = |name: &str| KernelColumn { name: name.to_owned(), kind: "number".to_owned() };
    let nearest_k = KernelDescription {
        kernel: KernelName("nearest_k".to_owned()),
        about: "the k nearest pairs".to_owned(),
        columns: vec![column("x1"), column("y1")],
        params: json!({ "type": "object", "properties": {
            "k": { "type": "integer" }, "metric": { "enum": ["euclidean", "geodesic"] },
        } }),
        example: Some(json!({ "k": 3 })),
        pushdown: false,
        pushdown_params: None,
        pushdown_groups: false,
        needs_output: false,
        answer: json!({ "type": "object" }),
    };
    let summary = KernelDescription {
        kernel: KernelName("summary".to_owned()),
        about: "count and sum\u{9b}".to_owned(),
        columns: vec![column("value")],
        params: json!({}),
        example: None,
        pushdown: true,
        pushdown_groups: true,
        ..nearest_k.clone()
    };
    let rows = KernelDescription {
        kernel: KernelName("rows".to_owned()),
        about: "The rows themselves, as files.".to_owned(),
        columns: Vec::new(),
        params: json!({ "type": "object", "additionalProperties": false }),
        example: None,
        needs_output: true,
        answer: Value::Null,
        ..nearest_k.clone()
    };
    let server = Server::new([ok(KernelList { kernels: vec![nearest_k, summary, rows] })]);
    let ended = pgfold(&server, "kernels");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let expected = "\
nearest_k: the k nearest pairs
  columns  x1 (number), y1 (number)
  params   k (integer), metric (euclidean | geodesic)
  example  {\"k\":3}

summary: count and sum\\u{9b}
  columns  value (number)
  pushdown also in groups and with other kernels

rows: The rows themselves, as files.
  columns  any that can be read, by default all of them
  output   --output FILE, or --format
";
    assert_eq!(ended.stdout, expected);
    assert_eq!(server.lines(), ["GET /stage/kernels"]);
}

#[test]
fn a_refused_job_is_told_in_the_servers_words() {
    let error = refusal(Problem::NotSubmitted, "chunks must be a whole number");
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
fn a_misspelled_name_is_answered_with_what_may_be_meant() {
    for (sentence, meant) in [
        ("there is no kernel \"sumary\"; there is min_distance, summary", "summary"),
        ("there is no source \"piont\"; there is points, trips", "points"),
        ("the source has no column \"amout\" to read; it has customer, amount", "amount"),
    ] {
        let error = answer(400, refusal(Problem::NotSubmitted, sentence));
        let server = Server::new([error.clone(), error]);
        for arguments in ["run --kernel sumary --column amout", "run --kernel sumary --dry-run"] {
            let ended = pgfold(&server, arguments);
            assert_eq!(ended.code, 7);
            let hint = format!("; did you mean {meant:?}?\n");
            assert!(ended.stderr.ends_with(&hint), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_misspelled_state_is_answered_with_what_may_be_meant() {
    let sentence = "state must be one of pending, completed, not \"complete\"";
    let server = Server::new([answer(400, refusal(Problem::NotSubmitted, sentence))]);
    let ended = pgfold(&server, "list --state complete");
    assert_eq!(ended.code, 7);
    assert!(ended.stderr.ends_with("; did you mean \"completed\"?\n"), "{}", ended.stderr);
}

#[test]
fn a_source_that_does_not_fit_the_kernel_leads_to_what_fits() {
    let few = "the kernel reads 4 columns (x1, y1, x2, y2), and the source has 2 (amount, name)";
    let unfit = "column \"name\" of table \"orders\" is text; to be read as number it must be one";
    for sentence in [few, unfit] {
        let error = answer(400, refusal(Problem::NotSubmitted, sentence));
        let server = Server::new([error.clone(), error.clone(), error]);
        for (arguments, option) in [
            ("run", Some("--kernel with --column")),
            ("run --kernel summary", Some("--column says")),
            ("run --kernel summary --column name", None),
        ] {
            let ended = pgfold(&server, arguments);
            assert_eq!(ended.code, 7);
            let is_hinted = ended.stderr.contains("`pgfold sources` lists what can be read");
            assert_eq!(is_hinted, option.is_some(), "{}", ended.stderr);
            assert!(ended.stderr.contains(option.unwrap_or_default()), "{}", ended.stderr);
        }
    }
}

#[test]
fn wrong_numbers_are_refused_with_what_is_allowed() {
    for (arguments, allowed) in [
        ("run --chunks four", "'four' for '--chunks <N>': it must be a whole number"),
        ("list --limit 0", "'0' for '--limit <N>': it must be a whole number of at least 1"),
        ("list --limit=-1", "it must be a whole number of at least 1"),
        ("proxy --port 65536", "it must be a whole number from 0 to 65535"),
        ("list --timeout soon", "it must be a number of seconds above 0"),
        ("list --timeout 0", "it must be a number of seconds above 0"),
        ("run --where city~Rome", "'city~Rome' for '--where <CONDITION>': there is no operator; "),
        ("run --group-by dya:at", "'dya:at' for '--group-by <COLUMN>': there is no unit \"dya\"; "),
        ("run --compute fare", "'fare' for '--compute <NAME=KERNEL>': the name of the answer is "),
        ("run --kernel summary --group-by city --limit few", "it must be a whole number"),
    ] {
        let ended = end(command(arguments).spawn().unwrap());
        assert_eq!(ended.code, 2, "{arguments}");
        assert!(ended.stderr.contains(allowed), "{arguments}: {}", ended.stderr);
    }
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
    let mut steps = vec![ok(completed()); 2].into_iter();
    // The answer comes after its reader has left.
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

#[test]
fn shells_complete_commands_and_options_without_an_api() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = end(command(&format!("completions {shell}")).spawn().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{shell}");
        for word in [
            "pgfold", "status", "dry-run", "where", "group-by", "csv", "fetch", "output", "parquet",
        ] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(end(command("completions klingon").spawn().unwrap()).code, 2);
}
