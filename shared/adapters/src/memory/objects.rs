use std::{collections::HashMap, ops::Range, sync::Mutex};

use async_trait::async_trait;
use pgfold_core::{Error, ObjectName, Objects, Result};

use super::lock;

/// Objects in a map.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    objects: Mutex<HashMap<ObjectName, Vec<u8>>>,
}

impl MemoryObjects {
    /// Removes an object, as a bucket does some time after its job has expired.
    pub fn remove(&self, name: &ObjectName) {
        lock(&self.objects).remove(name);
    }

    /// Returns the names of all objects.
    pub fn names(&self) -> Vec<ObjectName> {
        lock(&self.objects).keys().cloned().collect()
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn put(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<()> {
        lock(&self.objects).insert(name.clone(), bytes);
        Ok(())
    }

    async fn read(&self, name: &ObjectName, range: Range<u64>) -> Result<Vec<u8>> {
        let objects = lock(&self.objects);
        let corrupt = |problem| Error::corrupt(format!("the object {name}"), problem);
        let bytes =
            objects.get(name).ok_or_else(|| corrupt("it does not exist, or not any more"))?;
        let part = bytes.get(range.start as usize..range.end as usize);
        part.map(<[u8]>::to_vec).ok_or_else(|| corrupt("it is shorter than it was"))
    }
}
