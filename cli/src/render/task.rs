//! One job.

use std::fmt::Write;

use pgfold_api::{JobDetail, State};

use crate::{
    failed_attempt::described,
    render::{
        answer::{add_fields, add_so_far, is_single, named},
        failures::failures,
        files::{add_files, add_output},
        lines::Lines,
        query::add_query,
        state::state,
        work::add_work,
    },
    stages::Stages,
    state::has_ended,
    text::{clean, counted, grouped},
};

/// Says that a job was submitted.
pub(crate) fn submitted(job_id: &str, chunks: u64) -> String {
    format!("submitted {}, {}\n", clean(job_id), counted(chunks, "chunk"))
}

/// Returns why the job has no answer, in a sentence.
pub(crate) fn misfortune(job_id: &str, detail: &JobDetail) -> String {
    let mut sentence = match detail.job.state {
        State::Cancelled => format!("{job_id} was cancelled"),
        State::Expired => format!("{job_id} has expired"),
        _ => format!("{job_id} failed"),
    };
    let why: Vec<String> = failures(detail).into_iter().take(2).collect();
    if !why.is_empty() {
        let _ = write!(sentence, ": {}", why.join("; "));
    }
    sentence
}

/// All about a job, as far as it has come. Groups have lines of at most `width` if there is one.
pub(crate) fn status(job_id: &str, detail: &JobDetail, width: Option<usize>) -> String {
    let job = &detail.job;
    let mut lines = Lines::default();
    lines.add("task", clean(job_id));
    lines.add("state", state(&job.state, 0));
    let failures = failures(detail);
    for (line, failure) in failures.iter().enumerate() {
        lines.add(if line == 0 { "error" } else { "" }, failure);
    }
    // The reason of a failed chunk contains the error of its last attempt.
    let is_told = |error: &str| failures.iter().any(|failure| failure.contains(&clean(error)));
    if let Some(last) = job.last_error.as_ref().filter(|last| !is_told(&last.error)) {
        lines.add("last error", described(last, Stages::of(job)));
    }
    for (index, warning) in detail.warnings.iter().enumerate() {
        lines.add(if index == 0 { "warning" } else { "" }, clean(warning));
    }
    add_query(&mut lines, &job.source, &job.query);
    add_output(&mut lines, job.output);
    if let Some(column) = &job.cut_by {
        lines.add("cut by", clean(column));
    }
    lines.add("execution", job.execution.name());
    let reached = detail.consistency_reached.filter(|reached| *reached != job.consistency);
    let reached = reached.map(|reached| format!(", {} reached", reached.name()));
    lines.add("sees", format!("{}{}", job.consistency.name(), reached.unwrap_or_default()));
    lines.add("created", clean(&job.created_at.0));
    if has_ended(&job.state) {
        lines.add("expires", clean(&job.expires_at.0));
    } else {
        lines.add("deadline", clean(&job.deadline.0));
    }
    if let Some(announced) = &job.announced {
        lines.add("announced", format!("{} at {}", announced.state.name(), announced.at.0));
    }
    let (chunks, partitions) = Stages::of(job).progress();
    let of = |(done, of): (u16, u16)| format!("{} of {}", grouped(done.into()), grouped(of.into()));
    lines.add("chunks", of(chunks));
    if let Some(partitions) = partitions {
        lines.add("partitions", of(partitions));
    }
    let below = match &detail.answer {
        Some(answer) if is_single(&job.query) => {
            add_fields(&mut lines, answer);
            None
        }
        answer => answer.as_ref().map(|answer| named(detail, answer, width)),
    };
    if let Some(files) = &detail.files {
        add_files(&mut lines, job_id, files);
    }
    if let Some(answer) = &detail.answer_so_far {
        add_so_far(&mut lines, &job.query, answer);
    }
    add_work(&mut lines, detail);
    below.map_or_else(|| lines.0.clone(), |below| format!("{}\n{below}", lines.0))
}
