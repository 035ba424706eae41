//! What a check of `pgfold doctor` found.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Ok,
    /// Jobs run, but somebody should look.
    Warning,
    /// Jobs do not run, or only some.
    Failed,
}

#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) check: &'static str,
    pub(crate) verdict: Verdict,
    /// What was found, in a sentence.
    pub(crate) found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) what_to_do: Option<String>,
}

impl Check {
    pub(crate) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, found: found.into(), what_to_do: None }
    }

    pub(crate) fn warning(
        check: &'static str,
        found: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        let what_to_do = Some(what_to_do.into());
        Self { check, verdict: Verdict::Warning, found: found.into(), what_to_do }
    }

    pub(crate) fn failed(
        check: &'static str,
        found: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self { verdict: Verdict::Failed, ..Self::warning(check, found, what_to_do) }
    }
}
