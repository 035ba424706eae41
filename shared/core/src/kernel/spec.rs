use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    DynKernel, Kernel,
    dyn_kernel::Entry,
    list::{KERNELS, names},
};
use crate::{
    bounded::shown,
    error::{Error, Result},
};

/// A kernel as a job names it: with this, every function runs the same computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelSpec {
    /// One of [`names`].
    pub name: String,
    /// The kernel's parameters, a JSON object.
    pub params: Value,
}

impl KernelSpec {
    /// Names the kernel `K` with parameters `params`.
    pub fn of<K: Kernel>(params: &K::Params) -> Result<Self> {
        let params = serde_json::to_value(params)
            .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
        Ok(Self { name: K::NAME.to_owned(), params })
    }

    /// Opens the kernel, ready to fold and merge.
    ///
    /// # Errors
    /// [`Error::Invalid`] names an unknown kernel and the known ones, or the wrong parameter.
    pub fn open(&self) -> Result<Box<dyn DynKernel>> {
        (self.entry()?.open)(&self.params)
    }

    /// Returns the same kernel with every default among its parameters, and each number as the
    /// kernel reads it, so that two which compute the same by default are equal.
    ///
    /// # Errors
    /// Those of [`open`](KernelSpec::open).
    pub fn spelled_out(&self) -> Result<Self> {
        let params = (self.entry()?.spell_out)(&self.params)?;
        Ok(Self { name: self.name.clone(), params })
    }

    fn entry(&self) -> Result<&'static Entry> {
        KERNELS.iter().find(|kernel| kernel.name == self.name).ok_or_else(|| {
            Error::Invalid(format!(
                "there is no kernel {:?}; there is {}",
                shown(&self.name),
                names().collect::<Vec<_>>().join(", ")
            ))
        })
    }
}
