//! The body of an answer that is an error.

use pgfold_api::ErrorBody;
use serde::Deserialize;

use crate::document::Document;

/// Who refused, and why.
#[derive(Deserialize)]
#[serde(untagged)]
enum Refusal {
    Pgfold(ErrorBody),
    /// API Gateway itself, or a service of AWS.
    Aws {
        #[serde(alias = "Message")]
        message: String,
    },
    /// A server in between, or one of another version.
    Other {
        error: String,
    },
}

/// Returns the sentence of an error; `None` if its body is no one's that is known.
pub(crate) fn sentence(document: &Document) -> Option<String> {
    Some(match Refusal::deserialize(document.value()).ok()? {
        Refusal::Pgfold(body) => body.error,
        Refusal::Aws { message } => message,
        Refusal::Other { error } => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgfold_api::Problem;
    use serde_json::{Value, json};

    #[test]
    fn errors_of_pgfold_and_of_the_gateway_have_a_sentence() {
        let of = |body: Value| sentence(&body.into());
        let pgfold = json!(ErrorBody::new(Problem::JobUnknown, "no such task"));
        assert_eq!(of(pgfold).as_deref(), Some("no such task"));
        assert_eq!(of(json!({ "message": "Not Found" })).as_deref(), Some("Not Found"));
        assert_eq!(of(json!({ "Message": "no group" })).as_deref(), Some("no group"));
        assert_eq!(of(json!({ "error": "busy" })).as_deref(), Some("busy"));
        assert_eq!(of(json!({ "message": null })), None);
        assert_eq!(of(json!("no")), None);
    }
}
