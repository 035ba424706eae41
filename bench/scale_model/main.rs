//! What pgfold can do at which size: a model of its limits and prices, and `docs/scale.md`, whose
//! tables it makes. After a change of either:
//!
//! ```text
//! SCALE_PAGE=write cargo test --workspace --test scale
//! ```

use std::{env, fs, path::Path};

use pgfold_tests::checkout;

mod database;
mod elsewhere;
mod exchange;
mod floor;
mod job;
mod laws;
mod limits;
mod measured;
mod page;
mod price;
mod rate;
mod row;
mod template;
mod write;

use page::Page;

/// What this is about.
const PAGE: &str = "docs/scale.md";

#[test]
fn the_page_has_the_tables_that_the_model_makes() {
    let (there, made) = (checkout(PAGE), Page::new().filled(&checkout(PAGE)));
    if env::var("SCALE_PAGE").is_ok_and(|value| value == "write") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
        fs::write(path, made).unwrap_or_else(|error| panic!("{PAGE}: {error}"));
        return;
    }
    let differ = there.lines().zip(made.lines()).find(|(there, made)| there != made);
    assert!(
        there == made,
        "{PAGE} is not what the model makes of docs/bench/results.json and template.yaml; \
         SCALE_PAGE=write cargo test --workspace --test scale writes it. The first line that \
         differs, and what it should be: {differ:#?}"
    );
}
