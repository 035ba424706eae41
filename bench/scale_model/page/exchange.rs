//! What jobs with groups exchange where every row is a group.

use super::{Page, SIZES};
use crate::{
    limits::LAMBDA_TIMEOUT,
    write::{at_least, bytes, count, dollars, table, thousands, time},
};

impl Page {
    pub(super) fn exchange(&self) -> String {
        let days = self.template.default("ObjectDays");
        let line = |rows: &f64| {
            let exchange = self.small.exchange(*rows, self.streaming);
            let [puts, gets] = exchange.requests();
            let [by_bytes, by_requests] = exchange.seconds();
            let longest = by_bytes.max(by_requests);
            vec![
                count(*rows),
                thousands(exchange.chunks.into()),
                thousands(exchange.runs),
                exchange.files.to_string(),
                bytes(exchange.bytes),
                format!("{} and {}", count(puts.ceil()), count(gets.ceil())),
                dollars(exchange.dollars(days)),
                time(by_bytes),
                time(by_requests),
                bytes(exchange.memory()),
                match 2.0 * longest {
                    seconds if seconds <= self.small.mapper_timeout => String::new(),
                    seconds if seconds > LAMBDA_TIMEOUT.value => {
                        "no invocation is so long".to_owned()
                    }
                    seconds => format!("`MapperTimeout` {}", at_least(seconds)),
                },
            ]
        };
        let lines: Vec<Vec<String>> = SIZES.iter().map(line).collect();
        let head = [
            "rows",
            "chunks",
            "runs",
            "files",
            "exchanged",
            "PUTs and GETs",
            "S3",
            "a reducer, by bytes",
            "by requests",
            "its runs in memory",
            "to be raised",
        ];
        table(&head, &[10], &lines)
    }
}
