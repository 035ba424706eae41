use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    Kernel,
    fault::{fault, guarded},
};
use crate::error::{Error, Result};

/// A kernel's partial as JSON text, with the version of its form. Only that kernel can read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Partial {
    v: u16,
    json: Box<RawValue>,
}

impl Partial {
    /// Writes a partial as JSON text.
    ///
    /// # Errors
    /// [`Error::Kernel`] if the partial cannot be written, or is larger than the kernel states.
    pub(super) fn new<K: Kernel>(kernel: &K, partial: &K::Partial) -> Result<Self> {
        let json = guarded("Serialize", || serde_json::value::to_raw_value(partial))
            .map_err(fault::<K>)?
            .map_err(|error| fault::<K>(format!("its partial cannot be written: {error}")))?;
        let (bytes, most) = (json.get().len(), kernel.largest_partial());
        if bytes > most {
            let larger =
                format!("its partial has {bytes} bytes, more than the {most} that it states");
            return Err(fault::<K>(larger));
        }
        Ok(Self { v: K::VERSION, json })
    }

    /// Reads a partial from the store.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the partial has another version or does not read back.
    pub(super) fn read<K: Kernel>(&self) -> Result<K::Partial> {
        let corrupt =
            |problem: String| Error::corrupt(format!("a partial of {}", K::NAME), problem);
        if self.v != K::VERSION {
            return Err(corrupt(format!("it is of version {}, not {}", self.v, K::VERSION)));
        }
        self.parse::<K>().map_err(corrupt)
    }

    /// Reads a partial that this build wrote.
    ///
    /// # Errors
    /// The problem, if the partial does not read back.
    pub(super) fn parse<K: Kernel>(&self) -> Result<K::Partial, String> {
        guarded("Deserialize", || serde_json::from_str(self.json.get()))?
            .map_err(|error| error.to_string())
    }
}

impl PartialEq for Partial {
    fn eq(&self, other: &Self) -> bool {
        self.v == other.v && self.json.get() == other.json.get()
    }
}
