//! What may become of a call to a port.

use pgfold_core::{ChunkIndex, Error, JobId};
use pgfold_tests::Random;

use crate::setting::Faults;

/// A call that an actor is about to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) name: &'static str,
    pub(crate) job: Option<JobId>,
    pub(crate) chunk: Option<ChunkIndex>,
    /// Whether a part of it may be carried out.
    pub(crate) divisible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Postgres,
    Sqs,
    Store,
    Objects,
    EventBridge,
    /// The platform: an actor sleeps, or has its answer taken.
    Lambda,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    CarriedOut,
    /// Nothing happens; the caller learns it.
    Refused,
    /// It is carried out; the caller receives an error all the same.
    ReplyLost,
    /// A part of it is carried out; the caller receives an error.
    Halfway,
    /// The caller does not live to make it.
    KilledBefore,
    /// The caller does not live to see it half done.
    KilledHalfway,
    /// It is carried out; the caller does not live to know.
    KilledAfter,
    /// Nothing happens, for the table may not be read.
    Misconfigured,
}

impl Fate {
    pub(crate) const ALL: usize = 8;

    pub(crate) fn of(call: Call, faults: &Faults, now: u64, random: &mut Random) -> Self {
        use Service::{Lambda, Postgres, Store};
        let service = call.service;
        if service == Postgres && faults.database_down.contains(&now) {
            return Self::Refused;
        }
        if now >= faults.until {
            return Self::CarriedOut;
        }
        let only = |yes: bool, rate| if yes { rate } else { 0 };
        let kills = faults.killed / 3;
        let halfway = if service == Store { faults.cut } else { faults.halfway };
        let fates = [
            (Self::Refused, only(service != Lambda, faults.refused)),
            (Self::ReplyLost, only(service != Lambda, faults.reply_lost)),
            (Self::Halfway, only(call.divisible, halfway)),
            (Self::KilledBefore, only(call.name != "sleep", kills)),
            (Self::KilledHalfway, only(call.divisible, kills)),
            (Self::KilledAfter, only(service != Lambda, kills)),
            (Self::Misconfigured, only(service == Postgres, faults.misconfigured)),
        ];
        let mut left = random.below(1000);
        for (fate, rate) in fates {
            if left < rate {
                return fate;
            }
            left -= rate;
        }
        Self::CarriedOut
    }
}

impl Call {
    pub(crate) fn new(service: Service, name: &'static str) -> Self {
        Self { service, name, job: None, chunk: None, divisible: false }
    }

    pub(crate) fn of(self, job: JobId) -> Self {
        Self { job: Some(job), ..self }
    }

    pub(crate) fn at(self, chunk: ChunkIndex) -> Self {
        Self { chunk: Some(chunk), ..self }
    }

    pub(crate) fn divisible(self, divisible: bool) -> Self {
        Self { divisible, ..self }
    }

    /// The error of a call that failed.
    pub(crate) fn unavailable(self) -> Error {
        let service = match self.service {
            Service::Postgres => "postgres",
            Service::Sqs => "sqs",
            Service::Store | Service::Lambda => "store",
            Service::Objects => "s3",
            Service::EventBridge => "eventbridge",
        };
        Error::unavailable(service, "a fault of the simulation")
    }
}
