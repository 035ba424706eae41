//! The page of `GET /dashboard`: one document with one style and one script, assembled here at
//! compile time from the files of this directory. There is no other build step.
//!
//! So the page needs nothing but the API that it came from, and its policy allows nothing else.

use std::sync::LazyLock;

use base64::{Engine, prelude::BASE64_STANDARD};
use lambda_http::Response;
use pgfold_api::server;
use sha2::{Digest, Sha256};

/// The order matters in three places:
///
/// - a style overrides those before it, so `narrow.css` comes last;
/// - `"use strict"` counts only as the first statement, and then for the whole script;
/// - the scripts share one scope, in which functions can be called before they are defined, but
///   constants cannot be read: so `begin.js`, which starts the page, comes last.
///
/// Otherwise it is an order to read them in: what all parts use, then the list, the detail of a job,
/// and the form.
const PAGE: &str = concat!(
    include_str!("head.html"),
    "<style>\n",
    include_str!("style/colours.css"),
    include_str!("style/elements.css"),
    include_str!("style/top.css"),
    include_str!("style/form.css"),
    include_str!("style/status.css"),
    include_str!("style/list.css"),
    include_str!("style/detail.css"),
    include_str!("style/groups.css"),
    include_str!("style/overview.css"),
    include_str!("style/timeline.css"),
    include_str!("style/narrow.css"),
    "</style>\n</head>\n<body>\n",
    include_str!("markup/top.html"),
    "<main>\n",
    include_str!("markup/form.html"),
    include_str!("markup/list.html"),
    include_str!("markup/job.html"),
    "</main>\n<script>\n\"use strict\";\n",
    include_str!("script/format.js"),
    include_str!("script/elements.js"),
    include_str!("script/api.js"),
    include_str!("script/polling.js"),
    include_str!("script/route.js"),
    include_str!("script/copy.js"),
    include_str!("script/status.js"),
    include_str!("script/actions.js"),
    include_str!("script/query_text.js"),
    include_str!("script/stages.js"),
    include_str!("script/list.js"),
    include_str!("script/search.js"),
    include_str!("script/table.js"),
    include_str!("script/detail.js"),
    include_str!("script/failures.js"),
    include_str!("script/answer.js"),
    include_str!("script/files.js"),
    include_str!("script/group_columns.js"),
    include_str!("script/groups.js"),
    include_str!("script/facts.js"),
    include_str!("script/chunk_store.js"),
    include_str!("script/chunks.js"),
    include_str!("script/overview.js"),
    include_str!("script/strip.js"),
    include_str!("script/histogram.js"),
    include_str!("script/timeline.js"),
    include_str!("script/receipts.js"),
    include_str!("script/field.js"),
    include_str!("script/item_list.js"),
    include_str!("script/form.js"),
    include_str!("script/kernels.js"),
    include_str!("script/columns.js"),
    include_str!("script/rows_out.js"),
    include_str!("script/params.js"),
    include_str!("script/literal.js"),
    include_str!("script/conditions.js"),
    include_str!("script/grouping.js"),
    include_str!("script/refusals.js"),
    include_str!("script/job_query.js"),
    include_str!("script/command.js"),
    include_str!("script/plan.js"),
    include_str!("script/submit.js"),
    include_str!("script/begin.js"),
    "</script>\n</body>\n</html>\n",
);

/// The page's script and style are allowed by their hashes, so that no text of a job, a table or a
/// request can become either.
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
