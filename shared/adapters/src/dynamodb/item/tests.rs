//! Golden samples: deployed builds store and read these items.

use pgfold_core::IdempotencyKey;

use super::*;

const JOB: &str = concat!(
    r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","#,
    r#""computation":{"source":{"name":"points","definition":"63542088477d0e61"},"#,
    r#""columns":["x1"],"kernel":{"name":"summary","params":{}}},"#,
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

#[test]
fn a_claim_is_an_item_of_its_key() {
    let claim = concat!(
        r#"{"task_id":"agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d","request":{"source":"points","#,
        r#""kernel":{"name":"summary","params":{}},"columns":["x1"],"chunks":4,"#,
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
