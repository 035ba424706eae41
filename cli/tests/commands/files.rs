//! Results as files: `pgfold run --output` and `pgfold fetch`.

use std::{
    fs,
    io::Read,
    os::unix::fs::FileTypeExt,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use pgfold_api::{Files, Format, JobDetail, Output, Problem, Progress};
use serde_json::{Value, json};

use crate::{
    answers::{ID, completed, failed, line, ok, pending, refusal, submitted, unknown},
    program::{Ended, command, end, pgfold, start},
    scratch::Scratch,
    server::{Server, Step, answer},
    storage::{Storage, Stored},
};

/// A completed job that wrote these files.
fn with(files: Files) -> JobDetail {
    let mut job = completed();
    job.answer = None;
    job.job.skipped = 0;
    job.job.output = Some(Output { format: files.format, parts: None });
    job.files = Some(files);
    job
}

/// A storage of these parts.
fn storage(parts: &[&[u8]]) -> Storage {
    let steps = |part: &&[u8]| vec![Stored::File(part.to_vec())];
    let parts = parts.iter().map(steps).enumerate();
    Storage::new(parts.map(|(number, steps)| (format!("/part-{number}"), steps)))
}

/// A storage of one part, which it answers with these steps.
fn storage_of_one(steps: Vec<Stored>) -> Storage {
    Storage::new([("/part-0", steps)])
}

/// Runs a job whose result is these parts, with FILE in the arguments for a file of the scratch
/// directory.
fn run(scratch: &Scratch, format: Format, parts: &[&[u8]], arguments: &str) -> Ended {
    let storage = storage(parts);
    let server = Server::new([submitted(), ok(with(storage.files(format, parts, "s")))]);
    pgfold(&server, &in_scratch(scratch, arguments))
}

/// Fetches the one part of a result, of these bytes.
fn fetch(scratch: &Scratch, storage: &Storage, bytes: &[u8]) -> Ended {
    let server = Server::new([ok(with(storage.files(Format::Csv, &[bytes], "s")))]);
    pgfold(&server, &in_scratch(scratch, &format!("fetch {ID} --output FILE.csv")))
}

fn in_scratch(scratch: &Scratch, arguments: &str) -> String {
    arguments.replace("FILE", scratch.path("out").to_str().unwrap())
}

const RUN: &str = "run --compute a=summary:fare --group-by city";

const WORK: &str = "\
rows       1,000,000
speed      2,325,581 rows/s
elapsed    430 ms
cost       $0.000046
";

#[test]
fn one_part_is_a_file_and_replaces_one() {
    let scratch = Scratch::new();
    scratch.write("out.parquet", "of yesterday");
    let storage = storage(&[b"PAR1 of today"]);
    let files = storage.files(Format::Parquet, &[b"PAR1 of today"], "s");
    let server = Server::new([submitted(), ok(with(files))]);
    let arguments = "run --kernel rows --columns city,fare --output FILE.parquet";
    let ended = pgfold(&server, &in_scratch(&scratch, arguments));

    assert_eq!(ended.code, 0, "{ended:?}");
    let path = scratch.path("out.parquet");
    let wrote = format!("wrote      {}: 10 rows, 13 bytes\n", path.display());
    assert_eq!(ended.stdout, wrote + WORK);
    assert_eq!(ended.stderr, format!("submitted {ID}, 4 chunks\n"));
    assert_eq!(scratch.read("out.parquet"), "PAR1 of today");
    assert_eq!(scratch.all(), ["out.parquet"]);
    let request = server.request();
    assert_eq!(request.line, "POST /stage/tasks");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    let expected = json!({
        "kernel": "rows", "columns": ["city", "fare"], "output": { "format": "parquet" },
    });
    assert_eq!(body, expected);
}

#[test]
fn several_parts_of_parquet_are_a_directory() {
    let parts: &[&[u8]] = &[b"PAR1 a", b"PAR1 bb", b"PAR1 ccc"];
    let scratch = Scratch::new();
    let ended = run(&scratch, Format::Parquet, parts, &format!("{RUN} --output FILE.parquet"));
    assert_eq!(ended.code, 0, "{ended:?}");
    let path = scratch.path("out.parquet");
    let wrote = format!("wrote      {}/: 3 files, 30 rows, 21 bytes\n", path.display());
    assert_eq!(ended.stdout, wrote + WORK);
    let names = [0, 1, 2].map(|number| format!("out.parquet/part-0000{number}.parquet"));
    assert_eq!(scratch.all(), names);
    for (name, part) in names.iter().zip(parts) {
        assert_eq!(scratch.read(name).as_bytes(), *part);
    }
    // A file of the name is replaced as well.
    let scratch = Scratch::new();
    scratch.write("out.parquet", "of yesterday");
    let ended = run(&scratch, Format::Parquet, parts, &format!("{RUN} --output FILE.parquet"));
    assert_eq!((ended.code, scratch.all()), (0, names.to_vec()), "{ended:?}");
}

#[test]
fn other_parts_are_joined_in_one_file() {
    let lines: &[&[u8]] = &[b"{\"a\":1}\n", b"", b"{\"a\":2}\n{\"a\":3}\n"];
    let scratch = Scratch::new();
    let ended = run(&scratch, Format::Jsonl, lines, &format!("{RUN} --output FILE.ndjson"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.read("out.ndjson"), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");

    let csv: &[&[u8]] = &[b"a,\"b\n\"\n1,2\n", b"a,\"b\n\"\n", b"a,\"b\n\"\n3,\"4\n\"\n"];
    let ended = run(&scratch, Format::Csv, csv, &format!("{RUN} --output FILE.csv"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.read("out.csv"), "a,\"b\n\"\n1,2\n3,\"4\n\"\n");
    assert!(ended.stdout.contains("out.csv: 30 rows, 18 bytes\n"), "{}", ended.stdout);
    assert_eq!(scratch.all(), ["out.csv", "out.ndjson"]);
}

#[test]
fn a_directory_has_a_file_for_each_part() {
    let csv: &[&[u8]] = &[b"a\n1\n", b"a\n2\n"];
    for exists in [false, true] {
        let scratch = Scratch::new();
        if exists {
            // With what a process left that was killed.
            fs::create_dir_all(scratch.path("out/.pgfold-1-0.partial")).unwrap();
        }
        let ended = run(&scratch, Format::Csv, csv, &format!("{RUN} --output FILE/ --format csv"));
        assert_eq!(ended.code, 0, "{ended:?}");
        let mut names = vec!["out/part-00000.csv", "out/part-00001.csv"];
        if exists {
            names.insert(0, "out/.pgfold-1-0.partial/");
        }
        assert_eq!(scratch.all(), names);
        assert_eq!(scratch.read("out/part-00001.csv"), "a\n2\n");
    }
}

#[test]
fn stdout_has_the_parts_and_nothing_else() {
    let scratch = Scratch::new();
    let csv: &[&[u8]] = &[b"a\n1\n", b"a\n2\n"];
    let ended = run(&scratch, Format::Csv, csv, &format!("{RUN} --output - --format csv"));
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "a\n1\n2\n"), "{ended:?}");
    let told = format!("submitted {ID}, 4 chunks\nwrote      stdout: 20 rows, 6 bytes\n{WORK}");
    assert_eq!(ended.stderr, told);
}

#[test]
fn a_pipe_is_written_to_and_stays_one() {
    let scratch = Scratch::new();
    let pipe = scratch.path("out.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn(move || {
        let mut read = String::new();
        fs::File::open(&pipe).unwrap().read_to_string(&mut read).unwrap();
        (read, fs::metadata(&pipe).unwrap().file_type().is_fifo())
    });
    let ended =
        run(&scratch, Format::Csv, &[b"a\n1\n", b"a\n2\n"], &format!("{RUN} --output FILE.csv"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(reader.join().unwrap(), ("a\n1\n2\n".to_owned(), true));
}

#[test]
fn a_link_keeps_leading_to_the_file() {
    let scratch = Scratch::new();
    scratch.write("real.csv", "of yesterday");
    std::os::unix::fs::symlink("real.csv", scratch.path("out.csv")).unwrap();
    let ended = run(&scratch, Format::Csv, &[b"a\n1\n"], &format!("{RUN} --output FILE.csv"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.read("real.csv"), "a\n1\n");
    assert!(fs::symlink_metadata(scratch.path("out.csv")).unwrap().is_symlink());
}

#[test]
fn a_result_without_parts_is_an_empty_file_or_none() {
    let scratch = Scratch::new();
    for (format, name, written) in [
        (Format::Csv, "out.csv", Some("id,\"city, or \"\"town\"\"\"\n")),
        (Format::Jsonl, "out.jsonl", Some("")),
        (Format::Parquet, "out.parquet", None),
    ] {
        let arguments = format!("{RUN} --output FILE.{}", format.name());
        let ended = run(&scratch, format, &[], &arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(fs::read_to_string(scratch.path(name)).ok().as_deref(), written, "{name}");
        let is_none = ended.stdout.starts_with("wrote      nothing: the result has no rows");
        assert_eq!(is_none, written.is_none(), "{ended:?}");
    }
}

#[test]
fn json_is_the_servers_document_and_the_files_are_written() {
    let scratch = Scratch::new();
    let storage = storage(&[b"a\n1\n"]);
    let job = with(storage.files(Format::Csv, &[b"a\n1\n"], "s"));
    let server = Server::new([submitted(), ok(&job), ok(&job)]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("{RUN} --output FILE.csv --json")));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout, line(&job));
    assert_eq!(scratch.read("out.csv"), "a\n1\n");
}

#[test]
fn the_storage_receives_no_credentials_but_those_in_its_links() {
    let scratch = Scratch::new();
    let parts: &[&[u8]] = &[b"a", b"b"];
    let storage = storage(parts);
    let files = storage.files(Format::Jsonl, parts, "X-Amz-Signature=abc%2B");
    let server = Server::new([submitted(), ok(with(files))]);
    let arguments = in_scratch(&scratch, &format!("{RUN} --output FILE.jsonl"));
    let mut program = command(&arguments);
    let program = program.env("API_URL", &server.url).env("PGFOLD_TOKEN", "the-token");
    assert_eq!(end(program.spawn().unwrap()).code, 0);
    assert_eq!(server.request().headers["authorization"], "Bearer the-token");
    let asked = storage.asked();
    assert_eq!(asked.len(), 2);
    for asked in asked {
        assert!(asked.target.ends_with("?X-Amz-Signature=abc%2B"), "{asked:?}");
        let said = format!("{:?}", asked.headers);
        assert!(!said.contains("authorization") && !said.contains("the-token"), "{said}");
    }
}

#[test]
fn a_download_that_is_cut_off_goes_on_where_it_was() {
    let scratch = Scratch::new();
    let file: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let cut_off = Stored::CutOff(file.clone(), 300_000);
    let busy = Stored::Status(503, "", "<Error><Code>SlowDown</Code></Error>");
    let storage = storage_of_one(vec![cut_off, busy, Stored::File(file.clone())]);
    let ended = fetch(&scratch, &storage, &file);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(fs::read(scratch.path("out.csv")).unwrap() == file);
    let ranges = storage.asked().into_iter().map(|asked| asked.headers.get("range").cloned());
    let ranges: Vec<_> = ranges.collect();
    assert_eq!((ranges.len(), &ranges[0]), (3, &None));
    assert!(ranges[1].is_some() && ranges[1] == ranges[2], "{ranges:?}");
}

#[test]
fn bytes_that_are_wrong_are_downloaded_again_from_the_start() {
    let scratch = Scratch::new();
    let other = Stored::File(b"a\n2\n".to_vec());
    let longer = Stored::File(b"a\n1\n2\n".to_vec());
    let storage = storage_of_one(vec![other, longer, Stored::File(b"a\n1\n".to_vec())]);
    let ended = fetch(&scratch, &storage, b"a\n1\n");
    assert_eq!((ended.code, scratch.read("out.csv").as_str()), (0, "a\n1\n"), "{ended:?}");
    assert!(storage.asked().iter().all(|asked| !asked.headers.contains_key("range")));
}

#[test]
fn nothing_of_a_file_that_stays_wrong_is_left() {
    let scratch = Scratch::new();
    scratch.write("out.csv", "of yesterday");
    let storage = storage_of_one(vec![Stored::File(b"a\n2\n".to_vec())]);
    let ended = fetch(&scratch, &storage, b"a\n1\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""));
    let why = format!(
        "pgfold: part 0 of {ID} is not downloaded: its SHA-256 is not that of the result; `pgfold \
         fetch {ID} --output FILE` downloads the files again"
    );
    assert_eq!(ended.stderr.lines().last(), Some(why.as_str()));
    assert_eq!(
        (scratch.all(), scratch.read("out.csv").as_str()),
        (vec!["out.csv".to_owned()], "of yesterday")
    );
}

/// What S3 answers to a link that has expired.
const EXPIRED: Stored = Stored::Status(
    403,
    "",
    "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired\
     </Message></Error>",
);

#[test]
fn links_that_have_expired_are_asked_for_again() {
    let scratch = Scratch::new();
    let parts: &[&[u8]] = &[b"{}\n", b"[]\n"];
    let file = |part: &[u8]| Stored::File(part.to_vec());
    let storage = Storage::new([
        ("/part-0", vec![file(parts[0])]),
        ("/part-1", vec![EXPIRED, file(parts[1])]),
    ]);
    let old = with(storage.files(Format::Jsonl, parts, "old"));
    let mut new = storage.files(Format::Jsonl, parts, "new");
    new.parts.remove(0);
    let server = Server::new([ok(old), ok(with(new))]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.jsonl")));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.read("out.jsonl"), "{}\n[]\n");
    let told = "pgfold: the storage refuses a link, which may have expired; asking for new ones\n";
    assert_eq!(ended.stderr, told);
    let expected = ["?receipts=none", "?from=1&limit=1000&receipts=none"]
        .map(|query| format!("GET /stage/tasks/{ID}{query}"));
    assert_eq!(server.lines(), expected);
    let last = storage.asked().pop().unwrap();
    assert_eq!(last.target, "/part-1?new");
}

#[test]
fn a_link_is_renewed_once_and_its_refusal_told_without_its_secret() {
    let scratch = Scratch::new();
    let storage = storage_of_one(vec![EXPIRED]);
    let files = storage.files(Format::Csv, &[b"a\n"], "secret");
    let server = Server::new([ok(with(files.clone())), ok(with(files))]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.csv")));
    assert_eq!((ended.code, ended.stdout.as_str()), (7, ""));
    let why = format!(
        "part 0 of {ID} is not downloaded: the storage refuses its link: 403 AccessDenied: Request \
         has expired; "
    );
    assert!(ended.stderr.contains(&why) && !ended.stderr.contains("secret"), "{}", ended.stderr);
    assert_eq!(scratch.all(), Vec::<String>::new());
}

#[test]
fn links_that_are_not_in_the_answer_are_asked_for() {
    let scratch = Scratch::new();
    let parts: &[&[u8]] = &[b"{}\n", b"[]\n", b"7\n"];
    let storage = storage(parts);
    let (mut first, mut rest) =
        (storage.files(Format::Jsonl, parts, "s"), storage.files(Format::Jsonl, parts, "s"));
    first.parts.truncate(2);
    rest.parts.drain(..2);
    let server = Server::new([ok(with(first)), ok(with(rest))]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.jsonl")));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.read("out.jsonl"), "{}\n[]\n7\n");
    assert_eq!(server.lines()[1], format!("GET /stage/tasks/{ID}?from=2&limit=1000&receipts=none"));
}

#[test]
fn a_file_that_is_gone_has_the_exit_code_of_what_is_not_there() {
    let scratch = Scratch::new();
    let storage =
        storage_of_one(vec![Stored::Status(404, "", "<Error><Code>NoSuchKey</Code></Error>")]);
    let ended = fetch(&scratch, &storage, b"a\n");
    assert_eq!((ended.code, scratch.all().len()), (4, 0), "{ended:?}");
    assert!(ended.stderr.contains("its file is gone (404)"), "{}", ended.stderr);
    assert_eq!(storage.asked().len(), 1);
}

#[test]
fn neither_a_redirect_nor_a_link_in_the_clear_is_followed() {
    let scratch = Scratch::new();
    let storage =
        storage_of_one(vec![Stored::Status(307, "location: http://127.0.0.1:1/\r\n", "")]);
    let ended = fetch(&scratch, &storage, b"a\n");
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("the storage redirects it (307)"), "{}", ended.stderr);

    let mut files = storage.files(Format::Csv, &[b"a\n"], "secret");
    files.parts[0].link.url = "http://bucket.example/part-0?secret".to_owned();
    let server = Server::new([ok(with(files))]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.csv")));
    assert_eq!(ended.code, 5, "{ended:?}");
    let why =
        "its link is not followed: http://bucket.example would send it, and the file, in the clear";
    assert!(ended.stderr.contains(why) && !ended.stderr.contains("secret"), "{}", ended.stderr);
    assert_eq!(scratch.all(), Vec::<String>::new());
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_submitted() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("out")).unwrap();
    scratch.write("out/kept.parquet", "");
    scratch.write("file", "");
    for (output, code, why) in [
        ("FILE --format csv", 2, "the directory has files already, such as kept.parquet; empty it"),
        (
            "FILE/ --format csv",
            2,
            "the directory has files already, such as kept.parquet; empty it",
        ),
        ("FILE/../file/ --format csv", 2, "this is a file, not a directory"),
        ("FILE/no/out.csv", 2, "there is no directory "),
        ("FILE/no/", 2, "says no format: end it in .jsonl, .csv or .parquet, or give --format"),
        ("FILE.dat", 2, "says no format"),
        ("FILE.csv --format parquet", 2, "out.csv is a name for csv, and the format is parquet"),
        ("- --format parquet", 2, "Parquet needs a file, because its parts cannot be joined"),
        ("- --format csv --json", 2, "--output - and --json both write to stdout; choose one"),
        ("/proc/out.csv", 74, "cannot write /proc: "),
    ] {
        let server = Server::new([submitted()]);
        let ended = pgfold(&server, &in_scratch(&scratch, &format!("{RUN} --output {output}")));
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{output}: {ended:?}");
        assert!(ended.stderr.contains(why), "{output}: {}", ended.stderr);
        assert!(server.lines().is_empty(), "{output}");
    }
    assert_eq!(scratch.all(), ["file", "out/kept.parquet"]);
    for wrong in [
        "run --output FILE.csv",
        "run --kernel rows --output FILE.csv --no-wait",
        "run --kernel rows --output FILE.csv --csv",
        "run --kernel rows --parts 3",
        "run --kernel rows --format xlsx",
        "run --kernel rows --column a --columns b --format csv",
    ] {
        assert_eq!(pgfold(&Server::new([]), &in_scratch(&scratch, wrong)).code, 2, "{wrong}");
    }
}

#[test]
fn a_job_without_an_output_writes_nothing() {
    let scratch = Scratch::new();
    for (job, code) in [(failed(), 1), (pending(), 6)] {
        let server = Server::new([submitted()].into_iter().chain(std::iter::repeat(ok(job))));
        let arguments = format!("{RUN} --output FILE.csv --timeout 2");
        let ended = pgfold(&server, &in_scratch(&scratch, &arguments));
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{ended:?}");
        assert_eq!(scratch.all(), Vec::<String>::new());
    }
    let server = Server::new([submitted(), ok(completed())]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("{RUN} --output FILE.csv")));
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{ended:?}");
}

#[test]
fn ctrl_c_or_the_timeout_leave_nothing_of_a_download() {
    let scratch = Scratch::new();
    let storage = storage_of_one(vec![Stored::Silence]);
    let files = storage.files(Format::Csv, &[b"a"], "s");
    let arguments = in_scratch(&scratch, &format!("fetch {ID} --output FILE.csv"));
    let server = Server::new([ok(with(files.clone()))]);
    let program = start(&server, &arguments);
    let since = Instant::now();
    while storage.asked().is_empty() {
        assert!(since.elapsed() < Duration::from_secs(60), "no request");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(scratch.all()[0].ends_with("part-00000.csv"), "{:?}", scratch.all());
    let id = program.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -INT $0", &id]).status().unwrap().success());
    let ended = end(program);
    let why = format!(
        "pgfold: {ID} is completed, but the download was interrupted; `pgfold fetch {ID} --output \
         FILE` downloads the files again\n"
    );
    assert_eq!((ended.code, ended.stderr), (130, why));
    assert_eq!(scratch.all(), Vec::<String>::new());

    let server = Server::new([ok(with(files))]);
    let ended = pgfold(&server, &format!("{arguments} --timeout 2"));
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.stderr.contains("was not complete before --timeout"), "{}", ended.stderr);
    assert_eq!(scratch.all(), Vec::<String>::new());
}

#[test]
fn a_file_has_the_name_of_its_job_unless_another_is_given() {
    let scratch = Scratch::new();
    let storage = storage(&[b"a\n"]);
    let server = Server::new([ok(pending()), ok(with(storage.files(Format::Csv, &[b"a\n"], "s")))]);
    let mut program = command(&format!("fetch {ID} --wait"));
    let program = program.env("API_URL", &server.url).current_dir(scratch.path(""));
    let ended = end(program.spawn().unwrap());
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(scratch.all(), [format!("{ID}.csv")]);
    assert!(ended.stdout.starts_with(&format!("wrote      {ID}.csv: 10 rows, 2 bytes\n")));
}

#[test]
fn what_has_no_files_is_not_fetched() {
    let scratch = Scratch::new();
    let steps: [(Step, i32, String); 4] = [
        (ok(pending()), 6, format!("{ID} is pending, and has no files yet; --wait waits for them")),
        (ok(failed()), 1, format!("{ID} failed: 1 of 4 chunks failed; ")),
        (
            ok(completed()),
            2,
            format!("{ID} has an answer instead of files; `pgfold status {ID}` shows it"),
        ),
        (unknown(), 4, "there is no task".to_owned()),
    ];
    for (step, code, why) in steps {
        let server = Server::new([step]);
        let ended =
            pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.csv")));
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{ended:?}");
        assert!(ended.stderr.contains(&why), "{}", ended.stderr);
    }
    let storage = storage(&[b"PAR1"]);
    let server = Server::new([ok(with(storage.files(Format::Parquet, &[b"PAR1"], "s")))]);
    let ended = pgfold(&server, &in_scratch(&scratch, &format!("fetch {ID} --output FILE.csv")));
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("is a name for csv, and the format is parquet"), "{ended:?}");
    assert_eq!(scratch.all(), Vec::<String>::new());
}

const FILES: &str = "\
files      parquet, 2 parts: 20 rows, 9 bytes
manifest   results/manifest.json
links      in --json, good until 2026-11-23T06:00:00.123Z
download   `pgfold fetch agg_01a20520-86a3-7273-ad1a-135e6a93b9eb --output FILE`
";

#[test]
fn files_that_are_not_downloaded_are_shown() {
    let storage = storage(&[]);
    let files = || storage.files(Format::Parquet, &[b"PAR1", b"PAR12"], "secret");
    let mut job = with(files());
    job.job.output = Some(Output { format: Format::Parquet, parts: Some(2) });
    job.job.progress = Progress { done: 6, total: 6 };
    let server = Server::new([submitted(), ok(&job), ok(&job)]);
    let ended = pgfold(&server, &format!("{RUN} --format parquet --parts 2"));
    assert_eq!((ended.code, ended.stdout), (0, format!("{FILES}{WORK}")));
    let body: Value = serde_json::from_str(&server.request().body).unwrap();
    assert_eq!(body["output"], json!({ "format": "parquet", "parts": 2 }));

    let ended = pgfold(&server, &format!("status {ID}"));
    assert_eq!(ended.code, 0);
    for lines in ["output     parquet, 2 parts\n", "chunks     4 of 4\npartitions 2 of 2\n", FILES]
    {
        assert!(ended.stdout.contains(lines), "{}", ended.stdout);
    }
    assert!(!ended.stdout.contains("secret"), "{}", ended.stdout);
}

#[test]
fn rows_without_a_format_lead_to_the_options() {
    let sentence = "the kernel rows writes files; say in which format by output";
    let server = Server::new([answer(400, refusal(Problem::NotSubmitted, sentence))]);
    let ended = pgfold(&server, "run --kernel rows");
    assert_eq!(ended.code, 7);
    let hint = "; --output FILE downloads them, --format says the format alone\n";
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
}
