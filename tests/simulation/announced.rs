//! What is announced of the jobs of a schedule: every ending, and nothing that is not so.

use std::time::Duration;

use async_trait::async_trait;
use pgfold_core::{Ended, Ending, Error, Event, Events, JobId, JobState, Reminder, Result};

use crate::{
    fate::{Call, Service},
    invariants::Asked,
    ledger::Ledger,
    messages::Received,
    site::Site,
    world::State,
};

/// The lines of a job's files, or why they could not be read.
type Lines = Result<Vec<String>, String>;

/// The event bus, over a network that loses calls and replies.
pub(crate) struct SimulatedEvents<'a> {
    pub(crate) site: Site<'a>,
}

#[async_trait]
impl Events for SimulatedEvents<'_> {
    async fn announce(&self, event: &Event) -> Result<()> {
        let announce = async |_| {
            self.site.observe(|state| {
                state.statistics.announced += 1;
                state.note(Some(self.site.actor), |_| format!("  announces {}", event.id));
                state.ledger.announced(event);
            });
            Ok(())
        };
        self.site.call(Call::new(Service::EventBridge, "announce").of(event.job_id), announce).await
    }
}

impl State {
    /// The queue takes a reminder.
    pub(crate) fn remind(&mut self, reminder: &Reminder, delay: Duration) {
        self.statistics.reminders += 1;
        let (body, lost) = (reminder.to_json().unwrap(), self.loses_reminders);
        let delay = delay.as_millis() as u64;
        self.reminders.put(body, None, lost, self.now, delay);
    }

    /// A reminder on its way to the announcer.
    pub(crate) fn receive_reminder(&mut self) -> Option<Received> {
        match self.reminders.receive(self.now, false, &mut self.random)? {
            Ok(received) => {
                self.note(None, |_| format!("reminder: {}", received.message.body));
                Some(received)
            }
            Err(aside) => {
                self.statistics.reminders_aside += 1;
                let reminder = Reminder::from_json(&aside.body).unwrap();
                self.note(None, |_| format!("put aside: {}", aside.body));
                if let Some(known) = self.ledger.job(reminder.job_id) {
                    known.may_be_unannounced = true;
                }
                None
            }
        }
    }

    /// The announcer said how a job ended, with so many lines in its files. That must be true.
    pub(crate) fn said(
        &mut self,
        actor: usize,
        ended: &Ended,
        lines: Option<Lines>,
        after_step: u64,
    ) {
        let Some(number) =
            self.ledger.jobs.iter().position(|known| known.job.job_id == ended.job_id)
        else {
            return self.ledger.must(false, || format!("{} is announced", ended.event_id));
        };
        let Some((_, state)) = &ended.known else {
            return self.ledger.must(false, || format!("{} is stored", ended.job_id));
        };
        if let Some(lines) = lines {
            self.ledger.jobs[number].files.get_or_insert(lines);
        }
        let until = self.clock(actor);
        // A job that has expired is announced as it was just before.
        let is_expired = until >= self.ledger.jobs[number].job.expires_at;
        if is_expired && ended.ending != Ending::Expired {
            return;
        }
        let asked = Asked { after_step, from: ended.at, until, step: self.step };
        self.ledger.saw(number, &Ok(state.clone()), asked, &self.database);
    }

    /// A job is failed as a whole. The announcer does so to those that are late.
    pub(crate) fn failed(&mut self, actor: usize, id: JobId) {
        let now = self.clock(actor);
        let is_announcer = self.actors[actor].name == "announcer";
        if let Some(known) = self.ledger.job(id) {
            let is_late = now >= known.soonest_deadline;
            self.ledger.must(!is_announcer || is_late, || format!("{id} is failed and not late"));
        }
        self.ledger.failed(id);
    }
}

impl Ledger {
    /// An event was announced. Only its repeats have its id.
    fn announced(&mut self, event: &Event) {
        let Event { id, job_id, ending, .. } = event;
        let Some(known) = self.job(*job_id) else { return };
        let is_repeat = known.announced.insert(id.clone(), *ending);
        let is_same = is_repeat.is_none_or(|before| before == *ending);
        self.must(is_same, || format!("{id} is the id of two events"));
        let length = event.detail.len();
        self.must(length <= Event::MOST_BYTES, || format!("{id} has {length} bytes"));
    }

    /// A job has ended like this, and all reminders were delivered.
    pub(crate) fn is_announced(&mut self, number: usize, end: &Result<JobState, Error>) {
        let known = &self.jobs[number];
        let Ok(end) = end else { return };
        let Some(ending) = Ending::of(end.status()) else { return };
        let is_said = known.announced.values().any(|announced| *announced == ending);
        let is_so = is_said || known.may_be_unannounced;
        self.must(is_so, || format!("job {number} has {} and no event says so", ending.name()));
    }
}
