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
    assert!(kernel.lines().count() < 90, "{} lines", kernel.lines().count());
}

#[test]
fn the_kernel_touches_two_other_lines() {
    let page = repository("docs/your-own-fold.md");
    let added: Vec<&str> = blocks(&page, "diff")
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.strip_prefix('+'))
        .collect();
    let kernel = "shared/core/src/kernel";
    let touched: Vec<String> = ["mod.rs", "list.rs"]
        .map(|file| repository(&format!("{kernel}/{file}")))
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| line.contains("bounding_box") || line.contains("BoundingBox"))
        .map(str::to_owned)
        .collect();
    assert_eq!(touched, added);
}
