use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Consistency, Execution},
    plan::ChunkCount,
    query::Query,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The name of the source; `None` for the first of the catalogue.
    pub source: Option<String>,
    /// What is computed.
    pub query: Query,
    /// Into how many chunks the source is cut.
    pub chunks: ChunkCount,
    /// What the chunks together see.
    pub consistency: Consistency,
    /// Who looks at every row.
    #[serde(default)]
    pub execution: Execution,
}

impl JobRequest {
    /// Checks the request before anything is read for it, and spells out the defaults of its
    /// kernels' parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] names what is wrong with the query, or an execution that it does not
    /// have.
    pub fn checked(self) -> Result<Self> {
        let query = self.query.checked()?;
        if self.execution == Execution::Pushdown && query.open()?.measure().is_none() {
            let Some(only) = query.only_kernel() else {
                return Err(Error::Invalid(
                    "execution \"pushdown\" is for one kernel without group_by".to_owned(),
                ));
            };
            let (name, params) = (&only.kernel.name, &only.kernel.params);
            return Err(Error::Invalid(format!(
                "execution \"pushdown\" is for kernels that a database can do most of, and {name} \
                 with the parameters {params} is none"
            )));
        }
        Ok(Self { query, ..self })
    }
}
