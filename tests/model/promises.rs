//! What a job promises (docs/guarantee.md), as properties of its states.

use stateright::Property;

use crate::{
    calm,
    flaw::Flaw,
    protocol::Protocol,
    setting::Setting,
    state::{Job, Manifest, Piece, Place, Stage},
};

/// What somebody sees who asks for the job (`operations::reduce`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Unknown,
    Pending,
    Completed,
    Failed,
    Cancelled,
}

/// Returns what somebody sees who asks for the job.
pub(crate) fn seen(setting: &Setting, job: &Job) -> Seen {
    let chunks = job.pieces(setting, Stage::Map);
    let has_all = || chunks.iter().all(|chunk| chunk.record.is_some());
    let has_failed = |piece: &Piece| piece.failure && piece.record.is_none();
    if !job.created {
        Seen::Unknown
    } else if job.cancelled {
        Seen::Cancelled
    } else if job.is_complete(setting) || setting.has(Flaw::AnswersBeforeCount) && has_all() {
        Seen::Completed
    } else if job.failure || job.late || job.piece_failed && pieces(setting, job).any(has_failed) {
        Seen::Failed
    } else {
        Seen::Pending
    }
}

/// Returns all promises, and what must happen somewhere in a model that is large enough.
pub(crate) fn all(setting: &Setting) -> Vec<Property<Protocol>> {
    let mut all = vec![
        Property::always(ONCE, |model: &Protocol, job: &Job| {
            let good = |piece: &Piece| {
                piece.times == 1 && piece.record.is_some_and(|record| record.put && record.right)
            };
            seen(&model.setting, job) != Seen::Completed || pieces(&model.setting, job).all(good)
        }),
        Property::always(STAYS, |model: &Protocol, job: &Job| {
            let seen = seen(&model.setting, job);
            (!job.past.completed || seen == Seen::Completed)
                && (!job.past.cancelled || seen == Seen::Cancelled)
        }),
        Property::always(ACKNOWLEDGED, |_: &Protocol, job: &Job| !job.past.rash),
        Property::always(NAMED, |model: &Protocol, job: &Job| {
            let mut records = pieces(&model.setting, job).filter_map(|piece| piece.record);
            records.all(|record| record.put && record.right)
        }),
        Property::always(MANIFEST, |model: &Protocol, job: &Job| match job.manifest {
            Manifest::None => true,
            Manifest::Right => job.is_complete(&model.setting) && !job.cancelled,
            Manifest::Wrong => false,
        }),
        Property::always(MOVES_ON, |model: &Protocol, job: &Job| {
            !is_idle(&model.setting, job) || moves_on(&model.setting, job)
        }),
        Property::always(RETRIED, |model: &Protocol, job: &Job| {
            let may_be = job.created && !job.cancelled && is_idle(&model.setting, job);
            !may_be || calm::completes(model, job)
        }),
        Property::sometimes("completed", |model: &Protocol, job: &Job| {
            seen(&model.setting, job) == Seen::Completed
        }),
        Property::sometimes("failed", |model: &Protocol, job: &Job| {
            job.piece_failed && seen(&model.setting, job) == Seen::Failed
        }),
        Property::sometimes("a dead letter of a chunk that is done", |model, job: &Job| {
            let mut chunks = job.pieces(&model.setting, Stage::Map).iter();
            chunks.any(|chunk| {
                let mut messages = chunk.messages.iter();
                chunk.counted && messages.any(|message| message.place == Place::Dead)
            })
        }),
    ];
    if setting.cancels > 0 {
        all.push(Property::sometimes("cancelled", |model: &Protocol, job: &Job| {
            seen(&model.setting, job) == Seen::Cancelled
        }));
    }
    if setting.retries > 0 {
        all.push(Property::sometimes("completed by a retry", |model: &Protocol, job: &Job| {
            job.past.retried && seen(&model.setting, job) == Seen::Completed
        }));
    }
    if setting.partitions > 0 {
        all.push(Property::sometimes("completed beside a loser's object", |model, job: &Job| {
            let mut pieces = pieces(&model.setting, job);
            seen(&model.setting, job) == Seen::Completed && pieces.any(|piece| piece.objects > 1)
        }));
    }
    all
}

pub(crate) const ONCE: &str = "an answer comes from every chunk and part, each counted once";
pub(crate) const STAYS: &str = "an ending stays";
pub(crate) const ACKNOWLEDGED: &str = "nothing is acknowledged before what that promises is stored";
pub(crate) const NAMED: &str = "what a record names is there and is what was put";
pub(crate) const MANIFEST: &str = "a manifest names the part that counts of each partition";
pub(crate) const MOVES_ON: &str = "a job is pending only if somebody moves it on or was cut off";
pub(crate) const RETRIED: &str = "a retry completes a job if nothing else goes wrong";
/// Returns whether nobody works on the job, and no message is left that would have somebody do so.
pub(crate) fn is_idle(setting: &Setting, job: &Job) -> bool {
    let is_idle = |piece: &Piece| {
        let is_gone = |place| place == Place::Nowhere;
        piece.messages.iter().all(|message| is_gone(message.place)) && piece.workers().count() == 0
    };
    job.requests.iter().all(Option::is_none) && pieces(setting, job).all(is_idle)
}

/// Returns whether a job that is idle has ended as it should: not pending unless a caller was cut
/// off, completed if nothing went wrong, and with its manifest.
///
/// A message may also be acknowledged because its piece was given up or its job had failed, while
/// another mapper is late with the same piece. If that one stores the record after all and dies
/// before it has counted it, or finished the stage, nobody is left to do so. The job then waits for
/// its deadline, and a retry completes it.
fn moves_on(setting: &Setting, job: &Job) -> bool {
    let is_late = |piece: &Piece| piece.said && piece.record.is_some();
    let is_excused = || job.past.failure || pieces(setting, job).any(is_late);
    match seen(setting, job) {
        Seen::Unknown | Seen::Cancelled => true,
        Seen::Completed => has_manifest(setting, job) || is_excused(),
        Seen::Pending => job.past.cut || is_excused(),
        Seen::Failed => job.left.faults < setting.faults || job.past.cut,
    }
}

/// Returns whether the job is completed, and its manifest is missing.
pub(crate) fn is_completed_without_manifest(setting: &Setting, job: &Job) -> bool {
    seen(setting, job) == Seen::Completed
        && setting.partitions > 0
        && job.manifest == Manifest::None
}

/// Returns whether the job has its manifest, if it needs one.
pub(crate) fn has_manifest(setting: &Setting, job: &Job) -> bool {
    setting.partitions == 0 || job.manifest == Manifest::Right
}

fn pieces<'a>(setting: &Setting, job: &'a Job) -> impl Iterator<Item = &'a Piece> {
    let stages = [Stage::Map, Stage::Reduce].map(|stage| job.pieces(setting, stage));
    stages.into_iter().flatten()
}
