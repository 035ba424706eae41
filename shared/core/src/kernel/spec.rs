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

/// A kernel's name and parameters. Every function that opens the same spec runs the same
/// computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelSpec {
    /// One of [`names`].
    pub name: String,
    /// The kernel's parameters, a JSON object.
    pub params: Value,
}

impl KernelSpec {
    /// Makes the spec of the kernel `K` with parameters `params`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the parameters cannot be written as JSON.
    pub fn of<K: Kernel>(params: &K::Params) -> Result<Self> {
        let params = serde_json::to_value(params)
            .map_err(|error| Error::Invalid(format!("parameters of {}: {error}", K::NAME)))?;
        Ok(Self { name: K::NAME.to_owned(), params })
    }

    /// Opens the kernel, ready to fold and merge.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the kernel is unknown, which lists the known ones, or if a parameter
    /// is wrong, which names it.
    pub fn open(&self) -> Result<Box<dyn DynKernel>> {
        (self.entry()?.open)(&self.params)
    }

    /// Returns the same spec with every default parameter filled in and each number as the kernel
    /// reads it. Two specs that differ only in spelling are then equal.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the kernel is unknown or its parameters cannot be read. Ranges are not
    /// checked; [`open`](KernelSpec::open) checks them.
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
