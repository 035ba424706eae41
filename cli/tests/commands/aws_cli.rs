//! An AWS CLI that does what a test has it do.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// A directory with an `aws` that runs `script`.
pub(crate) fn aws(name: &str, script: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // With whatever an earlier run left there.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let program = directory.join("aws");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
    directory
}

/// The `PATH` that has it, and what its script needs.
pub(crate) fn path(directory: &Path) -> String {
    format!("{}:/usr/bin:/bin", directory.display())
}
