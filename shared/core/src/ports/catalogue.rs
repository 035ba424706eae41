use crate::{
    bounded::shown,
    error::{Error, Result},
    job::SourceId,
    ports::{Source, SourceDescription},
};

/// The catalogue: the sources that jobs may name.
///
/// ```
/// use pgfold_core::{Catalogue, Error, Source};
/// # use pgfold_core::{ChunkCount, HeldSnapshot, Plan, Planned, Projection, Reading, Result};
/// # use pgfold_core::{SnapshotId, SourceDescription};
/// # use std::time::Duration;
///
/// struct Table(&'static str);
///
/// # #[async_trait::async_trait]
/// impl Source for Table {
///     fn definition(&self) -> &str {
///         self.0
///     }
///     // The other methods read the table.
/// #   fn columns(&self) -> &[String] {
/// #       &[]
/// #   }
/// #   fn filters(&self) -> Vec<String> {
/// #       Vec::new()
/// #   }
/// #   async fn describe(&self) -> Result<SourceDescription> {
/// #       Ok(SourceDescription::default())
/// #   }
/// #   async fn plan(&self, _: ChunkCount, _: &Projection) -> Result<Planned> {
/// #       Ok(Planned::new(Plan::empty(), 0))
/// #   }
/// #   async fn hold(
/// #       &self,
/// #       _: ChunkCount,
/// #       _: &Projection,
/// #       _: Duration,
/// #   ) -> Result<(Planned, Box<dyn HeldSnapshot>)> {
/// #       Err(Error::Misconfigured("it has no snapshot".to_owned()))
/// #   }
/// #   async fn begin(&self, _: Option<&SnapshotId>) -> Result<Box<dyn Reading>> {
/// #       Err(Error::Misconfigured("it has no rows".to_owned()))
/// #   }
/// }
///
/// let sources = [("points".to_owned(), Table("p1")), ("orders".to_owned(), Table("o1"))];
/// let catalogue = Catalogue::new(sources);
///
/// // A job that names no source reads the first.
/// let (points, _) = catalogue.find(None)?;
/// assert_eq!((points.name.as_str(), points.definition.as_str()), ("points", "p1"));
/// assert!(matches!(catalogue.find(Some("people")), Err(Error::Invalid(_))));
///
/// // A mapper that is configured with another table of the same name does not read it.
/// let elsewhere = Catalogue::new([("points".to_owned(), Table("p2"))]);
/// assert!(matches!(elsewhere.get(&points), Err(Error::OtherSource(_))));
/// # Ok::<(), Error>(())
/// ```
pub struct Catalogue<'a> {
    sources: Vec<(String, Box<dyn Source + 'a>)>,
}

impl<'a> Catalogue<'a> {
    /// Makes a catalogue of these sources and their names, which differ. A job that names no source
    /// reads the first.
    pub fn new<S: Source + 'a>(sources: impl IntoIterator<Item = (String, S)>) -> Self {
        let boxed = |(name, source): (String, S)| -> (String, Box<dyn Source + 'a>) {
            (name, Box::new(source))
        };
        Self { sources: sources.into_iter().map(boxed).collect() }
    }

    /// Returns the source of this name; without a name, the first.
    ///
    /// # Errors
    /// [`Error::Invalid`] if no source has this name; lists the names.
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

    /// Describes all sources, by their names, in their order.
    ///
    /// # Errors
    /// As for [`Source::describe`].
    pub async fn describe(&self) -> Result<Vec<(String, SourceDescription)>> {
        let mut described = Vec::with_capacity(self.sources.len());
        // One after the other, because the sources of a database share a connection.
        for (name, source) in &self.sources {
            described.push((name.clone(), source.describe().await?));
        }
        Ok(described)
    }

    /// Returns the source that a job was planned over.
    ///
    /// # Errors
    /// [`Error::OtherSource`] if no source has its name, or that source has another definition.
    pub fn get(&self, id: &SourceId) -> Result<&dyn Source> {
        match self.find(Some(&id.name)) {
            Ok((known, source)) if known == *id => Ok(source),
            _ => Err(Error::OtherSource(id.name.clone())),
        }
    }
}
