//! URLs for people.

use reqwest::Url;

/// Returns a URL for people: without its query.
pub(crate) fn shown(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

#[test]
fn a_url_is_shown_without_its_query() {
    let url = "https://h/tasks?cursor=x".parse().unwrap();
    assert_eq!(shown(&url).as_str(), "https://h/tasks");
}
