//! The page, and what it may do: nothing but what stands in it, and calls to where it came from.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use lambda_http::Response;
use pgfold_api::server;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("dashboard.html");

/// Its script and its style are allowed by their hashes, so that nothing that a job, a table or a
/// request says can become either.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |element| BASE64_STANDARD.encode(Sha256::digest(content(element)));
    let [script, style] = ["script", "style"].map(|element| format!("'sha256-{}'", hash(element)));
    format!(
        "default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

pub(crate) fn response() -> Response<String> {
    server::html(PAGE, &POLICY)
}

/// Returns the content of the page's only element of this name; nothing without one.
fn content(element: &str) -> &'static str {
    let start = PAGE.split_once(&format!("<{element}>")).map_or("", |(_, rest)| rest);
    start.split_once(&format!("</{element}>")).map_or("", |(content, _)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_covers_the_only_script_and_style() {
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1, "{element}");
            assert!(!content(element).is_empty(), "{element}");
        }
        assert!(!PAGE.contains(" style="), "a style that the policy forbids");
    }
}
