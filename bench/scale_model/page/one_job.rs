//! How long a job takes beside a database, and what it costs.

use super::Page;
use crate::{
    database::{Bandwidth, Database},
    job::{Deployment, Outcome, Resource},
    page::SIZES,
    row,
    write::{at_least, bytes, count, dollars, table, thousands, time},
};

impl Page {
    pub(super) fn one_job(&self, at: &Deployment) -> String {
        let Database { name, vcpus, memory, network, disk, dollars_an_hour } = at.database;
        let title = format!(
            "**{name}**, {} an hour: {vcpus} vCPUs, {:.0} GiB; network {}; disk {}. {} mappers.\n\n",
            dollars(dollars_an_hour),
            memory / f64::from(1_u32 << 30),
            bandwidth(network),
            bandwidth(disk),
            at.mappers,
        );
        let line = |rows: &f64| {
            let outcome = at.job(*rows, self.streaming);
            let cell = |(resource, seconds)| match seconds {
                0.0 => "in memory".to_owned(),
                _ if resource == outcome.wall => format!("**{}**", time(seconds)),
                _ => time(seconds),
            };
            let mut line = vec![count(*rows), bytes(rows * row::disk())];
            line.extend(Resource::ALL.into_iter().zip(outcome.alone).map(cell));
            line.extend([
                format!("{:.0}", outcome.fed.ceil().min(outcome.chunks.into())),
                thousands(outcome.chunks.into()),
                raised(at, &outcome),
                dollars(outcome.dollars()),
                dollars(at.database_dollars(&outcome)),
            ]);
            line
        };
        let lines: Vec<Vec<String>> = SIZES.iter().map(line).collect();
        let mut head = vec!["rows", "table"];
        head.extend(Resource::ALL.map(Resource::name));
        head.extend(["feeds mappers", "chunks", "to be raised", "pgfold", "database"]);
        title + &table(&head, &[8], &lines)
    }
}

/// What there is of it always, and for a while.
fn bandwidth(Bandwidth { sustained, burst, burst_seconds }: Bandwidth) -> String {
    if burst > sustained {
        format!("{}/s ({}/s for {})", bytes(sustained), bytes(burst), time(burst_seconds))
    } else {
        format!("{}/s", bytes(sustained))
    }
}

/// The parameters that a job needs more of, and how much.
fn raised(at: &Deployment, outcome: &Outcome) -> String {
    let mut raised = Vec::new();
    let for_chunk = 2.0 * outcome.chunk_seconds();
    if for_chunk > at.mapper_timeout {
        raised.push(format!("`MapperTimeout` {}", at_least(for_chunk)));
    }
    let for_job = 2.0 * outcome.seconds;
    if for_job > at.job_deadline {
        raised.push(format!("`JobDeadline` {}", at_least(for_job)));
    }
    if for_job > at.job_ttl {
        raised.push("`JobTtl` beyond that".to_owned());
    }
    raised.join(", ")
}
