use pgfold_core::JobRequest;
use serde_json::json;

use super::*;

fn request(body: &Value) -> Result<JobRequest> {
    SubmitRequest::read(body.to_string().as_bytes())?.try_into()
}

fn error(body: &Value) -> String {
    request(body).unwrap_err().to_string()
}

/// What a job of this request shows of its query.
fn shown(body: &Value) -> Value {
    serde_json::to_value(Query::from(&request(body).unwrap().query)).unwrap()
}

/// Asserts that a job of this request shows the same query, and can be asked for again as shown.
fn assert_shown_as_asked(body: &Value) {
    assert_eq!(shown(body), *body);
}

fn summary() -> Value {
    json!({ "kernel": "summary", "columns": ["fare"] })
}

#[test]
fn a_query_is_shown_as_it_was_asked() {
    let one = json!({ "kernel": "summary", "columns": ["fare"], "params": {} });
    assert_shown_as_asked(&one);
    assert_shown_as_asked(&json!({ "compute": { "fare": summary() } }));
    assert_shown_as_asked(&json!({
        "where": [
            { "column": "started_at", "ge": "2026-11-01T00:00:00Z" },
            { "column": "city", "in": ["Rome", 1, 0.5, true] },
            { "column": "ended_at", "is": "not null" }
        ],
        "group_by": [
            "city",
            { "column": "city", "as": "town" },
            { "column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "day" }
        ],
        "compute": {
            "fare": summary(),
            "near": { "kernel": "nearest_k", "params": { "k": 3, "metric": "geodesic" } }
        },
        "order_by": "fare.sum", "descending": true, "limit": 10
    }));
}

#[test]
fn each_operator_is_a_condition_of_its_own() {
    let mut all = json!({ "column": "n", "in": [7, "8"], "is": "null" });
    let mut each = Vec::new();
    for (comparison, number) in Comparison::ALL.into_iter().zip(1..) {
        all[comparison.name()] = json!(number);
        each.push(json!({ "column": "n", comparison.name(): number }));
        let one = request(&json!({ "kernel": "summary", "where": [each.last()] })).unwrap();
        let literal = core::Literal::Number(number.into());
        assert_eq!(one.query.filter[0].test, Test::Compare(comparison, literal));
    }
    each.push(json!({ "column": "n", "in": [7, "8"] }));
    each.push(json!({ "column": "n", "is": "null" }));
    let asked = json!({ "kernel": "summary", "where": [all, { "column": "m", "is": "not null" }] });
    each.push(json!({ "column": "m", "is": "not null" }));
    assert_eq!(shown(&asked)["where"], json!(each));
}

#[test]
fn a_default_may_be_left_out_or_spelled_out() {
    let short = json!({ "kernel": "distinct" });
    let spelled = json!({
        "kernel": "distinct", "params": {}, "where": [], "group_by": [], "descending": false,
        "chunks": 4
    });
    assert_eq!(request(&short).unwrap(), request(&spelled).unwrap());
    assert_eq!(shown(&short), json!({ "kernel": "distinct", "params": {} }));
    let by = |by: Value| json!({ "kernel": "distinct", "group_by": [by] });
    let column = request(&by(json!("city"))).unwrap();
    for same in [json!({ "column": "city" }), json!({ "column": "city", "as": "city" })] {
        assert_eq!(request(&by(same)).unwrap(), column);
    }
    assert_eq!(shown(&by(json!({ "column": "city" })))["group_by"], json!(["city"]));
    // The parameters of a kernel in `compute` are those that it would have alone.
    let named = json!({ "compute": { "near": { "kernel": "min_distance" } } });
    let params = json!({ "metric": "euclidean" });
    assert_eq!(shown(&named)["compute"]["near"]["params"], params);
}

#[test]
fn every_unit_of_time_has_the_name_that_it_has_in_core() {
    for (wire, of_core) in TimeUnit::ALL.into_iter().zip(core::TimeUnit::ALL) {
        assert_eq!((core::TimeUnit::from(wire), TimeUnit::from(of_core)), (of_core, wire));
        assert_eq!(wire.name(), of_core.name());
        assert_shown_as_asked(&json!({
            "kernel": "summary", "params": {},
            "group_by": [{ "column": "at", "unit": wire.name() }]
        }));
    }
}

#[test]
fn what_no_job_can_be_is_refused_with_what_is_allowed() {
    let compute = |count: usize| {
        let named = (0..count).map(|number| (format!("a{number}"), summary()));
        json!({ "compute": named.collect::<Map<_, _>>() })
    };
    let with = |fields: Value| {
        let mut body = summary();
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let by = |names: &[&str]| with(json!({ "group_by": names }));
    let values = |count: usize| with(json!({ "where": [{ "column": "n", "in": vec![7; count] }] }));
    assert!(request(&compute(16)).is_ok() && request(&by(&["a", "b", "c", "d"])).is_ok());
    assert!(request(&values(1000)).is_ok());
    let long = json!({ "where": [{ "column": "n", "eq": "x".repeat(17_000) }] });
    let zone = json!({ "group_by": [{ "column": "at", "time_zone": "Europe/Rome" }] });
    for (body, problem) in [
        (compute(0), "compute must have 1 to 16 kernels, not 0"),
        (compute(17), "compute must have 1 to 16 kernels, not 17"),
        (by(&["a", "b", "c", "d", "e"]), "group_by must have at most 4 columns, not 5"),
        (by(&["a", "a"]), "two values of an answer would be named \"a\"; give one another name"),
        (by(&["summary"]), "would be named \"summary\""),
        (by(&["rows"]), "would be named \"rows\""),
        (by(&["geo.city"]), "1 to 63 characters and no dot, not \"geo.city\""),
        (values(1001), "where must have at most 1000 values together, not 1001"),
        (with(long), "where must have at most 16384 bytes of JSON, not 170"),
        (with(zone), "has the time zone \"Europe/Rome\" and no unit"),
        (with(json!({ "limit": 1 })), "are for the groups of group_by, and there is none"),
        (with(json!({ "descending": true })), "are for the groups of group_by"),
        (with(json!({ "order_by": "rows" })), "are for the groups of group_by"),
        (
            with(json!({ "group_by": ["city"], "order_by": "fare.sum" })),
            "order_by must be one of city, rows, summary.max, summary.mean, ",
        ),
        (json!({ "compute": { "fare": { "kernel": "median" } } }), "there is no kernel \"median\""),
        (
            json!({ "compute": { "fare": { "kernel": "summary", "params": { "k": 1 } } } }),
            "unknown field `k`",
        ),
        (
            json!({ "compute": { "near": { "kernel": "min_distance" } }, "execution": "pushdown" }),
            "execution \"pushdown\" is for one kernel without group_by if the kernel is min_distance",
        ),
        (
            json!({ "kernel": "min_distance", "group_by": ["a"], "execution": "pushdown" }),
            "execution \"pushdown\" is for one kernel without group_by if the kernel is min_distance",
        ),
        (
            json!({
                "compute": { "a": { "kernel": "extremes" }, "b": { "kernel": "summary" } },
                "execution": "pushdown"
            }),
            "kernels that a database can do most of, and summary with the parameters {} is not",
        ),
        (
            json!({
                "kernel": "histogram", "params": { "bounds": (0..17).collect::<Vec<u8>>() },
                "execution": "pushdown"
            }),
            "and histogram with the parameters {\"bounds\":[0",
        ),
    ] {
        let error = error(&body);
        assert!(error.contains(problem), "{body}: {error}");
    }
    let filtered = json!({ "kernel": "min_distance", "where": [{ "column": "a", "is": "null" }], "execution": "pushdown" });
    assert!(request(&filtered).is_ok());
    let (histogram, bounds) = ("histogram", (0..16).collect::<Vec<u8>>());
    let grouped = json!({
        "compute": {
            "a": { "kernel": "extremes" }, "b": { "kernel": "bounding_box" },
            "c": { "kernel": histogram, "params": { "bounds": bounds } }
        },
        "group_by": ["city"], "execution": "pushdown"
    });
    assert!(request(&grouped).is_ok());
}

#[test]
fn a_request_that_was_not_read_from_json_has_either_a_kernel_or_compute() {
    let both = SubmitRequest::read(br#"{"kernel": "summary"}"#).unwrap();
    let named = SubmitRequest::read(br#"{"compute": {"a": {"kernel": "summary"}}}"#).unwrap();
    let wrong = [
        SubmitRequest { compute: named.compute.clone(), ..both.clone() },
        SubmitRequest { kernel: None, ..both },
        SubmitRequest { columns: Some(Vec::new()), ..named.clone() },
        SubmitRequest { params: Map::from_iter([("k".to_owned(), json!(1))]), ..named },
    ];
    for request in wrong {
        let error = query(request).unwrap_err().to_string();
        assert!(error.starts_with("a request has either kernel, "), "{error}");
    }
}
