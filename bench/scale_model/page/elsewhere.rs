//! pgfold, and engines that read an export.

use super::{Page, SIZES};
use crate::{
    elsewhere::{self, Took},
    job::Deployment,
    write::{count, dollars, table, time},
};

impl Page {
    pub(super) fn elsewhere(&self) -> String {
        let took = |Took { seconds, dollars: price }: Took| match seconds {
            Some(seconds) => format!("{}, {}", time(seconds), dollars(price)),
            None => dollars(price),
        };
        let line = |rows: &f64| {
            let rows = *rows;
            let [small, large] = [&self.small, &self.large].map(|at| self.with_database(at, rows));
            vec![
                count(rows),
                took(small),
                took(large),
                format!(
                    "{} + {} a month",
                    dollars(elsewhere::export(rows)),
                    dollars(elsewhere::kept_for_a_month(rows)),
                ),
                took(elsewhere::athena(rows)),
                took(elsewhere::duckdb(rows)),
                took(elsewhere::glue(rows)),
                dollars(elsewhere::emr(rows).dollars),
                format!("{:.0}", self.pays_after(rows).ceil()),
            ]
        };
        let lines: Vec<Vec<String>> = SIZES[1..].iter().map(line).collect();
        let small = format!("pgfold, {}", self.small.database.name);
        let large = format!("pgfold, {}", self.large.database.name);
        let glue = format!("Spark, {} workers of Glue", elsewhere::WORKERS);
        let head = ["rows", &small, &large, "export, in S3", "Athena"];
        let engines = ["DuckDB, r8g.4xlarge", &glue, "of EMR Serverless", "pays after runs"];
        table(&[&head[..], &engines].concat(), &[], &lines)
    }

    /// A job, with what the database costs for its time.
    fn with_database(&self, at: &Deployment, rows: f64) -> Took {
        let outcome = at.job(rows, self.streaming);
        let dollars = outcome.dollars() + at.database_dollars(&outcome);
        Took { seconds: Some(outcome.seconds), dollars }
    }

    /// After how many runs over the same export it has paid for itself, with DuckDB in place of
    /// the small deployment.
    pub(crate) fn pays_after(&self, rows: f64) -> f64 {
        let saved = self.with_database(&self.small, rows).dollars - elsewhere::duckdb(rows).dollars;
        (elsewhere::export(rows) + elsewhere::kept_for_a_month(rows)) / saved
    }
}
