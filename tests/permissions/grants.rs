//! What the template allows a function.

use std::collections::BTreeSet;

use pgfold_tests::Deployed;
use serde_json::{Value, json};

use crate::permissions::recorder::{Call, listed};

/// What the role of a function allows.
pub(crate) fn allowed(deployed: &Deployed, function: &str) -> BTreeSet<Call> {
    let plain = |statement: &Value| {
        if statement["Action"] == "s3:ListBucket" {
            let condition = &statement["Condition"];
            let limited = condition.pointer("/StringLike/s3:prefix").is_some_and(Value::is_array);
            assert!(limited, "{statement} lists the whole bucket");
            assert_eq!((fields(condition).len(), fields(&condition["StringLike"]).len()), (1, 1));
        } else if statement["Action"] == "events:PutEvents" {
            let of_pgfold = json!({ "StringEquals": { "events:source": "pgfold" } });
            assert_eq!(statement["Condition"], of_pgfold, "{statement}");
        } else {
            assert_eq!(fields(statement), ["Effect", "Action", "Resource"], "{statement}");
        }
    };
    calls(deployed, function, "Allow", plain)
}

/// What it denies the code that runs in the function, though it may allow it to Lambda, whose calls
/// have no source function.
pub(crate) fn denied(deployed: &Deployed, function: &str) -> BTreeSet<Call> {
    let has_source = json!({ "Null": { "lambda:SourceFunctionArn": "false" } });
    let to_code = |statement: &Value| {
        assert_eq!(fields(statement), ["Effect", "Action", "Resource", "Condition"], "{statement}");
        assert_eq!(statement["Condition"], has_source, "{statement} denies others, too");
    };
    calls(deployed, function, "Deny", to_code)
}

/// What the role's statements with this effect are about, each of which is checked.
fn calls(
    deployed: &Deployed,
    function: &str,
    effect: &str,
    check: impl Fn(&Value),
) -> BTreeSet<Call> {
    let role = deployed.properties(function)["Role"].as_str().expect("a role of its own");
    let role = role.strip_suffix(".Arn").expect("a role of the template");
    let role = deployed.properties(role);
    let inline = list(&role["Policies"]).into_iter();
    let shared = list(&role["ManagedPolicyArns"]).into_iter();
    // AWS's own policies would not be found, and are not wanted.
    let shared = shared.map(|policy| deployed.properties(policy.as_str().expect("a policy")));
    let statements =
        inline.chain(shared).flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));

    let mut calls = BTreeSet::new();
    for statement in statements.filter(|statement| statement["Effect"] == effect) {
        check(statement);
        for action in list(&statement["Action"]) {
            let action = action.as_str().expect("an action");
            assert!(!action.contains('*'), "{action} is more than one action");
            for resource in list(&statement["Resource"]) {
                let resource = resource.as_str().expect("a resource");
                let prefixes = list(&statement["Condition"]["StringLike"]["s3:prefix"]);
                if prefixes.is_empty() {
                    calls.insert(Call::new(action, resource));
                }
                for prefix in prefixes {
                    let prefix = prefix.as_str().expect("a prefix");
                    calls.insert(Call::new(action, listed(resource, prefix)));
                }
            }
        }
    }
    calls
}

fn fields(statement: &Value) -> Vec<&str> {
    statement.as_object().expect("a statement").keys().map(String::as_str).collect()
}

/// A value or several.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}
