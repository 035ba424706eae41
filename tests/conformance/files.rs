//! The promises of files.

use std::time::Duration;

use pgfold_adapters::new_job_id;
use pgfold_core::{Error, Files, Format, NewObject, ObjectName, Objects};

const MINUTE: Duration = Duration::from_secs(60);

/// A part of a job of the test's own.
fn part() -> NewObject {
    NewObject::Part { job_id: new_job_id(), part: 3, format: Format::Csv }
}

/// Bytes that differ everywhere.
fn sample(length: usize) -> Vec<u8> {
    (0..length as u64).flat_map(u64::to_be_bytes).take(length).collect()
}

/// Writes a file in pieces of so many bytes, and returns its name.
async fn written(files: &dyn Files, bytes: &[u8], piece: usize) -> ObjectName {
    let mut upload = files.create(part());
    for piece in bytes.chunks(piece) {
        upload.write(piece.to_vec()).await.unwrap();
    }
    let name = upload.name().clone();
    upload.finish().await.unwrap();
    name
}

async fn check(files: &(impl Files + Objects), bytes: &[u8], piece: usize) {
    let name = written(files, bytes, piece).await;
    assert!(files.has(&name).await.unwrap(), "{name}");
    let length = bytes.len() as u64;
    if length > 0 {
        assert!(files.read(&name, 0..length).await.unwrap() == bytes, "{length} in {piece}");
    }
    let longer = files.read(&name, 0..length + 1).await;
    assert!(matches!(longer, Err(Error::Corrupt { .. })), "{length} in {piece}: {longer:?}");
}

pub(crate) async fn a_file_reads_back(files: &(impl Files + Objects)) {
    for (length, piece) in [(0, 1), (1, 1), (1000, 7), (100_000, 100_000)] {
        check(files, &sample(length), piece).await;
    }
}

pub(crate) async fn a_large_file_reads_back(files: &(impl Files + Objects)) {
    // In pieces that no size of a part is a multiple of; exactly as parts of S3 are; at once.
    for (length, piece) in
        [(20_000_001, 777_777), (16_000_000, 8_000_000), (20_000_000, usize::MAX)]
    {
        check(files, &sample(length), piece).await;
    }
}

pub(crate) async fn a_file_is_read_only_after_its_end(files: &(impl Files + Objects)) {
    for length in [10, 20_000_000] {
        let mut upload = files.create(part());
        let name = upload.name().clone();
        assert!(!files.has(&name).await.unwrap());
        upload.write(sample(length)).await.unwrap();
        assert!(!files.has(&name).await.unwrap());
        let read = files.read(&name, 0..1).await;
        assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
        upload.finish().await.unwrap();
        assert!(files.has(&name).await.unwrap());
        assert_eq!(files.read(&name, 0..1).await.unwrap(), sample(1));
    }
}

pub(crate) async fn a_file_that_is_dropped_never_exists(files: &(impl Files + Objects)) {
    for length in [10, 20_000_000] {
        let mut upload = files.create(part());
        let name = upload.name().clone();
        upload.write(sample(length)).await.unwrap();
        drop(upload);
        assert!(!files.has(&name).await.unwrap(), "{length}");
    }
}

pub(crate) async fn two_files_of_one_part_both_stay(files: &(impl Files + Objects)) {
    let part = part();
    let (mut one, mut other) = (files.create(part), files.create(part));
    let names = [one.name().clone(), other.name().clone()];
    assert_ne!(names[0], names[1]);
    one.write(b"one".to_vec()).await.unwrap();
    other.write(b"two".to_vec()).await.unwrap();
    other.finish().await.unwrap();
    one.finish().await.unwrap();
    assert_eq!(files.read(&names[0], 0..3).await.unwrap(), b"one");
    assert_eq!(files.read(&names[1], 0..3).await.unwrap(), b"two");
}

pub(crate) async fn a_name_tells_the_part_and_the_format(files: &(impl Files + Objects)) {
    let job_id = new_job_id();
    let part = NewObject::Part { job_id, part: 3, format: Format::Csv };
    let name = files.create(part).name().clone();
    let start = format!("results/{job_id}/part-00003-");
    let unique = name.as_str().strip_prefix(&start).and_then(|end| end.strip_suffix(".csv"));
    assert!(unique.is_some_and(|unique| unique.len() == 32), "{name}");
}

pub(crate) async fn a_link_reads_a_file_and_no_other_until_its_time_is_over(
    files: &(impl Files + Objects),
) {
    let name = written(files, b"a,b\n1,2\n", 100).await;
    let link = files.link(&name, "answer.csv", MINUTE).await.unwrap();
    let got = reqwest::get(&link).await.unwrap();
    assert_eq!(got.status(), 200);
    let header = |name: &str| got.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), Format::Csv.media_type());
    assert_eq!(header("content-disposition"), "attachment; filename=\"answer.csv\"");
    assert_eq!(got.text().await.unwrap(), "a,b\n1,2\n");

    let absent = files.link(&part().with("absent"), "answer.csv", MINUTE).await.unwrap();
    assert_eq!(reqwest::get(&absent).await.unwrap().status(), 404);

    let changed = link.replace("answer.csv", "another.csv");
    assert_ne!(changed, link);
    assert_eq!(reqwest::get(&changed).await.unwrap().status(), 403);

    let short = files.link(&name, "answer.csv", Duration::from_secs(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(reqwest::get(&short).await.unwrap().status(), 403);
}

pub(crate) async fn a_link_to_a_file_of_several_parts_reads_it(files: &(impl Files + Objects)) {
    let bytes = sample(20_000_000);
    let name = written(files, &bytes, 3_000_000).await;
    let link = files.link(&name, "answer.csv", MINUTE).await.unwrap();
    let got = reqwest::get(&link).await.unwrap();
    assert_eq!(got.headers()["content-type"], Format::Csv.media_type());
    assert!(got.bytes().await.unwrap() == bytes);
}

pub(crate) async fn a_bucket_that_does_not_exist_is_misconfigured(files: &impl Files) {
    for length in [10, 20_000_000] {
        let mut upload = files.create(part());
        let ended = match upload.write(sample(length)).await {
            Ok(()) => upload.finish().await,
            Err(error) => Err(error),
        };
        assert!(matches!(ended, Err(Error::Misconfigured(_))), "{ended:?}");
    }
}
