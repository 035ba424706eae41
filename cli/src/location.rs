//! The URL of the API.

use std::path::Path;

use reqwest::Url;

use crate::{
    error::{Error, Result},
    local_cloud::LocalCloud,
};

/// The name of the URL in the file of a local cloud.
const NAME: &str = "API_URL";

/// Returns the URL `given`, otherwise that of the local cloud in `directory` or its nearest parent.
pub(crate) fn find(given: Option<&str>, directory: &Path) -> Result<Url> {
    // An empty variable counts as unset.
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return parse(given);
    }
    let cloud = LocalCloud::with(NAME, directory);
    let found = cloud.and_then(|cloud| Some((cloud.value(NAME)?, cloud)));
    let (value, cloud) = found.ok_or_else(|| {
        Error::Usage(format!(
            "no URL of the API is known: give --url, set {NAME}, or `make up` in a checkout"
        ))
    })?;
    let url = parse(&value)?;
    cloud.check(&url, &format!("--url {url}"))?;
    Ok(url)
}

fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| error.to_string());
    url.and_then(|mut url| {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it must start with http:// or https://".to_owned());
        }
        // User and password would be sent in the clear, or besides a token or signature.
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must have no user and no password; use --auth".to_owned());
        }
        // A query or fragment would end up in the middle of a route's URL.
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    })
    .map_err(|why| {
        Error::Usage(format!("{:?} is not the URL of an API: {why}", without_user(text)))
    })
}

/// Returns a URL, or a text that is not a URL, without user and password.
fn without_user(text: &str) -> String {
    text.rsplit_once('@').map_or_else(|| text.to_owned(), |(_user, rest)| format!("…@{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        env,
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
        path::PathBuf,
        process,
    };

    /// A directory of one test, which is removed when this is dropped.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("pgfold-{}-{name}", process::id()));
            fs::create_dir_all(path.join("checkout/.local")).unwrap();
            fs::create_dir_all(path.join("checkout/deep/.local")).unwrap();
            Self(path)
        }

        fn has(&self, file: &str, content: &str) -> &Self {
            fs::write(self.0.join(file), content).unwrap();
            self
        }

        fn find(&self) -> Result<String> {
            find(None, &self.0.join("checkout/deep")).map(|url| url.to_string())
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_given_url_comes_first() {
        let scratch = Scratch::new("given");
        scratch.has("checkout/.local/env", "API_URL=http://127.0.0.1:1/a\n");
        let found = |given| find(given, &scratch.0.join("checkout")).unwrap().to_string();
        assert_eq!(found(Some("https://host/b")), "https://host/b");
        assert_eq!(found(Some("")), "http://127.0.0.1:1/a");
    }

    #[test]
    fn the_nearest_file_in_a_parent_directory_counts() {
        let scratch = Scratch::new("nearest");
        scratch.has("checkout/.local/env", "STORE=dynamodb\nAPI_URL=http://127.0.0.1:1/a\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:1/a");
        scratch.has("checkout/deep/.local/env", "MY_API_URL=http://no\nSTORE=valkey\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:1/a");
        scratch.has("checkout/deep/.local/env", "export API_URL='http://127.0.0.1:2/b'\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:2/b");
    }

    #[test]
    fn without_a_url_the_error_lists_the_ways_to_give_one() {
        let error = Scratch::new("none").find().unwrap_err().to_string();
        assert!(error.contains("--url") && error.contains("make up"), "{error}");
    }

    #[test]
    fn a_file_may_name_only_this_machine() {
        let scratch = Scratch::new("elsewhere");
        for url in ["http://127.0.0.1:1/a", "http://localhost:1/a", "http://[::1]:1/a"] {
            scratch.has("checkout/.local/env", &format!("API_URL={url}\n"));
            assert_eq!(scratch.find().unwrap(), url);
        }
        for url in ["https://evil.example/a", "http://localhost.example/", "http://10.0.0.1/"] {
            let file = "checkout/.local/env";
            let error = scratch.has(file, &format!("API_URL={url}\n")).find().unwrap_err();
            let error = error.to_string();
            for named in [&scratch.0.join(file).display().to_string(), url, "--url"] {
                assert!(error.contains(named), "{error}");
            }
            let given = find(Some(url), &scratch.0.join("checkout")).unwrap();
            assert_eq!(given.as_str(), url);
        }
    }

    #[test]
    fn a_file_in_a_directory_that_everybody_can_write_to_does_not_count() {
        let scratch = Scratch::new("shared");
        scratch.has("checkout/.local/env", "API_URL=http://127.0.0.1:1/a\n");
        for (mode, counts) in [(0o755, true), (0o777, true), (0o1755, true), (0o1777, false)] {
            let permissions = Permissions::from_mode(mode);
            fs::set_permissions(scratch.0.join("checkout"), permissions).unwrap();
            assert_eq!(scratch.find().is_ok(), counts, "{mode:o}");
        }
    }

    #[test]
    fn a_user_or_a_password_is_an_error_that_does_not_quote_it() {
        for url in [
            "http://me:secret@127.0.0.1:1/a",
            "https://me:se@cret@host",
            "https://:secret@host",
            "https://secret@host",
            "ftp://me:secret@host",
            "https://me:secret@host:99999",
        ] {
            let error = find(Some(url), Path::new("/")).unwrap_err().to_string();
            assert!(error.contains("is not the URL") && !error.contains("cret"), "{error}");
        }
        assert!(find(Some("https://host/a@b"), Path::new("/")).is_ok());
    }

    #[test]
    fn the_error_of_a_wrong_url_quotes_it() {
        for text in ["127.0.0.1:80", "ftp://host", "host"] {
            let error = find(Some(text), Path::new("/")).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
