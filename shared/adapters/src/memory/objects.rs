use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use pgfold_core::{Error, Files, NewObject, ObjectName, Objects, Result, Upload};
use uuid::Uuid;

use super::lock;

/// Objects in a map, and the files of results.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    objects: Arc<Mutex<Map>>,
}

type Map = HashMap<ObjectName, Vec<u8>>;

impl MemoryObjects {
    /// Removes an object, as a bucket does some time after its job has expired.
    pub fn remove(&self, name: &ObjectName) {
        lock(&self.objects).remove(name);
    }

    /// Returns the bytes of an object; none if it does not exist.
    pub fn bytes(&self, name: &ObjectName) -> Vec<u8> {
        lock(&self.objects).get(name).cloned().unwrap_or_default()
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

#[async_trait]
impl Files for MemoryObjects {
    fn create(&self, object: NewObject) -> Box<dyn Upload> {
        let name = object.with(&Uuid::now_v7().simple().to_string());
        Box::new(MemoryUpload { name, bytes: Vec::new(), objects: Arc::clone(&self.objects) })
    }

    async fn has(&self, name: &ObjectName) -> Result<bool> {
        Ok(lock(&self.objects).contains_key(name))
    }

    /// Returns a text that names the object, the file and the time; nobody answers it.
    async fn link(&self, name: &ObjectName, file: &str, valid: Duration) -> Result<String> {
        Ok(format!("memory:///{name}?file={file}&seconds={}", valid.as_secs()))
    }
}

#[derive(Debug)]
struct MemoryUpload {
    name: ObjectName,
    bytes: Vec<u8>,
    objects: Arc<Mutex<Map>>,
}

#[async_trait]
impl Upload for MemoryUpload {
    fn name(&self) -> &ObjectName {
        &self.name
    }

    async fn write(&mut self, mut bytes: Vec<u8>) -> Result<()> {
        self.bytes.append(&mut bytes);
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<()> {
        lock(&self.objects).insert(self.name, self.bytes);
        Ok(())
    }
}
