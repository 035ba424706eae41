use std::{collections::HashMap, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{
        AttributeValue::{self, N, S},
        KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure,
        builders::KeysAndAttributesBuilder,
    },
};
use pgfold_core::{Error, Result, Timestamp};

use super::{item::Item, service::SERVICE};
use crate::aws::from_sdk;

/// The most items of [`Table::get_all`]; the limit of `BatchGetItem`.
pub(super) const BATCH: usize = 100;

/// The index that lists jobs.
const INDEX: &str = "jobs";

/// The most calls of `BatchGetItem` for the same items, because a call may leave items unread.
const ROUNDS: u32 = 6;

/// A table of items. Each item changes in one conditional step.
#[derive(Debug, Clone)]
pub(super) struct Table {
    client: Client,
    name: String,
}

/// The result of a conditional write.
pub(super) enum Written {
    /// The item was written; has the attributes that changed.
    Now(Item),
    /// The condition failed, so nothing was written; has the present item.
    Not(Item),
    /// The item does not exist, so nothing was written.
    Nowhere,
}

impl Table {
    pub(super) fn new(config: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(config), name }
    }

    /// Reads an item, consistently with all earlier writes.
    pub(super) async fn get(&self, pk: String) -> Result<Option<Item>> {
        let get = self.client.get_item().table_name(&self.name).key("pk", S(pk));
        let got = get.consistent_read(true).send().await;
        Ok(got.map_err(|error| from_sdk(SERVICE, error))?.item.map(Item))
    }

    /// Reads at most [`BATCH`] items by their keys; leaves out those that do not exist.
    pub(super) async fn get_all(&self, keys: &[String]) -> Result<Vec<(String, Item)>> {
        self.read(keys, KeysAndAttributes::builder().consistent_read(true)).await
    }

    /// Reads at most [`BATCH`] items, as `wanted` says; leaves out those that do not exist.
    async fn read(
        &self,
        keys: &[String],
        wanted: KeysAndAttributesBuilder,
    ) -> Result<Vec<(String, Item)>> {
        let keys = keys.iter().map(|pk| HashMap::from([("pk".to_owned(), S(pk.clone()))]));
        let wanted = wanted.set_keys(Some(keys.collect()));
        let wanted = wanted.build().map_err(|error| Error::unavailable(SERVICE, error))?;
        let mut wanted = HashMap::from([(self.name.clone(), wanted)]);
        let mut items = Vec::new();
        for round in 0..ROUNDS {
            let get = self.client.batch_get_item().set_request_items(Some(wanted));
            let got = get.send().await.map_err(|error| from_sdk(SERVICE, error))?;
            for item in got.responses.unwrap_or_default().into_values().flatten() {
                if let Some(S(pk)) = item.get("pk") {
                    items.push((pk.clone(), Item(item)));
                }
            }
            // The answer lists keys that exceeded its size or were throttled.
            wanted = got.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(items);
            }
            tokio::time::sleep(Duration::from_millis(25 << round)).await;
        }
        let left: usize = wanted.values().map(|keys| keys.keys().len()).sum();
        Err(Error::unavailable(SERVICE, format!("{left} items left unread {ROUNDS} times")))
    }

    /// Reads up to `limit` items with this value of `listed` and a key below `before`, the greatest
    /// keys first, with these attributes and no others, and returns what `take` makes of them. If it
    /// makes nothing of an item, the next one takes its place. Both the index and the items may be
    /// read a moment behind.
    pub(super) async fn list<T>(
        &self,
        listed: &str,
        before: Option<String>,
        limit: u16,
        attributes: &[&str],
        take: impl Fn(&Item) -> Option<T>,
    ) -> Result<Vec<T>> {
        let query = self.client.query().table_name(&self.name).index_name(INDEX);
        let query = query.expression_attribute_values(":listed", S(listed.to_owned()));
        let query = match before {
            None => query.key_condition_expression("listed = :listed"),
            Some(before) => query
                .key_condition_expression("listed = :listed AND pk < :before")
                .expression_attribute_values(":before", S(before)),
        };
        let query = query.scan_index_forward(false).limit(limit.into()).into_paginator();
        let (mut pages, mut items) = (query.items().send(), Vec::new());
        while items.len() < usize::from(limit) {
            let mut keys = Vec::new();
            while keys.len() < BATCH.min(usize::from(limit) - items.len())
                && let Some(entry) = pages.next().await
            {
                let entry = entry.map_err(|error| from_sdk(SERVICE, error))?;
                keys.extend(entry.get("pk").and_then(|pk| pk.as_s().ok()).cloned());
            }
            if keys.is_empty() {
                break;
            }
            let mut read: HashMap<_, _> =
                self.read(&keys, parts(attributes)).await?.into_iter().collect();
            // An item may have expired since the index was read; then the next key takes its place.
            items.extend(keys.iter().filter_map(|key| take(&read.remove(key)?)));
        }
        Ok(items)
    }

    /// Puts an item if no item has its key, or that item has expired by `now`.
    pub(super) async fn put_new(&self, item: Item, now: Option<Timestamp>) -> Result<Written> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item.0));
        let put = match now {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(now) => put
                .condition_expression("attribute_not_exists(pk) OR #expires_at <= :now")
                .expression_attribute_names("#expires_at", "expires_at")
                .expression_attribute_values(":now", N((now.as_millis() / 1000).to_string())),
        };
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Written::Now(Item::default())) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Written::Not(Item(failed.item().cloned().unwrap_or_default())))
            }
            _ => Err(from_sdk(SERVICE, error)),
        }
    }

    /// Changes an existing item if `condition` holds. In both expressions each attribute and each
    /// entry of a map is written `#name`, because many names are reserved words, and each value
    /// `:name`.
    pub(super) async fn update(
        &self,
        pk: String,
        change: &str,
        condition: &str,
        values: impl IntoIterator<Item = (&str, AttributeValue)>,
    ) -> Result<Written> {
        let condition = format!("attribute_exists(pk) AND {condition}");
        let names = names(change).chain(names(&condition));
        let names = names.map(|name| (format!("#{name}"), name.to_owned())).collect();
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let update = self.client.update_item().table_name(&self.name).key("pk", S(pk));
        let update = update
            .update_expression(change)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(output) => Ok(Written::Now(Item(output.attributes.unwrap_or_default()))),
            Err(error) => condition_failed(error),
        }
    }
}

/// Returns what asks for the key and these attributes of items. Many names are reserved words, so
/// each gets a placeholder.
fn parts(attributes: &[&str]) -> KeysAndAttributesBuilder {
    let names = || ["pk"].iter().chain(attributes).map(|name| (format!("#{name}"), *name));
    let projection: Vec<String> = names().map(|(placeholder, _)| placeholder).collect();
    let names = names().map(|(placeholder, name)| (placeholder, name.to_owned())).collect();
    KeysAndAttributes::builder()
        .projection_expression(projection.join(", "))
        .set_expression_attribute_names(Some(names))
}

/// Returns the names in an expression that are written with a `#`.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let end = |rest: &str| rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    expression.split('#').skip(1).map(move |rest| &rest[..end(rest).unwrap_or(rest.len())])
}

/// Returns the result of an update whose condition failed: the item, or that it does not exist.
fn condition_failed<R>(error: SdkError<UpdateItemError, R>) -> Result<Written>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            let item = failed.item().filter(|item| !item.is_empty());
            Ok(item.map_or(Written::Nowhere, |item| Written::Not(Item(item.clone()))))
        }
        _ => Err(from_sdk(SERVICE, error)),
    }
}
