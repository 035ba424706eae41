use std::num::NonZeroU16;

use crate::{
    error::{Error, Result},
    job::{
        Chunks, Claim, Computation, Consistency, IdempotencyKey, Job, JobId, JobPolicy, JobRequest,
        Progress, Reason, SourceId, Stage, TaskToken, Timestamp, Trace,
    },
    operations::{
        Mappers,
        control::{SNAPSHOT_GONE, fail_job, send_missing, send_or_fail},
        hold::{HOLD_LIMIT, hold_until_attached},
        partials::MOST_BYTES,
        remind::{remind, watch},
    },
    output::{Output, OutputSpec},
    plan::{Plan, Planned, Projection},
    ports::{Catalogue, Clock, HeldSnapshot, Queue, Reminders, Source, Store},
    query::Query,
};

/// Starts jobs.
pub struct Submitter<'a> {
    /// The sources.
    pub catalogue: &'a Catalogue<'a>,
    /// Sends the messages to the mappers.
    pub queue: &'a dyn Queue,
    /// Sends the reminders of the jobs' endings.
    pub reminders: &'a dyn Reminders,
    /// Stores the jobs.
    pub store: &'a dyn Store,
    /// Returns the time of the submissions.
    pub clock: &'a dyn Clock,
    /// The deadline of jobs, and how long they are stored.
    pub policy: JobPolicy,
    /// The mappers that will fold the chunks.
    pub mappers: Mappers,
    /// Whether workflows hear how their jobs ended.
    pub answers_workflows: bool,
}

/// A job that was submitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Submitted {
    /// The job.
    pub job: Job,
    /// How many milliseconds its snapshot was held; `None` if it reads none or the time is not
    /// known.
    pub held_ms: Option<u64>,
    /// Whether this request sent the messages, rather than an earlier request with the same key.
    pub started: bool,
}

/// The dry run of a request: how the job would run.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun {
    /// What the job would read and compute.
    pub computation: Computation,
    /// The plan of the source.
    pub planned: Planned,
    /// How many chunks the store would keep together.
    pub piece: NonZeroU16,
}

impl Submitter<'_> {
    /// Plans a job, stores it, then sends a message for each chunk. The job and its messages belong
    /// to `trace`, and whoever waits for `token` hears how it ended. If the job reads one snapshot, holds it until every chunk is attached to it.
    ///
    /// The job is stored before the messages are sent, so that no mapper receives a message without
    /// its job. A job whose messages cannot all be sent fails at once, not only at its deadline.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an unknown kernel or source, for wrong parameters, or for more chunks
    /// than can attach to a snapshot; [`Error::TimedOut`] if the chunks do not attach in time;
    /// those of the ports.
    pub async fn submit(
        &self,
        job_id: JobId,
        trace: Trace,
        request: JobRequest,
        token: Option<TaskToken>,
    ) -> Result<Submitted> {
        self.check_token(token.as_ref())?;
        let expires_at = self.clock.now() + self.policy.ttl;
        let created = self.create(job_id, trace, request, expires_at, token).await?;
        self.start(created).await
    }

    /// Claims an idempotency key. Returns the claim of `job_id` if the key is new, otherwise the
    /// claim of the key's first request. Pass the claim to
    /// [`submit_claimed`](Submitter::submit_claimed).
    ///
    /// Two requests are the same if they are equal after every default is filled in.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the key belongs to another request, or this request is invalid; those
    /// of the store.
    pub async fn claim(
        &self,
        key: &IdempotencyKey,
        job_id: JobId,
        request: JobRequest,
    ) -> Result<Claim> {
        let request = self.spelled_out(request)?;
        let now = self.clock.now();
        let expires_at = now + self.policy.ttl;
        let claim = Claim { job_id, request, claimed_at: now, expires_at };
        let held = self.store.claim(key, &claim).await?;
        let is_same = held.request == claim.request
            // Earlier builds stored requests without their defaults.
            || self.spelled_out(held.request.clone()).is_ok_and(|held| held == claim.request);
        if !is_same {
            let job_id = held.job_id;
            let other = format!("the Idempotency-Key belongs to another request, of {job_id}");
            return Err(Error::Invalid(other));
        }
        Ok(held)
    }

    /// Submits the job of a key once, however often it is called, and returns the job as it is.
    ///
    /// If a request was interrupted or failed, the next request with its key resumes it. A job that
    /// reads one snapshot cannot be resumed, because its snapshot is lost. Two requests at the same
    /// time may both send the messages; each chunk still counts once.
    /// If a repeated request has another `token`, whoever waits for that hears how the job ended, too.
    ///
    /// # Errors
    /// As for [`submit`](Submitter::submit); [`Error::Ended`] if the job's snapshot is lost. After
    /// any other error, the next request with the key starts the job.
    pub async fn submit_claimed(
        &self,
        claim: Claim,
        trace: Trace,
        token: Option<TaskToken>,
    ) -> Result<Submitted> {
        self.check_token(token.as_ref())?;
        let now = self.clock.now();
        let Claim { job_id, request, expires_at, .. } = claim;
        let progress = match self.store.progress(job_id).await {
            Err(Error::NotFound(_)) => {
                match self.create(job_id, trace, request, expires_at, token.clone()).await {
                    Ok(created) => return self.start_of_key(created).await,
                    Err(Error::AlreadyExists(_)) => self.store.progress(job_id).await?,
                    Err(error) => return Err(error),
                }
            }
            progress => progress?,
        };
        if let Some(token) = token.filter(|token| progress.job.task_token.as_ref() != Some(token)) {
            let waited_for = Job { task_token: Some(token), ..progress.job.clone() };
            watch(self.reminders, &waited_for, progress.deadline, now).await?;
        }
        match progress.job.computation.snapshot {
            Some(_) => self.hold_on(progress, now).await,
            None => self.carry_on(progress, now).await,
        }
    }

    /// Returns how the job of a request would run. Stores and sends nothing.
    ///
    /// # Errors
    /// As for [`submit`](Submitter::submit).
    pub async fn dry_run(&self, request: &JobRequest) -> Result<DryRun> {
        let (computation, planned, held) = self.plan(request).await?;
        if let Some(snapshot) = held {
            snapshot.release().await?;
        }
        Ok(DryRun { computation, planned, piece: self.store.chunks_together() })
    }

    /// Checks that whoever waits for a token will hear how the job ended.
    fn check_token(&self, token: Option<&TaskToken>) -> Result<()> {
        match (token, self.answers_workflows) {
            (Some(_), false) => Err(Error::Invalid(
                "task_token is not possible here: the deployment has no StateMachineArn, or Events \
                 is off"
                    .to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Plans a job and stores it until `expires_at`.
    async fn create(
        &self,
        job_id: JobId,
        trace: Trace,
        request: JobRequest,
        expires_at: Timestamp,
        task_token: Option<TaskToken>,
    ) -> Result<Created> {
        let now = self.clock.now();
        let (computation, planned, snapshot) = self.plan(&request).await?;
        let piece = self.store.chunks_together();
        let job = Job::new(job_id, trace, computation, piece, &planned, now, self.policy);
        // The job of a key expires with the key.
        let job = Job { expires_at, task_token, ..job };
        watch(self.reminders, &job, job.deadline, now).await?;
        self.store.create(&job, &planned.plan).await?;
        if job.chunks == 0 {
            remind(self.reminders, &job).await?;
        }
        Ok(Created { job, chunks: Chunks::new(planned.plan), snapshot, since: now })
    }

    /// Returns the request with every default filled in: source, columns and parameters.
    fn spelled_out(&self, request: JobRequest) -> Result<JobRequest> {
        let (source, _, query) = self.resolve(&request)?;
        Ok(JobRequest { source: Some(source.name), query: query.checked()?, ..request })
    }

    /// Returns the source and the columns that a request reads.
    ///
    /// # Errors
    /// [`Error::Invalid`] if this deployment cannot run the request.
    fn resolve(&self, request: &JobRequest) -> Result<(SourceId, &dyn Source, Query)> {
        let JobRequest { source, query, chunks, consistency, .. } = request;
        self.mappers.check(*chunks, *consistency)?;
        let (id, source) = self.catalogue.find(source.as_deref())?;
        if let Some(largest) = query.open()?.largest_partial() {
            let (most, chunks) = (MOST_BYTES / largest as u64, chunks.get());
            if u64::from(chunks) > most {
                let names = kernels(query);
                return Err(Error::Invalid(format!(
                    "chunks must be at most {most} for {names} with these parameters, because of \
                     the size of the partials, not {chunks}"
                )));
            }
        }
        let query = query.clone().resolved(source.columns(), &source.filters())?;
        Ok((id, source, query))
    }

    async fn plan(
        &self,
        request: &JobRequest,
    ) -> Result<(Computation, Planned, Option<Box<dyn HeldSnapshot>>)> {
        let JobRequest { chunks, consistency, execution, output, .. } = request;
        let (id, source, query) = self.resolve(request)?;
        let projection = Projection::of(&query.open()?);
        let (mut planned, held) = match consistency {
            Consistency::PerChunk => (source.plan(*chunks, &projection).await?, None),
            Consistency::Snapshot => {
                let (planned, held) = source.hold(*chunks, &projection, HOLD_LIMIT).await?;
                (planned, Some(held))
            }
        };
        let files = match output {
            Some(spec) => Some(files(&query, *spec, &planned)?),
            None => None,
        };
        if let Some((_, partitions)) = &files {
            if planned.plan.is_empty() {
                // So that a file is written: it has the columns also where it has no rows.
                planned.plan = Plan::whole();
            }
            planned.plan = planned.plan.with_partitions(*partitions);
        }
        let computation = Computation {
            source: id,
            relation: planned.relation.clone(),
            query: Query { filter: planned.filter.clone(), ..query },
            group_types: planned.group_types.clone(),
            cut_by: planned.cut_by.clone(),
            execution: *execution,
            output: files.map(|(output, _)| output),
            snapshot: held.as_ref().map(|held| held.id().clone()),
        };
        Ok((computation, planned, held))
    }

    /// Sends the messages of a new job. If the job reads one snapshot, holds it until every chunk
    /// is attached.
    async fn start(&self, created: Created) -> Result<Submitted> {
        let Created { job, chunks, snapshot, since } = created;
        let Self { queue, store, reminders, clock, .. } = *self;
        send_or_fail(queue, store, reminders, &job, &chunks, Stage::Map).await?;
        let held_ms = match snapshot {
            None => None,
            Some(snapshot) => {
                let held = hold_until_attached(store, reminders, clock, &job, snapshot, since);
                Some(held.await?)
            }
        };
        Ok(Submitted { job, held_ms, started: true })
    }

    /// Starts a new job of an idempotency key. If its messages cannot be sent, the job does not
    /// fail, because the next request with the key resumes it. A job that reads one snapshot does
    /// fail, because its snapshot is lost with this request.
    async fn start_of_key(&self, created: Created) -> Result<Submitted> {
        if created.snapshot.is_some() {
            return self.start(created).await;
        }
        let Created { job, chunks, .. } = created;
        send_missing(self.queue, &job, &chunks, Stage::Map).await?;
        self.store.mark_queued(job.job_id).await?;
        Ok(Submitted { job, held_ms: None, started: true })
    }

    /// Resumes a job of a key whose messages an earlier request did not send completely.
    async fn carry_on(&self, mut progress: Progress, now: Timestamp) -> Result<Submitted> {
        let failed = progress.failure.take().is_some();
        let started = !progress.queued && progress.ended(now).is_none();
        if started {
            if failed || now >= progress.deadline {
                let deadline = now + self.policy.deadline;
                watch(self.reminders, &progress.job, deadline, now).await?;
                self.store.reopen(&progress.job, deadline).await?;
            }
            let chunks = self.store.chunks(&progress.job).await?;
            send_missing(self.queue, &progress.job, &chunks, Stage::Map).await?;
            self.store.mark_queued(progress.job.job_id).await?;
        }
        Ok(Submitted { job: progress.job, held_ms: None, started })
    }

    /// Returns a job of a key that reads one snapshot.
    ///
    /// # Errors
    /// [`Error::Ended`] if the snapshot is lost: no other request holds it, and not every chunk was
    /// attached to it.
    async fn hold_on(&self, progress: Progress, now: Timestamp) -> Result<Submitted> {
        let Progress { job, done, held_ms, attached, failure, .. } = progress;
        let lost = || Error::Ended { job_id: job.job_id, reason: SNAPSHOT_GONE };
        let waited = now.millis_since(job.created_at) >= HOLD_LIMIT.as_millis() as u64;
        if failure.is_some() && done < job.chunks {
            return Err(lost());
        }
        if held_ms.is_none() && attached < job.source_chunks() && waited {
            let reason = "its submission was cut off before every chunk was attached to its \
                          snapshot; submit the job again";
            fail_job(self.store, self.reminders, &job, &Reason::new(reason)).await?;
            return Err(lost());
        }
        Ok(Submitted { job, held_ms, started: false })
    }
}

/// Returns the files that a job writes, and into how many partitions its groups are merged for them.
fn files(query: &Query, spec: OutputSpec, planned: &Planned) -> Result<(Output, u16)> {
    let open = query.open()?;
    let columns = open.file_columns(&planned.group_types, &planned.columns)?;
    let Planned { columns: read, estimated_rows, .. } = planned;
    let is_of_rows = open.is_of_rows();
    let partitions = match is_of_rows {
        true => 0,
        // One reducer has all groups that it orders.
        false if query.group_by.is_empty() || !query.order.is_default() => 1,
        false => spec.partitions(*estimated_rows),
    };
    if spec.parts.is_some_and(|parts| parts != partitions) {
        let why = match is_of_rows {
            true => "rows are written into a file a chunk; ask for as many chunks",
            false => {
                "an answer without group_by, or with order_by, descending or limit, is one file"
            }
        };
        return Err(Error::Invalid(format!("output.parts is not possible here: {why}")));
    }
    let read = if is_of_rows { Vec::new() } else { read.clone() };
    Ok((Output { format: spec.format, columns, read }, partitions))
}

/// Returns the kernels of a query, as the object of a sentence.
fn kernels(query: &Query) -> String {
    let names: Vec<&str> =
        query.compute.iter().map(|(_, computed)| computed.kernel.name.as_str()).collect();
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("the kernel{plural} {}", names.join(", "))
}

/// A job that is stored and whose messages are not sent yet.
struct Created {
    job: Job,
    chunks: Chunks,
    snapshot: Option<Box<dyn HeldSnapshot>>,
    /// When planning, and with it the hold of the snapshot, began.
    since: Timestamp,
}
