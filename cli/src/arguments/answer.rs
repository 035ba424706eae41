//! The options of every command that writes an answer.

use clap::Args;

/// How an answer is written.
#[derive(Debug, Args)]
pub(crate) struct AnswerOptions {
    /// Write the answer as CSV to stdout, and the rest to stderr
    #[arg(long)]
    pub(crate) csv: bool,
    /// Omit the chunks and their receipts from the document that --json prints
    #[arg(long)]
    pub(crate) no_receipts: bool,
}
