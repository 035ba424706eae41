//! What the functions log.

use std::{collections::HashMap, io, sync::LazyLock};

use lambda_runtime::tracing::{
    Dispatch, Level,
    dispatcher::DefaultGuard,
    subscriber::{self, util::SubscriberInitExt},
};
use serde_json::Value;

use crate::functions::output::Output;

/// What is logged by the test that holds this, in the form in which the functions log to
/// CloudWatch.
pub(crate) struct Log {
    output: Output,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn start() -> Self {
        Self::at(Level::INFO)
    }

    pub(crate) fn at(level: Level) -> Self {
        keep_every_line();
        let output = Output::default();
        let writer = output.clone();
        // As `lambda_runtime` sets it up where Lambda's log format is JSON.
        let subscriber = subscriber::fmt()
            .with_target(false)
            .without_time()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .json()
            .finish();
        Self { output, _guard: subscriber.set_default() }
    }

    /// The message of each line, and the fields that it has from its span.
    pub(crate) fn take(&self) -> Vec<(String, HashMap<String, Value>)> {
        let read = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let fields = serde_json::from_value(line["span"].take()).unwrap();
            (line["fields"]["message"].as_str().unwrap().to_owned(), fields)
        };
        self.output.take().lines().map(read).collect()
    }
}

/// Lets tests that run at the same time log each for itself. While only one subscriber exists,
/// tracing asks the first thread that reaches a line for its subscriber. If that thread's test does
/// not look at the log, nobody may see the line from then on. So two subscribers always exist.
pub(crate) fn keep_every_line() {
    static KEPT: LazyLock<[Dispatch; 2]> = LazyLock::new(|| {
        let sink = || subscriber::fmt().with_max_level(Level::TRACE).with_writer(io::sink).finish();
        [sink().into(), sink().into()]
    });
    LazyLock::force(&KEPT);
}
