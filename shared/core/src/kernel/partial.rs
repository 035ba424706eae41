use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    Kernel,
    fault::{fault, guarded},
};
use crate::error::{Error, Result};

/// A kernel's partial as it is stored, with the version of its form. Only that kernel can read it.
///
/// The form is MessagePack, which a record has in base64: `{"v":2,"data":"kgIA"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    v: u16,
    #[serde(rename = "data")]
    bytes: Base64,
}

impl Partial {
    /// Writes a partial.
    ///
    /// # Errors
    /// [`Error::Kernel`] if the partial cannot be written, or is larger than the kernel states.
    pub(super) fn new<K: Kernel>(kernel: &K, partial: &K::Partial) -> Result<Self> {
        let bytes = Base64(written(kernel, partial)?);
        Ok(Self { v: K::VERSION, bytes })
    }

    /// Makes a partial of its version and its stored form.
    pub(crate) const fn from_stored(v: u16, bytes: Vec<u8>) -> Self {
        Self { v, bytes: Base64(bytes) }
    }

    /// Returns the version and the stored form.
    pub(crate) fn into_stored(self) -> (u16, Vec<u8>) {
        (self.v, self.bytes.0)
    }

    /// Returns the stored form.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// Reads a partial from the store.
    ///
    /// # Errors
    /// [`Error::OtherVersion`]; [`Error::Corrupt`] if the partial does not read back.
    pub(super) fn read<K: Kernel>(&self) -> Result<K::Partial> {
        check_version::<K>(self.v)?;
        self.parse::<K>().map_err(corrupt::<K>)
    }

    /// Reads a partial that this build wrote.
    ///
    /// # Errors
    /// The problem, if the partial does not read back.
    pub(super) fn parse<K: Kernel>(&self) -> Result<K::Partial, String> {
        parsed::<K>(&self.bytes.0)
    }
}

/// Returns the stored form of a partial, without its version.
///
/// # Errors
/// As for [`Partial::new`].
pub(super) fn written<K: Kernel>(kernel: &K, partial: &K::Partial) -> Result<Vec<u8>> {
    let bytes = guarded("Serialize", || rmp_serde::to_vec(partial))
        .map_err(fault::<K>)?
        .map_err(|error| fault::<K>(format!("its partial cannot be written: {error}")))?;
    let (length, most) = (bytes.len(), kernel.largest_partial());
    if length > most {
        let larger = format!("its partial has {length} bytes, more than the {most} that it states");
        return Err(fault::<K>(larger));
    }
    Ok(bytes)
}

/// Reads a partial that this build wrote.
///
/// # Errors
/// The problem, if the partial does not read back.
pub(super) fn parsed<K: Kernel>(bytes: &[u8]) -> Result<K::Partial, String> {
    guarded("Deserialize", || rmp_serde::from_slice(bytes))?.map_err(|error| error.to_string())
}

/// Checks that this build reads partials of this version.
///
/// # Errors
/// [`Error::OtherVersion`] if it does not.
pub(super) fn check_version<K: Kernel>(version: u16) -> Result<()> {
    Error::check_version(format!("a partial of {}", K::NAME), version, K::VERSION)
}

pub(super) fn corrupt<K: Kernel>(problem: String) -> Error {
    Error::corrupt(format!("a partial of {}", K::NAME), problem)
}

/// Bytes that JSON has as a text in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base64(pub(crate) Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD_NO_PAD.decode(text).map(Self).map_err(de::Error::custom)
    }
}
