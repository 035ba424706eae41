//! `pgfold completions`

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::{arguments::Arguments, error::Result, exit::Exit, output};

/// Writes the script that completes `pgfold`'s command line in a shell.
pub(crate) fn completions(shell: Shell) -> Result<Exit> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "pgfold", &mut script);
    output::people(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
