use crate::job::SourceId;
use crate::{
    bounded::shown,
    error::{Error, Result},
    ports::Source,
};

/// The sources that jobs may name.
pub struct Catalogue<'a> {
    sources: Vec<(String, Box<dyn Source + 'a>)>,
}

impl<'a> Catalogue<'a> {
    /// The catalogue of these sources by their names, which differ. The first is read where a
    /// job names none.
    pub fn new<S: Source + 'a>(sources: impl IntoIterator<Item = (String, S)>) -> Self {
        let boxed = |(name, source): (String, S)| -> (String, Box<dyn Source + 'a>) {
            (name, Box::new(source))
        };
        Self { sources: sources.into_iter().map(boxed).collect() }
    }

    /// The source of this name, or the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is none of this name; lists those that there are.
    pub fn find(&self, name: Option<&str>) -> Result<(SourceId, &dyn Source)> {
        let mut sources = self.sources.iter();
        let found = sources.find(|(known, _)| name.is_none_or(|name| name == known));
        match (found, name) {
            (Some((name, source)), _) => {
                let definition = source.definition().to_owned();
                Ok((SourceId { name: name.clone(), definition }, &**source))
            }
            (None, name) => {
                let known: Vec<&str> = self.sources.iter().map(|(name, _)| name.as_str()).collect();
                let known = known.join(", ");
                let name = shown(name.unwrap_or_default());
                Err(Error::Invalid(format!("there is no source {name:?}; there is {known}")))
            }
        }
    }

    /// The very source that a job was planned over.
    ///
    /// # Errors
    /// [`Error::OtherSource`] if there is none of its name here, or another.
    pub fn get(&self, id: &SourceId) -> Result<&dyn Source> {
        match self.find(Some(&id.name)) {
            Ok((known, source)) if known == *id => Ok(source),
            _ => Err(Error::OtherSource(id.name.clone())),
        }
    }
}
