//! How many jobs an hour there may be, and what very many take.

use super::{KINDS, MANY, Page};
use crate::{
    rate::Jobs,
    write::{count, dollars, figure, table, thousands},
};

impl Page {
    pub(super) fn many_jobs(&self) -> String {
        let mut head = vec!["jobs an hour at most".to_owned()];
        head.extend(KINDS.iter().map(|kind| {
            let chunks = if kind.chunks == 1 { "chunk" } else { "chunks" };
            format!("{} rows, {} {chunks}", count(kind.rows), kind.chunks)
        }));
        head.push("moved by".to_owned());
        let at = &self.small;
        let columns = KINDS.map(|kind| kind.capacities(at, self.streaming, &self.template));
        let least =
            KINDS.map(|kind| kind.most_an_hour(at, self.streaming, &self.template).resource);
        let mut lines: Vec<Vec<String>> = (0..columns[0].len())
            .map(|resource| {
                let mut line = vec![columns[0][resource].resource.to_owned()];
                line.extend(columns.iter().zip(least).map(|(column, least)| {
                    let jobs = count(column[resource].jobs_an_hour);
                    let is_least = column[resource].resource == least;
                    if is_least { format!("**{jobs}**") } else { jobs }
                }));
                line.push(columns[0][resource].moved_by.clone());
                line
            })
            .collect();
        let a_second = MANY / 3600.0;
        let of_many = |what: &str, of_one: &dyn Fn(&Jobs) -> String| {
            let mut line = vec![format!("{} an hour: {what}", thousands(MANY))];
            line.extend(KINDS.iter().map(of_one));
            line.push(String::new());
            line
        };
        let cost = self.streaming;
        lines.extend([
            of_many("vCPUs of the database", &|kind| figure(a_second * kind.rows * cost.server)),
            of_many("Gbps of its network", &|kind| {
                figure(a_second * kind.rows * cost.wire * 8.0 / 1e9)
            }),
            of_many("mappers", &|kind| {
                format!("{:.0}", (a_second * kind.mapper_seconds(cost)).ceil())
            }),
            of_many("US dollars an hour", &|kind| {
                dollars(MANY * at.job_in(kind.rows, kind.chunks, cost).dollars())
            }),
        ]);
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        table(&head, &[0, 4], &lines)
    }
}
