//! The checks of `pgfold doctor`, in their order.

use pgfold_api::{
    Function, JobList, KernelList, QueueDepths, Route, SourceDescription, SourceList,
};
use reqwest::StatusCode;

use crate::{
    api::Api,
    auth::Auth,
    check::Check,
    document::Document,
    error::{Error, Result},
    exchange::Answer,
    shown_url::shown,
    text::{counted, duration, grouped},
};

/// The id of no job. The function `result` answers 404 to it.
const NO_JOB: &str = "agg_00000000-0000-0000-0000-000000000000";

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const READ_THE_LOG: &str = "read the log of the function: `make logs` on a laptop, else its log \
                            group in CloudWatch";

/// Runs all checks. The rest is left out if the API does not answer, or refuses the credentials.
pub(crate) async fn examine(api: &Api) -> Vec<Check> {
    let health = match api.probe(Route::Health, None, None).await {
        Ok(health) => health,
        Err(error) => {
            let what_to_do = "start the stack with `make up`, or give the address of another API \
                              with --url or API_URL";
            return vec![Check::failed("api", error.to_string(), what_to_do)];
        }
    };
    let mut checks = vec![answers(api, &health)];
    if let Some(advice) = api.client.auth.advice(health.status) {
        checks.push(Check::failed("credentials", health.status.to_string(), advice));
        return checks;
    }
    checks.push(Check::ok("credentials", accepted(&api.client.auth)));

    let sources = api.probe(Route::Sources, None, None).await;
    let result = api.probe(Route::MinDistanceResult, Some(NO_JOB), None).await;
    let answers = [
        (Function::Submit, sources.as_ref()),
        (Function::Result, result.as_ref()),
        (Function::Jobs, Ok(&health)),
    ];
    checks.extend(versions(&answers.map(|(function, answer)| (function.name(), answer))));
    checks.extend(database(sources.and_then(|answer| api.read(answer))));
    let jobs = api.probe(Route::ListJobs, None, Some("limit=1")).await;
    checks.extend(store(jobs.and_then(|answer| api.read(answer))));
    let kernels = api.probe(Route::Kernels, None, None).await;
    checks.push(kernel_list(kernels.and_then(|answer| api.read(answer))));
    checks
}

fn answers(api: &Api, health: &Answer) -> Check {
    let url = shown(&api.client.base);
    let latency = duration(u64::try_from(health.elapsed.as_millis()).unwrap_or(u64::MAX));
    let found = format!("{url} answers in {latency}");
    // A refusal is an answer, too; the next check is about it.
    if health.status.is_success() || api.client.auth.advice(health.status).is_some() {
        return Check::ok("api", found);
    }
    let found = format!("{found}, but with {}", health.status);
    match health.status.is_server_error() {
        true => Check::failed("api", found, READ_THE_LOG),
        false => Check::failed("api", found, "check the address: is it that of pgfold's API?"),
    }
}

fn accepted(auth: &Auth) -> &'static str {
    match auth {
        Auth::None => "none are needed",
        Auth::Bearer(_) => "the token is accepted",
        Auth::Iam(_) => "the signature is accepted",
    }
}

/// Whether each function answers, and whether all are of one version, which is this program's.
fn versions(answers: &[(&str, Result<&Answer, &Error>)]) -> Vec<Check> {
    let mut known: Vec<(&str, &str)> = Vec::new();
    let mut checks = Vec::new();
    for (function, answer) in answers {
        match answer {
            Err(error) => {
                let found = format!("{function} does not answer: {error}");
                checks.push(Check::failed("versions", found, READ_THE_LOG));
            }
            Ok(Answer { version: Some(version), .. }) => known.push((function, version)),
            Ok(Answer { status, .. }) if status.is_server_error() => {
                let found = format!("{function} does not start or broke off: {status}");
                checks.push(Check::failed("versions", found, READ_THE_LOG));
            }
            Ok(_) => {
                let found = format!("{function} does not say its version, so it is an earlier one");
                checks.push(Check::warning("versions", found, "deploy this version of pgfold"));
            }
        }
    }
    let Some((_, first)) = known.first() else { return checks };
    let named = known.iter().map(|(function, version)| format!("{function} {version}"));
    let named = named.collect::<Vec<_>>().join(", ");
    checks.push(if known.iter().any(|(_, version)| version != first) {
        let what_to_do = "wait for the end of the deployment, or deploy again";
        Check::failed("versions", format!("functions differ: {named}"), what_to_do)
    } else if *first == VERSION {
        Check::ok("versions", format!("{named}, as this pgfold"))
    } else {
        let found = format!("{named}, and this pgfold is {VERSION}");
        let what_to_do = "install the pgfold of that version: `cargo install --path cli` in its \
                          checkout";
        Check::warning("versions", found, what_to_do)
    });
    checks
}

/// Whether the database answers, each source can be read, and has statistics.
fn database(sources: Result<(Document, SourceList)>) -> Vec<Check> {
    let sources = match sources {
        Ok((_, SourceList { sources })) => sources,
        Err(Error::Answered { status: StatusCode::NOT_FOUND, .. }) => {
            let found = "not checked, because this API has no GET /sources";
            return vec![Check::warning("database", found, "deploy this version of pgfold")];
        }
        Err(error) => {
            let what_to_do = "check that the database runs, and that DatabaseUrl names it and a \
                              role that may log in; docs/runbook.md has more";
            return vec![Check::failed("database", error.to_string(), what_to_do)];
        }
    };
    let mut checks = vec![Check::ok("database", "answers")];
    checks.extend(sources.iter().map(source));
    let readable = sources.iter().filter(|source| source.problem.is_none());
    let (known, unknown): (Vec<_>, Vec<_>) =
        readable.partition(|source| source.estimated_rows.is_some());
    let tables = |sources: &[&SourceDescription]| {
        sources.iter().map(|source| &*source.table).collect::<Vec<_>>().join(", ")
    };
    if !unknown.is_empty() {
        let found = format!("none of {}, so chunks may be uneven", tables(&unknown));
        checks.push(Check::warning("statistics", found, format!("ANALYZE {};", tables(&unknown))));
    } else if !known.is_empty() {
        checks.push(Check::ok("statistics", format!("there for {}", tables(&known))));
    }
    checks
}

fn source(described: &SourceDescription) -> Check {
    let SourceDescription { source, table, estimated_rows, analyzed_at, problem, .. } = described;
    if let Some(problem) = problem {
        let what_to_do = format!(
            "correct the source {source:?} in the parameter Sources, or the table; `pgfold sources \
             {source}` shows what is there"
        );
        return Check::failed("source", format!("{source}: {problem}"), what_to_do);
    }
    let rows = estimated_rows.map(|rows| format!(", about {}", counted(rows, "row")));
    let analyzed = analyzed_at.as_ref().map(|at| format!(", analyzed {}", at.0));
    let (rows, analyzed) = (rows.unwrap_or_default(), analyzed.unwrap_or_default());
    Check::ok("source", format!("{source}: {table} can be read{rows}{analyzed}"))
}

/// Whether the store and the queues answer, and no message waits that nobody takes.
fn store(jobs: Result<(Document, JobList)>) -> Vec<Check> {
    let jobs = match jobs {
        Ok((_, jobs)) => jobs,
        Err(error) => {
            let what_to_do = "check that the store runs, and that the functions may use it; \
                              docs/runbook.md has more";
            return vec![Check::failed("store", error.to_string(), what_to_do)];
        }
    };
    vec![Check::ok("store", "answers"), queues(jobs.queue.flatten())]
}

fn queues(depths: Option<QueueDepths>) -> Check {
    let Some(QueueDepths { waiting, in_flight, dead_letters, poison }) = depths else {
        return Check::failed("queues", "at least one does not answer", READ_THE_LOG);
    };
    let [waiting, in_flight] = [waiting, in_flight].map(grouped);
    let found = format!("{waiting} waiting, {in_flight} in flight");
    match (dead_letters, poison) {
        (0, 0) => Check::ok("queues", format!("{found}, no dead letters")),
        (0, poison) => Check::warning(
            "queues",
            format!("{found}, {} that no job understands", counted(poison, "message")),
            "read them in the poison queue, as docs/runbook.md says, then delete them",
        ),
        (dead_letters, _) => Check::warning(
            "queues",
            format!("{found}, {} not taken", counted(dead_letters, "dead letter")),
            "read the log of the function dead_letter, which should take them",
        ),
    }
}

fn kernel_list(kernels: Result<(Document, KernelList)>) -> Check {
    match kernels {
        Ok((_, KernelList { kernels })) if !kernels.is_empty() => {
            Check::ok("kernels", format!("{} of them", kernels.len()))
        }
        Ok(_) => Check::failed("kernels", "there are none", "deploy pgfold again"),
        Err(error) => Check::failed("kernels", error.to_string(), READ_THE_LOG),
    }
}
