//! The tables of docs/scale.md.

mod elsewhere;
mod exchange;
mod idle;
mod limits;
mod many_jobs;
mod measured;
mod one_job;
mod reach;

use pgfold_core::Execution;

pub(crate) use self::limits::{SENT_AT_ONCE, SENT_WITHIN};
use crate::{
    database::{XLARGE, XLARGE_16},
    job::{Deployment, RowCost},
    measured::Results,
    rate::Jobs,
    template::Template,
};

/// The sizes of the page.
pub(crate) const SIZES: [f64; 5] = [1e6, 1e8, 1e9, 1e10, 1e11];

/// The kinds of jobs that run many at a time.
pub(crate) const KINDS: [Jobs; 3] =
    [Jobs { rows: 1e4, chunks: 1 }, Jobs { rows: 1e6, chunks: 4 }, Jobs { rows: 1e7, chunks: 16 }];

/// Jobs an hour that the page asks about.
pub(crate) const MANY: f64 = 10_000.0;

/// Mappers beside the large database: about as many as its network feeds.
const MAPPERS_OF_LARGE: u16 = 64;

/// What the tables are computed from.
pub(crate) struct Page {
    pub(crate) results: Results,
    pub(crate) template: Template,
    pub(crate) streaming: RowCost,
    pub(crate) pushdown: RowCost,
    /// The template's defaults, beside a database of four vCPUs.
    pub(crate) small: Deployment,
    /// Sixteen times that.
    pub(crate) large: Deployment,
}

impl Page {
    pub(crate) fn new() -> Self {
        let (results, template) = (Results::read(), Template::read());
        let mappers = template.default("MapperConcurrency") as u16;
        Self {
            streaming: RowCost::of(Execution::Streaming, &results),
            pushdown: RowCost::of(Execution::Pushdown, &results),
            small: Deployment::new(XLARGE, mappers, &template),
            large: Deployment::new(XLARGE_16, MAPPERS_OF_LARGE, &template),
            results,
            template,
        }
    }

    /// The page with its tables made anew.
    pub(crate) fn filled(&self, page: &str) -> String {
        let tables = [
            ("small", self.one_job(&self.small)),
            ("large", self.one_job(&self.large)),
            ("reach", self.reach()),
            ("many", self.many_jobs()),
            ("exchange", self.exchange()),
            ("elsewhere", self.elsewhere()),
            ("idle", self.idle()),
            ("limits", self.limits()),
            ("measured", self.measured()),
        ];
        tables.iter().fold(page.to_owned(), |page, (name, table)| between(&page, name, table))
    }
}

/// The page with what stands between the markers of a table replaced.
fn between(page: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no {end} after {begin}"));
    format!("{before}{begin}{table}{end}{after}")
}
