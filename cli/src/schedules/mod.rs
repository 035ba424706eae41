//! Schedules in the group of a deployment, by the API of EventBridge Scheduler.
//!
//! The group says in its tags what its schedules refer to: the function that they invoke, as which
//! role, and the queue of jobs that they could not start. `template.yaml` makes both.

mod deployment;
mod expression;

use std::collections::HashMap;

use pgfold_api::Method;
use reqwest::Url;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use tokio::time::Instant;

use crate::{
    client::Client,
    document::Document,
    error::{Error, Result},
    exchange::Request,
};

pub(crate) use deployment::Deployment;
pub(crate) use expression::{Expression, at, cron, rate};

/// What Scheduler puts in place of this text: the time that a trigger was scheduled for.
const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";

/// How often and for how many seconds Scheduler tries to hand a trigger to Lambda.
const ATTEMPTS: u32 = 10;
const LONGEST_SECONDS: u32 = 3600;

/// The schedules of a deployment.
pub(crate) struct Schedules {
    client: Client,
    /// The group of the schedules, which has the name of the deployment's stack.
    group: String,
    deadline: Option<Instant>,
}

/// A schedule to create.
pub(crate) struct NewSchedule<'a> {
    pub(crate) name: &'a str,
    pub(crate) expression: &'a Expression,
    pub(crate) time_zone: &'a str,
    pub(crate) is_disabled: bool,
    /// The body of `POST /tasks`.
    pub(crate) job: Box<RawValue>,
}

/// A schedule as `list` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Schedule {
    pub(crate) name: String,
    pub(crate) expression: String,
    pub(crate) time_zone: String,
    pub(crate) state: String,
    /// The job; `null` if the schedule was made otherwise and has none.
    pub(crate) job: Value,
}

impl Schedules {
    /// Makes the client of a deployment's schedules.
    pub(crate) async fn new(deployment: Deployment, deadline: Option<Instant>) -> Result<Self> {
        let Deployment { stack: group, endpoint, auth } = deployment;
        auth.prepare().await?;
        Ok(Self { client: Client::new(endpoint, auth)?, group, deadline })
    }

    /// The group of the schedules.
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    /// Creates a schedule. Each of its triggers starts one job however often it is repeated.
    pub(crate) async fn create(&self, new: &NewSchedule<'_>) -> Result<Document> {
        let Targets { submit, role, unstarted_jobs } = self.targets().await?;
        let input = json!({
            "job": new.job,
            "idempotency_key": format!("{}/{}/{SCHEDULED_TIME}", self.group, new.name),
        });
        let body = json!({
            "GroupName": self.group,
            "ScheduleExpression": new.expression.as_str(),
            "ScheduleExpressionTimezone": new.time_zone,
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "State": if new.is_disabled { "DISABLED" } else { "ENABLED" },
            "ActionAfterCompletion": if new.expression.is_once() { "DELETE" } else { "NONE" },
            "Target": {
                "Arn": submit,
                "RoleArn": role,
                "Input": input.to_string(),
                "RetryPolicy": {
                    "MaximumEventAgeInSeconds": LONGEST_SECONDS,
                    "MaximumRetryAttempts": ATTEMPTS,
                },
                "DeadLetterConfig": { "Arn": unstarted_jobs },
            },
        });
        let url = self.url(&["schedules", new.name], &[]);
        let (document, _) = self.ask::<Value>(Method::Post, url, Some(body.to_string())).await?;
        Ok(document)
    }

    /// Returns all schedules, in the order of their names.
    pub(crate) async fn list(&self) -> Result<Vec<Schedule>> {
        let mut schedules = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut query = vec![("ScheduleGroup", self.group.as_str())];
            query.extend(token.as_deref().map(|token| ("NextToken", token)));
            let url = self.url(&["schedules"], &query);
            let (_, page) = self.ask::<Page>(Method::Get, url, None).await?;
            for Named { name } in page.schedules {
                schedules.push(self.get(&name).await?);
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        schedules.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(schedules)
    }

    async fn get(&self, name: &str) -> Result<Schedule> {
        let url = self.url(&["schedules", name], &[("groupName", &self.group)]);
        let (_, got) = self.ask::<Got>(Method::Get, url, None).await?;
        let mut input: Value = serde_json::from_str(&got.target.input).unwrap_or_default();
        Ok(Schedule {
            name: got.name,
            expression: got.schedule_expression,
            time_zone: got.schedule_expression_timezone,
            state: got.state.to_lowercase(),
            job: input.get_mut("job").map(Value::take).unwrap_or_default(),
        })
    }

    /// Deletes a schedule. Jobs that it has started stay.
    pub(crate) async fn delete(&self, name: &str) -> Result<Document> {
        let url = self.url(&["schedules", name], &[("groupName", &self.group)]);
        let (document, _) = self.ask::<Value>(Method::Delete, url, None).await?;
        Ok(document)
    }

    /// Reads in the tags of the group what its schedules refer to.
    async fn targets(&self) -> Result<Targets> {
        let url = self.url(&["schedule-groups", &self.group], &[]);
        let (_, Group { arn }) = self.ask(Method::Get, url, None).await?;
        let (_, Tags { tags }) =
            self.ask(Method::Get, self.url(&["tags", &arn], &[]), None).await?;
        let mut tags: HashMap<_, _> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
        let mut tag = |name: &str| {
            tags.remove(name).ok_or_else(|| {
                Error::Usage(format!(
                    "the schedule group {} has no tag {name}, which the group of a deployment has; \
                     is {} the name of its stack?",
                    self.group, self.group
                ))
            })
        };
        Ok(Targets {
            submit: tag("pgfold:submit")?,
            role: tag("pgfold:role")?,
            unstarted_jobs: tag("pgfold:unstarted-jobs")?,
        })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.client.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        // As the SDKs write it: a signature is of the path as it is sent.
        url.set_path(&url.path().replace(':', "%3A"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
    ) -> Result<(Document, T)> {
        let request = Request { method, url, idempotency_key: None, body };
        self.client.ask(request, self.deadline).await
    }
}

/// The ARNs that a schedule refers to.
struct Targets {
    submit: String,
    role: String,
    unstarted_jobs: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    schedules: Vec<Named>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    name: String,
    schedule_expression: String,
    #[serde(default)]
    schedule_expression_timezone: String,
    state: String,
    target: Target,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    #[serde(default)]
    input: String,
}
