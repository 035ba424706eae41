//! What it costs to have.

use super::Page;
use crate::{
    floor::idle,
    write::{dollars, table},
};

impl Page {
    pub(super) fn idle(&self) -> String {
        let idle = idle(&self.template);
        let always: f64 = idle.iter().filter(|one| one.always).map(|one| one.dollars).sum();
        let mut lines: Vec<Vec<String>> =
            idle.iter().map(|one| vec![one.what.clone(), dollars(one.dollars)]).collect();
        let after = idle.iter().filter(|one| one.always).count();
        lines.insert(after, vec!["**always**".to_owned(), format!("**{}**", dollars(always))]);
        table(&["a month", "list price"], &[0], &lines)
    }
}
