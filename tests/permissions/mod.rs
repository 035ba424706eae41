//! Least privilege: the template allows each function what its ports call, and nothing else.
//!
//! The calls are those that the functions' own handlers make of the local cloud through the real
//! adapters, in scenarios that reach all of them; what is not called through an AWS SDK stands in
//! `unseen.rs`.

mod database;
mod functions;
mod grants;
mod recorder;
mod scenarios;
mod unseen;

use std::collections::BTreeSet;

use pgfold_tests::{StoreKind, Template};

use crate::{
    end_to_end::deployment::nobody_else,
    permissions::{
        database::Database,
        functions::{FUNCTIONS, Functions},
        grants::{allowed, denied},
        recorder::Call,
        unseen::{attaching, unseen},
    },
};

const USER: &str = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFG/pgfold";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pgfold-AbCdEf";
const CACHE: &str = "arn:aws:elasticache:eu-west-1:123456789012:serverlesscache:pgfold";
const CACHE_USER: &str = "arn:aws:elasticache:eu-west-1:123456789012:user:pgfold";
const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef";

const VPC: [(&str, &str); 2] = [("SubnetIds", "subnet-1,subnet-2"), ("SecurityGroupIds", "sg-1")];

/// Parameters.
type Parameters = Vec<(&'static str, &'static str)>;

/// Ways to deploy with jobs in a store that differ in what functions need.
fn deployments(kind: StoreKind) -> Vec<(&'static str, Parameters)> {
    let user = [("DatabaseAuth", "iam"), ("DatabaseUserArn", USER)];
    let secret = [("DatabaseAuth", "secret"), ("DatabaseSecretArn", SECRET)];
    let key = [("KmsKeyArn", KEY)];
    let valkey = [("Store", "valkey"), ("ValkeyUrl", "rediss://cache:6379")];
    let cache = [
        ("ValkeyAuth", "iam"),
        ("ValkeyCacheName", "pgfold"),
        ("ValkeyCacheArn", CACHE),
        ("ValkeyUserArn", CACHE_USER),
    ];
    let unused = [
        ("DatabaseUserArn", USER),
        ("DatabaseSecretArn", SECRET),
        ("ValkeyAuth", "iam"),
        ("ValkeyCacheArn", CACHE),
        ("ValkeyUserArn", CACHE_USER),
    ];
    match kind {
        StoreKind::DynamoDb => vec![
            ("by default", vec![]),
            ("with IAM in a VPC", [&VPC[..], &user].concat()),
            ("with a secret and a key", [&VPC[..], &secret, &key].concat()),
            ("with names of what is not used", unused.to_vec()),
        ],
        StoreKind::Valkey => vec![
            ("with a password of Valkey's", valkey.to_vec()),
            ("with IAM for both", [&VPC[..], &valkey, &cache, &user, &key].concat()),
        ],
    }
}

async fn check(kind: StoreKind) {
    // The scenarios look for the newest job, and a database that is away would fail them.
    let _alone = nobody_else().await;
    let functions = Functions::over(kind, &[]).await;
    scenarios::go_through(&functions).await;
    let database = Database::new().await;
    let with_secret = Functions::over(kind, &[(database.secret.clone(), SECRET)]).await;
    scenarios::logs_in_with_a_secret(&with_secret, &database).await;

    let template = Template::read();
    for (how, parameters) in deployments(kind) {
        let deployed = template.deployed(&parameters);
        let mut wrong = Vec::new();
        for function in FUNCTIONS {
            let mut calls = functions.calls(function);
            if parameters.contains(&("DatabaseAuth", "secret")) {
                calls.extend(with_secret.calls(function));
            }
            let unseen = unseen(&deployed, function, &calls, [USER, CACHE, CACHE_USER, KEY]);
            let needed = calls.union(&unseen).cloned().collect::<BTreeSet<Call>>();
            let allowed = allowed(&deployed, function);
            let denied = denied(&deployed, function);
            let attaching = attaching(&deployed, function);
            let tell = |what: &str, call: &Call| format!("{function} {what} {call}");
            wrong.extend(needed.difference(&allowed).map(|call| tell("may not", call)));
            wrong.extend(allowed.difference(&needed).map(|call| tell("has no need of", call)));
            wrong.extend(denied.difference(&attaching).map(|call| tell("is denied", call)));
            wrong.extend(attaching.difference(&denied).map(|call| tell("is not denied", call)));
        }
        assert!(wrong.is_empty(), "deployed {how}:\n{}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn functions_may_do_what_their_ports_call_with_jobs_in_dynamodb() {
    check(StoreKind::DynamoDb).await;
}

#[tokio::test]
async fn functions_may_do_what_their_ports_call_with_jobs_in_valkey() {
    check(StoreKind::Valkey).await;
}

#[test]
fn every_function_of_the_template_is_checked() {
    let template = Template::read();
    let names: BTreeSet<&str> =
        template.resources("AWS::Serverless::Function").map(|(name, _)| name).collect();
    assert_eq!(names, BTreeSet::from(FUNCTIONS));
}
