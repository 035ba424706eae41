//! What clients learn about their jobs besides their states, and what a key is worth to them.

use pgfold_core::{Claim, Compute, Computed, IdempotencyKey, JobId, JobRequest, Query, Submitted};

use crate::{asked::COORDINATES, ledger::Ledger};

impl Ledger {
    /// Of a key one claim is held until it expires.
    pub(crate) fn claimed(&mut self, key: &IdempotencyKey, claim: &Claim, held: &Claim) {
        let claims = self.keys.entry(key.to_string()).or_default();
        let right = match claims.last() {
            Some(last) if last == held => return,
            Some(last) => claim.claimed_at >= last.expires_at && held == claim,
            None => held == claim,
        };
        claims.push(held.clone());
        self.must(right, || {
            format!("a key was claimed for {} and before for another", held.job_id)
        });
    }

    /// Whether a key was ever held by the claim of this job.
    pub(crate) fn is_claimed(&self, key: &IdempotencyKey, id: JobId) -> bool {
        let mut claims = self.keys.get(&key.to_string()).into_iter().flatten();
        claims.any(|claim| claim.job_id == id)
    }

    /// A client learned that its job is submitted.
    pub(crate) fn answered(
        &mut self,
        actor: usize,
        key: Option<&IdempotencyKey>,
        request: &JobRequest,
        Submitted { job, held_ms, .. }: &Submitted,
    ) {
        let id = job.job_id;
        let Some(known) = self.job(id).filter(|known| known.job == *job) else {
            return self
                .must(false, || format!("a client was says_so of {id}, which there is not"));
        };
        let (own, of_snapshot) = (known.creator == actor, job.computation.snapshot.is_some());
        let over = known.is_attached_or_over();
        let lost = of_snapshot && !own && known.failed && !known.may_be_complete();
        let held_right = match known.released {
            Some((_, held)) => held_ms.is_none_or(|held_ms| held_ms == held),
            None => held_ms.is_none() || own,
        };
        // Of one that was cancelled before nothing more is sent. One that reads a snapshot may be
        // in the hands of the request that holds it.
        if known.cancelled.is_none() && (own || !of_snapshot) {
            self.queued(id);
        }
        self.must(!lost, || format!("{id} is answered for a key, and its snapshot is lost"));
        self.must(!own || !of_snapshot || over, || {
            format!("{id} is submitted, and waits for chunks to be attached")
        });
        let asked = request.consistency == job.computation.consistency();
        self.must(asked, || format!("{id} does not read what its client asked for"));
        let says_so = held_ms.is_some() == of_snapshot || !own;
        self.must(held_right && says_so, || format!("{id} was not held for {held_ms:?} ms"));
        let Some(claims) = key.and_then(|key| self.keys.get(&key.to_string())) else { return };
        let claim = claims.iter().find(|claim| claim.job_id == id);
        let right = claim.is_some_and(|claim| claim.request == spelled_out(request));
        self.must(right, || format!("a key was answered with {id}, to which it does not belong"));
    }

    /// A client learned that every chunk counts.
    pub(crate) fn said_complete(&mut self, number: usize) {
        let complete = self.jobs[number].may_be_complete();
        self.must(complete, || format!("job {number} is said to be complete, and is not"));
    }

    /// A client learned that a job was taken up again.
    pub(crate) fn taken_up(&mut self, number: usize) {
        let right = self.jobs[number].job.computation.snapshot.is_none();
        self.must(right, || format!("job {number} reads a snapshot and was taken up again"));
    }
}

/// A query whose kernels name their columns.
fn named(mut query: Query) -> Query {
    let name = |computed: &mut Computed| {
        let all = || COORDINATES.map(str::to_owned).into();
        computed.columns.get_or_insert_with(all);
    };
    match &mut query.compute {
        Compute::One(one) => name(one),
        Compute::Named(named) => named.values_mut().for_each(name),
        Compute::Rows(_) => {}
    }
    query
}

/// A request as a claim has it: with everything that it leaves to its defaults.
fn spelled_out(request: &JobRequest) -> JobRequest {
    JobRequest {
        source: Some("points".to_owned()),
        query: named(request.query.clone().checked().unwrap()),
        ..request.clone()
    }
}
