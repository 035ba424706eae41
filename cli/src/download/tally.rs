use std::cell::{Cell, RefCell};

use pgfold_api::Files;

use crate::progress::{Downloaded, Progress};

/// How much of all parts is there.
pub(super) struct Tally<'a> {
    progress: RefCell<&'a mut Progress>,
    so_far: Cell<Downloaded>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(progress: &'a mut Progress, files: &Files) -> Self {
        let so_far = Downloaded {
            bytes: 0,
            of_bytes: files.bytes,
            files: 0,
            of_files: files.part_count as u64,
        };
        Self { progress: RefCell::new(progress), so_far: Cell::new(so_far) }
    }

    pub(super) fn add(&self, bytes: u64) {
        let so_far = self.so_far.get();
        self.show(Downloaded { bytes: so_far.bytes + bytes, ..so_far });
    }

    /// Forgets bytes that will be downloaded again.
    pub(super) fn remove(&self, bytes: u64) {
        let so_far = self.so_far.get();
        self.show(Downloaded { bytes: so_far.bytes.saturating_sub(bytes), ..so_far });
    }

    /// Counts a part that is whole, and all before it.
    pub(super) fn add_part(&self) {
        let so_far = self.so_far.get();
        self.show(Downloaded { files: so_far.files + 1, ..so_far });
    }

    /// Shows that something is tried again.
    pub(super) fn trouble(&self, why: &str) {
        self.progress.borrow_mut().trouble_with(why);
    }

    fn show(&self, so_far: Downloaded) {
        self.so_far.set(so_far);
        self.progress.borrow_mut().show_download(so_far);
    }
}
