//! Golden samples: deployed builds store and read these items.

use pgfold_core::IdempotencyKey;

use super::*;

const JOB: &str = concat!(
    r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
    r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
    r#""query":{"compute":{"one":{"kernel":{"name":"summary","params":{}},"columns":["x1"]}}}},"#,
    r#""plan":"0123456789abcdef","chunks":2,"piece":1,"estimated_rows":1000000,"#,
    r#""created_at":1795348800000,"deadline":1795352400000,"expires_at":1795435200000,"#,
    r#""trace":{"id":"1-67271aed-2f6e7a529c1e3d2f0a4b5c6d","context":"Root=1-67271aed-2f6e7a529c1e3d2f0a4b5c6d"}}"#,
);

const PLAN: &str = r#"{"keys":{"starts":[null,"b"],"end":null}}"#;

fn plan() -> Plan {
    Plan::from_json(PLAN).unwrap()
}

/// The attributes in the order of their names, with their types.
fn attributes(item: &Item) -> Vec<String> {
    let shown = |(name, value): (&String, &AttributeValue)| match value {
        S(text) => format!("{name} S {text}"),
        N(number) => format!("{name} N {number}"),
        M(map) if map.is_empty() => format!("{name} M"),
        other => format!("{name} {other:?}"),
    };
    let mut shown: Vec<String> = item.0.iter().map(shown).collect();
    shown.sort();
    shown
}

#[test]
fn a_job_with_one_leaf_is_one_item() {
    let job = Job::from_json(&JOB.replace(r#""piece":1"#, r#""piece":16"#)).unwrap();
    let leaf = Item::leaf(&job, Leaf(0), &plan()).unwrap();
    let root = Item::root(&job, Some(leaf)).unwrap();
    let expected = [
        "chunks M".to_owned(),
        "discarded M".to_owned(),
        "expires_at N 1795435200".to_owned(),
        "failures M".to_owned(),
        format!("job S {}", JOB.replace(r#""piece":1"#, r#""piece":16"#)),
        "listed S JOBS".to_owned(),
        "missing N 2".to_owned(),
        format!("piece S {PLAN}"),
        "pk S JOB#agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".to_owned(),
        "plan S 0123456789abcdef".to_owned(),
    ];
    assert_eq!(attributes(&root), expected);
}

#[test]
fn a_job_with_several_leaves_has_a_root_apart() {
    let job = Job::from_json(JOB).unwrap();
    let expected = [
        "expires_at N 1795435200".to_owned(),
        format!("job S {JOB}"),
        "leaves M".to_owned(),
        "listed S JOBS".to_owned(),
        "missing N 2".to_owned(),
        "pk S JOB#agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d".to_owned(),
        "plan S 0123456789abcdef".to_owned(),
    ];
    assert_eq!(attributes(&Item::root(&job, None).unwrap()), expected);
    let leaf = Item::leaf(&job, Leaf(1), &plan()).unwrap();
    let key = "pk S JOB#agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d#0123456789abcdef#1";
    assert!(attributes(&leaf).contains(&key.to_owned()), "{:?}", attributes(&leaf));
}

/// The attributes that a list reads are enough for what it returns.
#[test]
fn a_list_reads_every_attribute_of_the_progress() {
    let job = Job::from_json(JOB).unwrap();
    let last_error = r#"{"chunk":1,"attempt":2,"at":1795348800001,"error":"away"}"#;
    let mut root = Item::root(&job, None)
        .unwrap()
        .with("recorded_at", N("1795348800002".to_owned()))
        .with("deadline", N("1795352400001".to_owned()))
        .with("cancelled_at", N("1795348800003".to_owned()))
        .with("last_error", S(last_error.to_owned()))
        .with("failure", S("the snapshot was lost".to_owned()))
        .with("failed", Bool(true))
        .with("attached", Ns(vec!["0".to_owned(), "1".to_owned()]))
        .with("held_ms", N("7".to_owned()));
    let failed = FailedAttempts::default().named().map(|(name, _)| name);
    for (at, name) in Tally::SUMS.into_iter().chain(failed).enumerate() {
        root = root.with(name, N((at + 1).to_string()));
    }
    let whole = root.progress_of_list().unwrap();
    root.0.retain(|name, _| of_list().contains(&name.as_str()));
    assert_eq!(root.progress_of_list().unwrap(), whole);
    assert_eq!((whole.attached, whole.held_ms, whole.chunk_failed), (2, Some(7), true));
    assert_eq!((whole.tally.chunks, whole.failed.megabyte_ms), (1, 11));
}

#[test]
fn a_claim_is_an_item_of_its_key() {
    let claim = concat!(
        r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","request":{"source":"points","#,
        r#""query":{"compute":{"one":{"kernel":{"name":"summary","params":{}},"#,
        r#""columns":["x1"]}}},"chunks":4,"#,
        r#""consistency":"per-chunk","execution":"streaming"},"#,
        r#""claimed_at":1795348800000,"expires_at":1795435200000}"#,
    );
    let key = IdempotencyKey::new("report").unwrap();
    let item = Item::of_claim(&key, &Claim::from_json(claim).unwrap()).unwrap();
    let expected = [
        format!("claim S {claim}"),
        "expires_at N 1795435200".to_owned(),
        format!("pk S KEY#{key}"),
    ];
    assert_eq!(attributes(&item), expected);
}
