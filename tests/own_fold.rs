//! `docs/your-own-fold.md` shows the code that is compiled, and no more than it says is needed.

use std::{fs, path::Path};

fn repository(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of code in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_page_shows_the_kernel_as_it_is() {
    let page = repository("docs/your-own-fold.md");
    let kernel = repository("shared/core/src/kernel/bounding_box.rs");
    assert!(blocks(&page, "rust").contains(&kernel.as_str()), "the page and the file differ");
    assert!(kernel.lines().count() < 60, "{} lines", kernel.lines().count());
}

#[test]
fn the_kernel_touches_one_other_line() {
    let list = repository("shared/core/src/kernel/mod.rs");
    let lines: Vec<&str> = list
        .lines()
        .filter(|line| line.contains("bounding_box") || line.contains("BoundingBox"))
        .collect();
    assert_eq!(lines, ["    bounding_box: BoundingBox,"]);
    let page = repository("docs/your-own-fold.md");
    assert!(
        blocks(&page, "diff").iter().any(|diff| diff.contains("+    bounding_box: BoundingBox,"))
    );
}
