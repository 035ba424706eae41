//! One of several kernels of a query.

use pgfold_api::Computed;
use serde::Serialize;
use serde_json::value::RawValue;

use super::piece::{list, piece, spelled};

/// The characters between the parts.
const BETWEEN: [char; 4] = ['=', ':', ',', '?'];

/// A kernel of `compute` with the name of its answer.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) kernel: Kernel,
}

/// A kernel as a request has it. The text of the parameters is as it was given.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kernel {
    kernel: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Box<RawValue>>,
}

impl Named {
    /// Returns whether it names the columns that it reads.
    pub(crate) fn has_columns(&self) -> bool {
        !self.kernel.columns.is_empty()
    }

    /// Reads an option of the command line.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text).map_err(|problem| {
            format!(
                "{problem}; it must be NAME=KERNEL[:COLUMN,COLUMN][?PARAMS], such as \
                 fare=summary:fare or p=quantiles:fare?{{\"ranks\":[0.5]}}"
            )
        })
    }
}

fn parse(text: &str) -> Result<Named, String> {
    let (name, rest) = piece(text, &BETWEEN)?;
    let rest = rest.strip_prefix('=').ok_or("the name of the answer is missing")?;
    let (kernel, mut rest) = piece(rest, &BETWEEN)?;
    let mut columns = Vec::new();
    if let Some(more) = rest.strip_prefix(':') {
        (columns, rest) = list(more, &BETWEEN)?;
    }
    let params = match rest.strip_prefix('?') {
        Some(params) => Some(json(params)?),
        None if rest.is_empty() => None,
        None => return Err(format!("{rest:?} may not be here")),
    };
    Ok(Named { name, kernel: Kernel { kernel, columns, params } })
}

fn json(text: &str) -> Result<Box<RawValue>, String> {
    RawValue::from_string(text.trim().to_owned())
        .map_err(|error| format!("the parameters {text:?} are not JSON: {error}"))
}

/// Returns a kernel in the words of the command line.
pub(crate) fn shown(name: &str, computed: &Computed) -> String {
    let Computed { kernel, columns, params } = computed;
    let columns = columns.iter().map(|columns| {
        let columns: Vec<String> = columns.iter().map(|one| spelled(one, &BETWEEN)).collect();
        format!(":{}", columns.join(","))
    });
    let params = serde_json::to_string(params).ok().filter(|_| !params.is_empty());
    let params = params.map(|params| format!("?{params}"));
    let kernel = format!("{}={}", spelled(name, &BETWEEN), spelled(&kernel.0, &BETWEEN));
    [kernel].into_iter().chain(columns).chain(params).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kernel_has_a_name_columns_and_parameters_as_they_were_given() {
        for (text, name, expected) in [
            ("riders=distinct", "riders", r#"{"kernel":"distinct"}"#),
            (
                "pair = min_distance : a,\"b,c\"",
                "pair",
                r#"{"kernel":"min_distance","columns":["a","b,c"]}"#,
            ),
            (
                r#"p=quantiles:fare?{"ranks": [0.10, 1]}"#,
                "p",
                r#"{"kernel":"quantiles","columns":["fare"],"params":{"ranks": [0.10, 1]}}"#,
            ),
            ("h=histogram?{}", "h", r#"{"kernel":"histogram","params":{}}"#),
        ] {
            let named = Named::parse(text).unwrap();
            let sent = serde_json::to_string(&named.kernel).unwrap();
            assert_eq!((named.name.as_str(), sent.as_str()), (name, expected), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_is_wrong_and_what_is_allowed() {
        for (text, problem) in [
            ("", "a name or value is missing"),
            ("summary", "the name of the answer is missing"),
            ("summary:fare", "the name of the answer is missing"),
            ("fare=", "a name or value is missing"),
            ("fare=summary:", "a name or value is missing"),
            ("fare=summary=fare", "\"=fare\" may not be here"),
            ("fare=summary?ranks", "the parameters \"ranks\" are not JSON: "),
        ] {
            let told = Named::parse(text).unwrap_err();
            assert!(told.starts_with(problem), "{text}: {told}");
            assert!(told.contains("NAME=KERNEL[:COLUMN,COLUMN][?PARAMS]"), "{told}");
        }
    }

    #[test]
    fn what_is_shown_is_read_back() {
        let computed = json!({
            "kernel": "quantiles", "columns": ["a:b"], "params": { "ranks": [0.5] },
        });
        let shown = shown("the p", &serde_json::from_value(computed.clone()).unwrap());
        assert_eq!(shown, r#"the p=quantiles:"a:b"?{"ranks":[0.5]}"#);
        let again = Named::parse(&shown).unwrap();
        assert_eq!((json!(again.kernel), again.name.as_str()), (computed, "the p"));
    }
}
