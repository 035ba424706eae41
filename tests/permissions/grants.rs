//! What the template allows a function.

use std::collections::BTreeSet;

use pgfold_tests::Deployed;
use serde_json::Value;

use crate::recorder::Call;

/// What the role of a function allows.
pub(crate) fn allowed(deployed: &Deployed, function: &str) -> BTreeSet<Call> {
    let role = deployed.properties(function)["Role"].as_str().expect("a role of its own");
    let role = role.strip_suffix(".Arn").expect("a role of the template");
    let role = deployed.properties(role);
    let inline = list(&role["Policies"]).into_iter();
    let shared = list(&role["ManagedPolicyArns"]).into_iter();
    // AWS's own policies would not be found, and are not wanted.
    let shared = shared.map(|policy| deployed.properties(policy.as_str().expect("a policy")));
    inline.chain(shared).flat_map(|policy| calls(&policy["PolicyDocument"])).collect()
}

fn calls(document: &Value) -> Vec<Call> {
    let mut calls = Vec::new();
    for statement in list(&document["Statement"]) {
        if statement["Effect"] == "Deny" {
            continue;
        }
        let fields: Vec<&String> = statement.as_object().expect("a statement").keys().collect();
        assert_eq!(fields, ["Effect", "Action", "Resource"], "{statement} is more than plain");
        for action in list(&statement["Action"]) {
            let action = action.as_str().expect("an action");
            assert!(!action.contains('*'), "{action} is more than one action");
            for resource in list(&statement["Resource"]) {
                calls.push(Call::new(action, resource.as_str().expect("a resource")));
            }
        }
    }
    calls
}

/// A value or several.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}
