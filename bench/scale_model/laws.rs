//! What must hold of the model whatever the prices and measurements are, and what the page says in
//! words.

use pgfold_tests::checkout;

use crate::{
    elsewhere,
    job::{Deployment, Outcome, Resource},
    page::{KINDS, MANY, Page, SENT_AT_ONCE, SENT_WITHIN, SIZES},
    row,
};

/// Rows from a thousand to ten trillion.
fn sizes() -> impl Iterator<Item = f64> {
    (30..=130).map(|tenths| 10_f64.powf(f64::from(tenths) / 10.0))
}

#[test]
fn a_job_takes_what_its_wall_takes() {
    let page = Page::new();
    for at in [page.small, page.large] {
        for cost in [page.streaming, page.pushdown] {
            for rows in sizes() {
                let Outcome { alone, wall, seconds, .. } = at.job(rows, cost);
                let longest = alone.into_iter().fold(0.0, f64::max);
                assert_eq!(seconds, longest, "{rows} rows");
                let of_wall = Resource::ALL.into_iter().position(|resource| resource == wall);
                assert_eq!(alone[of_wall.unwrap()], longest, "{rows} rows");
            }
        }
    }
}

#[test]
fn more_rows_never_cost_less_and_are_never_done_sooner() {
    let page = Page::new();
    for at in [page.small, page.large] {
        let mut before = (0.0, 0.0, 0.0);
        for rows in sizes() {
            let chosen = at.job(rows, page.streaming).dollars();
            let in_many = at.job_in(rows, 400, page.streaming);
            let now = (chosen, in_many.dollars(), in_many.seconds);
            let less = now.0 < before.0 || now.1 < before.1 || now.2 < before.2;
            assert!(!less, "{rows} rows: {now:?} after {before:?}");
            before = now;
        }
    }
}

#[test]
fn mappers_beyond_what_the_database_feeds_cost_and_do_not_help() {
    let page = Page::new();
    for rows in SIZES {
        let with = |mappers| {
            let mut at = page.large;
            at.mappers = mappers;
            at.job_in(rows, 4000, page.streaming)
        };
        let fed = with(1).fed.ceil() as u16;
        let (enough, twice) = (with(fed.max(1)), with(2 * fed.max(1)));
        if enough.wall != Resource::Mappers {
            assert_eq!(twice.seconds, enough.seconds, "{rows} rows");
            assert!(twice.dollars() > enough.dollars(), "{rows} rows");
        }
        let (few, more) = (with(2), with(4));
        if few.wall == Resource::Mappers {
            assert!(more.seconds < few.seconds, "{rows} rows");
        }
    }
}

#[test]
fn what_moves_a_wall_moves_it() {
    let Page { small, streaming, pushdown, .. } = Page::new();
    let [_, cpu, network, disk] = small.job(1e9, streaming).alone;
    let mut larger = small;
    larger.database.vcpus *= 2.0;
    assert_eq!(larger.job(1e9, streaming).alone[1], cpu / 2.0);
    let [_, less_cpu, no_network, same_disk] = small.job(1e9, pushdown).alone;
    assert!(less_cpu < 0.5 * cpu, "{less_cpu} and {cpu} s");
    assert!(no_network == 0.0 && 0.0 < network && same_disk == disk);
    larger.database.memory *= 4.0;
    assert_eq!(larger.job(1e9, streaming).alone[3], 0.0);
}

/// A factor by which a measured run may take longer than the model makes of its CPU alone.
const WITHIN: f64 = 1.25;

#[test]
fn the_measured_runs_take_what_the_model_makes_of_their_cpu() {
    let page = Page::new();
    let cpus = 2.0; // which mappers and server shared
    // The rate is of the first; the second has five times its rows.
    for runs in [page.results.ten_million("keys"), page.results.growth(50_000_000, 4)] {
        let cpu = runs.median("cpu_seconds") + runs.median("server_cpu_seconds");
        let (model, measured) = (cpu / cpus, runs.median("seconds"));
        assert!(
            model < measured && measured < WITHIN * model,
            "{} rows: {model} s by the model, {measured} s measured",
            runs.rows
        );
    }
}

#[test]
fn submit_sends_as_the_page_says() {
    let sqs = checkout("shared/adapters/src/sqs.rs");
    for line in [
        format!("const AT_ONCE: usize = {SENT_AT_ONCE};"),
        format!("const SEND_TIMEOUT: Duration = Duration::from_secs({SENT_WITHIN});"),
    ] {
        assert!(sqs.contains(&line), "sqs.rs has no {line:?}");
    }
}

#[test]
fn a_row_of_the_page_is_a_row_of_the_table() {
    assert_eq!(8192.0 / row::heap(), 120.0, "rows a page");
    // An integer key and one `lseg`: shared/adapters/src/postgres/plan/column.rs.
    assert_eq!(row::WIRE, 51.0);
}

#[test]
fn what_the_page_says_in_words_is_so() {
    let (page, text) = (Page::new(), checkout(crate::PAGE));
    let says = |sentence| assert!(text.contains(sentence), "the page does not say: {sentence}");
    let (small, large) = (page.small, page.large);
    let job = |at: &Deployment, rows| at.job(rows, page.streaming);
    let in_memory = |at: &Deployment, rows| at.database.keeps_in_memory(rows * row::disk());

    says("While its table is in memory, a job is as fast as there are mappers");
    says("once the table is not, its disk decides");
    for at in [&small, &large] {
        for rows in SIZES {
            let wall = if in_memory(at, rows) { Resource::Mappers } else { Resource::Disk };
            assert_eq!(job(at, rows).wall, wall, "{rows} rows on {}", at.database.name);
        }
    }

    says("Nothing has to be raised for a billion rows.");
    says("Beyond, it is `JobDeadline` first and then `MapperTimeout`");
    says("a hundred billion rows are a job of many hours beside a small database");
    let raised = |rows| {
        let outcome = job(&small, rows);
        let deadline = 2.0 * outcome.seconds > small.job_deadline;
        (deadline, 2.0 * outcome.chunk_seconds() > small.mapper_timeout)
    };
    assert_eq!([1e9, 1e10, 1e11].map(raised), [(false, false), (true, false), (true, true)]);
    assert!(job(&small, 1e11).seconds > 5.0 * 3600.0);

    says("over a million rows fit beside a small database");
    says("over ten million rows they need a large one, first of all for its network");
    let most = |kind: usize, at| KINDS[kind].most_an_hour(at, page.streaming, &page.template);
    assert!(most(0, &small).jobs_an_hour > MANY && most(1, &small).jobs_an_hour > MANY);
    assert!(most(2, &small).jobs_an_hour < MANY && MANY < most(2, &large).jobs_an_hour);
    assert_eq!(most(2, &small).resource, "server network, sustained");

    says("several times faster and cheaper than pgfold reads a small database");
    for rows in [1e9, 1e10, 1e11] {
        let (duckdb, pgfold) = (elsewhere::duckdb(rows), job(&small, rows));
        assert!(4.0 * duckdb.seconds.unwrap() < pgfold.seconds, "{rows} rows");
        assert!(4.0 * duckdb.dollars < pgfold.dollars(), "{rows} rows");
    }

    says("where one machine's network does not do, of these sizes at the last");
    let spark_is_faster =
        SIZES.map(|rows| elsewhere::glue(rows).seconds < elsewhere::duckdb(rows).seconds);
    assert_eq!(spark_is_faster, [false, false, false, false, true]);

    says("takes less than half of the CPU and nothing of the network");
    assert!(page.pushdown.server < 0.5 * page.streaming.server);
    assert_eq!(page.pushdown.wire, 0.0);
}
