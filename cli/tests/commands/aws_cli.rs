//! A stand-in for the AWS CLI that runs a test's script.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Makes a directory with an `aws` that runs `script`.
pub(crate) fn aws(name: &str, script: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Removes the files of an earlier run.
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let program = directory.join("aws");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
    directory
}

/// Returns a `PATH` with this directory and the programs that its script needs.
pub(crate) fn path(directory: &Path) -> String {
    format!("{}:/usr/bin:/bin", directory.display())
}
