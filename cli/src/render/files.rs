//! The files of a result.

use pgfold_api::{Files, JobDetail, Output};

use crate::{
    download::Saved,
    render::{lines::Lines, work::add_work},
    text::{clean, counted},
};

/// Adds the files that a job writes, if it does.
pub(super) fn add_output(lines: &mut Lines, output: Option<Output>) {
    if let Some(Output { format, parts }) = output {
        let parts = match parts {
            Some(parts) => counted(parts.into(), "part"),
            None => "a part a chunk".to_owned(),
        };
        lines.add("output", format!("{}, {parts}", format.name()));
    }
}

/// Adds the files that a job wrote, and how to get them.
pub(super) fn add_files(lines: &mut Lines, job_id: &str, files: &Files) {
    let parts = counted(files.part_count as u64, "part");
    let (rows, bytes) = (counted(files.rows, "row"), counted(files.bytes, "byte"));
    lines.add("files", format!("{}, {parts}: {rows}, {bytes}", files.format.name()));
    lines.add("manifest", clean(&files.manifest.name));
    lines.add("links", format!("in --json, good until {}", clean(&files.links_expire_at.0)));
    lines.add("download", format!("`pgfold fetch {} --output FILE`", clean(job_id)));
}

/// Returns what was written, and what the job took.
pub(crate) fn saved(detail: &JobDetail, files: &Files, saved: &Saved) -> String {
    let mut lines = Lines::default();
    let (rows, bytes) = (counted(files.rows, "row"), counted(saved.bytes, "byte"));
    let path = saved.path.as_deref().map(|path| clean(&path.display().to_string()));
    let wrote = match (path, saved.files) {
        (Some(path), None) => format!("{path}: {rows}, {bytes}"),
        (Some(path), Some(files)) => {
            format!("{path}/: {}, {rows}, {bytes}", counted(files as u64, "file"))
        }
        (None, None) => format!("stdout: {rows}, {bytes}"),
        (None, Some(_)) => "nothing: the result has no rows, and so no file".to_owned(),
    };
    lines.add("wrote", wrote);
    add_work(&mut lines, detail);
    lines.0
}
