//! The objects as an actor has them, over a network that loses calls and replies; and objects that
//! break a promise.

use std::ops::Range;

use async_trait::async_trait;
use pgfold_adapters::memory::MemoryObjects;
use pgfold_core::{Checksum, ChunkIndex, JobId, ObjectName, Objects, Result};

use crate::{
    fate::{Call, Service},
    schedule::Target,
    site::Site,
};

/// Objects, over a network that loses calls and replies.
pub(crate) struct SimulatedObjects<'a> {
    pub(crate) site: Site<'a>,
    pub(crate) target: Target<'a>,
}

#[async_trait]
impl Objects for SimulatedObjects<'_> {
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()> {
        let call = Call::new(Service::Objects, "put");
        let put = async |_| self.target.objects.put(name, bytes).await;
        self.site.call(call, put).await?;
        self.site.observe(|state| state.statistics.objects += 1);
        Ok(())
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        let call = Call::new(Service::Objects, "read");
        self.site.call(call, async |_| self.target.objects.read(name, range).await).await
    }
}

/// What is wrong with objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectsFlaw {
    /// An object that is said to be stored is not.
    Loses,
    /// The last object of a job stays, as if names did not say which object it is.
    Overwrites,
    /// A part of an object is stored.
    CutsOff,
}

/// Objects that are right except for one flaw.
pub(crate) struct FlawedObjects {
    flaw: ObjectsFlaw,
    inner: MemoryObjects,
}

impl FlawedObjects {
    pub(crate) fn new(flaw: ObjectsFlaw) -> Self {
        Self { flaw, inner: MemoryObjects::default() }
    }

    /// Returns the name under which an object is kept.
    fn kept(&self, name: &ObjectName) -> ObjectName {
        if self.flaw != ObjectsFlaw::Overwrites {
            return name.clone();
        }
        let job_id: JobId = name.as_str().split('/').nth(1).unwrap().parse().unwrap();
        ObjectName::of_chunk(job_id, ChunkIndex(0), &Checksum::of(&[]))
    }
}

#[async_trait]
impl Objects for FlawedObjects {
    async fn put(&self, name: &ObjectName, mut bytes: Vec<u8>) -> Result<()> {
        match self.flaw {
            ObjectsFlaw::Loses => return Ok(()),
            ObjectsFlaw::CutsOff => bytes.truncate(bytes.len() / 2),
            ObjectsFlaw::Overwrites => {}
        }
        self.inner.put(&self.kept(name), bytes).await
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        self.inner.read(&self.kept(name), range).await
    }
}
