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
        if self.execution == Execution::Pushdown {
            check_pushdown(&query)?;
        }
        Ok(Self { query, ..self })
    }
}

/// Checks that a database can do most of a query.
///
/// # Errors
/// [`Error::Invalid`] names the first kernel that it cannot do.
fn check_pushdown(query: &Query) -> Result<()> {
    let open = query.open()?;
    let Some((spec, kernel)) = open.without_aggregates() else { return Ok(()) };
    let (name, params) = (&spec.name, &spec.params);
    match (kernel.measure(), query.only_kernel()) {
        (Some(_), Some(_)) => Ok(()),
        (Some(_), None) => Err(Error::Invalid(format!(
            "execution \"pushdown\" is for one kernel without group_by if the kernel is {name}"
        ))),
        (None, _) => Err(Error::Invalid(format!(
            "execution \"pushdown\" is for kernels that a database can do most of, and {name} with \
             the parameters {params} is not one of them"
        ))),
    }
}
