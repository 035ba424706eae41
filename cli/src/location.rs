//! Where the API is.

use std::{fs, path::Path};

use reqwest::Url;

use crate::error::{Error, Result};

/// What `make up` writes, and the name of the URL in it.
const FILE: &str = ".local/env";
const NAME: &str = "API_URL";

/// The URL that is `given`, else that of the local cloud of `directory` or the nearest above it.
pub(crate) fn find(given: Option<&str>, directory: &Path) -> Result<Url> {
    // An empty variable is how some say that they have none.
    if let Some(given) = given.filter(|given| !given.is_empty()) {
        return parse(given);
    }
    let files = directory.ancestors().map(|directory| directory.join(FILE));
    let contents = files.filter_map(|file| fs::read_to_string(file).ok());
    let found = contents.filter_map(|content| value(&content)).next();
    parse(&found.ok_or_else(|| {
        Error::Usage(format!(
            "no URL of the API is known: give --url, set {NAME}, or `make up` in a checkout"
        ))
    })?)
}

/// The value in lines of NAME=value, which may be such as a shell reads, too.
fn value(content: &str) -> Option<String> {
    content.lines().find_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name == NAME && !value.is_empty()).then(|| value.to_owned())
    })
}

fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| error.to_string());
    url.and_then(|mut url| {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it must start with http:// or https://".to_owned());
        }
        // They would end up in the middle of a route's URL.
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    })
    .map_err(|why| Error::Usage(format!("{text:?} is not the URL of an API: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, path::PathBuf, process};

    /// A directory of a test's own, removed with it.
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
    fn what_is_given_comes_first() {
        let scratch = Scratch::new("given");
        scratch.has("checkout/.local/env", "API_URL=http://127.0.0.1:1/a\n");
        let found = |given| find(given, &scratch.0.join("checkout")).unwrap().to_string();
        assert_eq!(found(Some("https://host/b")), "https://host/b");
        assert_eq!(found(Some("")), "http://127.0.0.1:1/a");
    }

    #[test]
    fn the_nearest_file_that_has_it_above_counts() {
        let scratch = Scratch::new("nearest");
        scratch.has("checkout/.local/env", "STORE=dynamodb\nAPI_URL=http://127.0.0.1:1/a\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:1/a");
        scratch.has("checkout/deep/.local/env", "MY_API_URL=http://no\nSTORE=valkey\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:1/a");
        scratch.has("checkout/deep/.local/env", "export API_URL='http://127.0.0.1:2/b'\n");
        assert_eq!(scratch.find().unwrap(), "http://127.0.0.1:2/b");
    }

    #[test]
    fn without_any_the_error_says_how_to_give_one() {
        let error = Scratch::new("none").find().unwrap_err().to_string();
        assert!(error.contains("--url") && error.contains("make up"), "{error}");
    }

    #[test]
    fn what_is_no_url_is_named() {
        for text in ["127.0.0.1:80", "ftp://host", "host"] {
            let error = find(Some(text), Path::new("/")).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
