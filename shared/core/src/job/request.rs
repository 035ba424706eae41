use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Consistency, Execution},
    output::OutputSpec,
    plan::ChunkCount,
    query::{Compute, Query},
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
    /// The files that are written instead of an answer; `None` for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputSpec>,
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
        if matches!(query.compute, Compute::Rows(_)) {
            if self.output.is_none() {
                return Err(Error::Invalid(
                    "the kernel rows writes files; say in which format by output".to_owned(),
                ));
            }
            if self.execution == Execution::Pushdown {
                return Err(Error::Invalid(
                    "execution \"pushdown\" is not for the kernel rows, which reads every row"
                        .to_owned(),
                ));
            }
        }
        let output = self.output.map(OutputSpec::checked).transpose()?;
        if self.execution == Execution::Pushdown {
            check_pushdown(&query)?;
        }
        Ok(Self { query, output, ..self })
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
