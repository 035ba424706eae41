//! What requests to the API do: submit, and retry.

use crate::{
    flaw::Flaw,
    protocol::send_listed,
    setting::Setting,
    state::{Job, Kind, Next, Piece, Request, Stage},
};

/// A retry, before it does anything.
pub(crate) const RETRY: Request = Request { kind: Kind::Retry, next: Next::Look };

/// Another request with the key of the job, before it does anything.
pub(crate) const REPEAT: Request = Request { kind: Kind::Submit, next: Next::Look };

/// Does the next step of a request.
pub(crate) fn step_of_request(setting: &Setting, job: &mut Job, number: usize) {
    let Some(Request { kind, next }) = job.requests[number] else { return };
    let then = match next {
        Next::Look => match kind {
            Kind::Submit => carry_on(setting, job),
            Kind::Retry => may_retry(setting, job).then_some(Next::Forget),
        },
        Next::Create if setting.has(Flaw::MessagesBeforeJob) => {
            let sent = job.chunks.iter().any(|chunk| chunk.sent);
            if sent {
                job.created = true;
                None
            } else {
                list_chunks(setting, job, number);
                Some(Next::Send)
            }
        }
        // `AlreadyExists`: another request with the key was faster.
        Next::Create if job.created => Some(Next::Look),
        Next::Create => {
            job.created = true;
            list_chunks(setting, job, number);
            Some(Next::Send)
        }
        Next::Forget => {
            forget(setting, job);
            Some(Next::Reopen)
        }
        Next::Reopen => {
            (job.late, job.failure, job.piece_failed) = (false, false, false);
            job.past.retried |= kind == Kind::Retry;
            Some(Next::List)
        }
        Next::List => {
            list(setting, job, number);
            Some(Next::Send)
        }
        Next::Send => {
            send_listed(setting, job, number);
            job.past.cut = false;
            let has_key = kind == Kind::Submit && setting.repeats.is_some();
            let publish = kind == Kind::Submit && setting.has(Flaw::MessagesBeforeJob);
            if publish { Some(Next::Create) } else { has_key.then_some(Next::Mark) }
        }
        Next::Mark => {
            job.queued = true;
            None
        }
        Next::FailJob => {
            job.failure = true;
            None
        }
    };
    job.requests[number] = then.map(|next| Request { kind, next });
}

/// A request dies before its next step.
pub(crate) fn die(setting: &Setting, job: &mut Job, number: usize) {
    let Some(Request { next, .. }) = job.requests[number].take() else { return };
    match next {
        Next::Look | Next::Create | Next::Forget | Next::Mark => {}
        Next::Reopen | Next::List | Next::Send | Next::FailJob => job.past.cut = true,
    }
    forget_list(setting, job, number);
}

/// A request has sent some of its messages only, and dies or gets an error.
pub(crate) fn cut(setting: &Setting, job: &mut Job, number: usize, dies: bool) {
    forget_list(setting, job, number);
    if dies {
        // A request with a key that gets an error does no more either.
        job.past.cut = true;
        job.requests[number] = None;
    } else if let Some(request) = &mut job.requests[number] {
        // `send_or_fail`.
        request.next = Next::FailJob;
    }
}

/// `Submitter::submit_claimed` and `carry_on`: what a request with a key does first.
fn carry_on(setting: &Setting, job: &Job) -> Option<Next> {
    if !job.created {
        return Some(Next::Create);
    }
    let started = !job.queued && !job.cancelled && !job.is_complete(setting);
    let next = if job.failure || job.late { Next::Forget } else { Next::List };
    started.then_some(next)
}

/// What `JobControl::retry` checks.
fn may_retry(setting: &Setting, job: &Job) -> bool {
    job.created && !job.cancelled && !job.is_complete(setting)
}

/// The writes of `Store::reopen` to the leaves. It counts those that are complete.
fn forget(setting: &Setting, job: &mut Job) {
    for stage in [Stage::Map, Stage::Reduce] {
        for piece in job.pieces_mut(setting, stage) {
            piece.failure = false;
        }
    }
    if !setting.has(Flaw::RetryCountsNothing) {
        count_recorded(setting, job);
    }
}

/// Counts the leaves that are complete.
fn count_recorded(setting: &Setting, job: &mut Job) {
    for stage in [Stage::Map, Stage::Reduce] {
        let pieces = job.pieces_mut(setting, stage).iter_mut();
        pieces.filter(|piece| piece.record.is_some()).for_each(Piece::count);
    }
}

/// Finds the pieces that miss their record: chunks, or partitions if all chunks have theirs. With a
/// second stage it must count the chunks that it finds recorded, as `Store::open` does: a mapper may
/// be between the two writes of its record, and the reducers must not be faster.
fn list(setting: &Setting, job: &mut Job, number: usize) {
    if setting.partitions > 0 && !setting.has(Flaw::RetryCountsNothing) {
        count_recorded(setting, job);
    }
    let missing = job.pieces(setting, Stage::Map).iter().any(|chunk| chunk.record.is_none());
    let stage =
        if missing || setting.has(Flaw::RetriesChunksOnly) { Stage::Map } else { Stage::Reduce };
    for piece in job.pieces_mut(setting, stage) {
        piece.listed[number] = piece.record.is_none();
    }
}

fn list_chunks(setting: &Setting, job: &mut Job, number: usize) {
    for chunk in job.pieces_mut(setting, Stage::Map) {
        chunk.listed[number] = true;
    }
}

/// Forgets which pieces a request has listed.
pub(crate) fn forget_list(setting: &Setting, job: &mut Job, number: usize) {
    for stage in [Stage::Map, Stage::Reduce] {
        for piece in job.pieces_mut(setting, stage) {
            piece.listed[number] = false;
        }
    }
}
