use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    job::{Consistency, Execution},
    kernel::KernelSpec,
    plan::ChunkCount,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The name of the source; `None` for the first of the catalogue.
    pub source: Option<String>,
    /// What is computed.
    pub kernel: KernelSpec,
    /// The source's columns for those of the kernel; `None` for the source's first.
    pub columns: Option<Vec<String>>,
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
    /// kernel's parameters.
    ///
    /// # Errors
    /// [`Error::Invalid`] names an unknown kernel, a wrong parameter, or an execution that the
    /// kernel does not have.
    pub fn checked(self) -> Result<Self> {
        let opened = self.kernel.open()?;
        let kernel = self.kernel.spelled_out()?;
        if self.execution == Execution::Pushdown && opened.measure().is_none() {
            let (name, params) = (&kernel.name, &kernel.params);
            return Err(Error::Invalid(format!(
                "execution \"pushdown\" is for kernels that a database can do most of, and {name} \
                 with the parameters {params} is none"
            )));
        }
        Ok(Self { kernel, ..self })
    }
}
