//! The promises of objects.

use futures_util::{StreamExt, stream};
use pgfold_adapters::new_job_id;
use pgfold_core::{Checksum, ChunkIndex, Error, ObjectName, Objects};

/// Bytes that differ everywhere, and their name in a job of the test's own.
fn sample(length: usize) -> (ObjectName, Vec<u8>) {
    let bytes: Vec<u8> = (0..length as u64).flat_map(|at| at.to_be_bytes()).take(length).collect();
    (ObjectName::of_chunk(new_job_id(), ChunkIndex(7), &Checksum::of(&bytes)), bytes)
}

pub(crate) async fn an_object_reads_back(objects: &dyn Objects) {
    for length in [1, 1000, 100_000] {
        let (name, bytes) = sample(length);
        objects.put(&name, bytes.clone()).await.unwrap();
        assert!(objects.read(&name, 0..length as u64).await.unwrap() == bytes, "{length} bytes");
    }
}

pub(crate) async fn an_object_is_read_in_ranges(objects: &dyn Objects) {
    let (name, bytes) = sample(1000);
    objects.put(&name, bytes.clone()).await.unwrap();
    for range in [0..1, 0..999, 999..1000, 17..18, 250..750] {
        let part = &bytes[range.start..range.end];
        assert_eq!(objects.read(&name, range.start as u64..range.end as u64).await.unwrap(), part);
    }
}

pub(crate) async fn an_object_that_is_put_again_stays(objects: &dyn Objects) {
    let (name, bytes) = sample(1000);
    for _ in 0..3 {
        objects.put(&name, bytes.clone()).await.unwrap();
        assert_eq!(objects.read(&name, 0..1000).await.unwrap(), bytes);
    }
}

pub(crate) async fn an_object_that_does_not_exist_is_corrupt(objects: &dyn Objects) {
    let (name, _) = sample(1000);
    let read = objects.read(&name, 0..1000).await;
    assert!(matches!(read, Err(Error::Corrupt { .. })), "{read:?}");
    let said = read.unwrap_err().with_causes();
    assert!(said.contains(name.as_str()) && said.contains("does not exist"), "{said}");
}

pub(crate) async fn an_object_that_ends_before_the_range_is_corrupt(objects: &dyn Objects) {
    let (name, bytes) = sample(1000);
    objects.put(&name, bytes).await.unwrap();
    for range in [0..1001, 999..1001, 1000..1001, 5000..6000] {
        let read = objects.read(&name, range.clone()).await;
        assert!(matches!(read, Err(Error::Corrupt { .. })), "{range:?}: {read:?}");
    }
}

pub(crate) async fn objects_of_one_chunk_are_kept_apart(objects: &dyn Objects) {
    let job_id = new_job_id();
    let contents: Vec<Vec<u8>> = (0..50_u8).map(|at| vec![at; 1 + usize::from(at)]).collect();
    let name = |bytes: &Vec<u8>| ObjectName::of_chunk(job_id, ChunkIndex(3), &Checksum::of(bytes));
    let put = async |bytes: &Vec<u8>| objects.put(&name(bytes), bytes.clone()).await;
    let puts: Vec<_> = stream::iter(contents.iter().map(put)).buffered(16).collect().await;
    assert!(puts.iter().all(Result::is_ok), "{puts:?}");
    for bytes in &contents {
        assert_eq!(objects.read(&name(bytes), 0..bytes.len() as u64).await.unwrap(), *bytes);
    }
}

pub(crate) async fn a_large_object_reads_back(objects: &dyn Objects) {
    let (name, bytes) = sample(40_000_000);
    objects.put(&name, bytes.clone()).await.unwrap();
    let range = 39_000_000..40_000_000;
    assert!(objects.read(&name, range).await.unwrap() == bytes[39_000_000..]);
    assert!(objects.read(&name, 0..40_000_000).await.unwrap() == bytes);
}

pub(crate) async fn a_bucket_that_does_not_exist_is_misconfigured(objects: &dyn Objects) {
    let (name, bytes) = sample(10);
    let put = objects.put(&name, bytes).await;
    assert!(matches!(put, Err(Error::Misconfigured(_))), "{put:?}");
    let read = objects.read(&name, 0..10).await;
    assert!(matches!(read, Err(Error::Misconfigured(_))), "{read:?}");
}
