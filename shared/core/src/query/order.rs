use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Compute, GroupBy};
use crate::{
    bounded::shown,
    error::{Error, Result},
    kernel,
};

/// Which groups an answer lists, and in which order. By default all of them, ordered by the values
/// of `group_by`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// What the groups are ordered by: the name of a group's value, `rows`, or a number of an
    /// answer such as `fare.sum`. Groups without that number come last. Equal ones are ordered by
    /// the values of `group_by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the greatest comes first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// The most groups that are listed, at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Order {
    /// Returns whether all is as by default.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks that there are groups to order, and a number of this name.
    ///
    /// # Errors
    /// [`Error::Invalid`] names what there is to order by.
    pub(super) fn check(&self, group_by: &[GroupBy], compute: &Compute) -> Result<()> {
        if self.is_default() {
            return Ok(());
        }
        if group_by.is_empty() {
            return Err(Error::Invalid(
                "order_by, descending and limit are for the groups of group_by, and there is none"
                    .to_owned(),
            ));
        }
        if self.limit == Some(0) {
            return Err(Error::Invalid("limit must be at least 1, not 0".to_owned()));
        }
        let known = orders(group_by, compute);
        match &self.by {
            Some(by) if !known.contains(by) => Err(Error::Invalid(format!(
                "order_by must be one of {}, not {:?}",
                known.join(", "),
                shown(by)
            ))),
            _ => Ok(()),
        }
    }
}

/// Returns what groups may be ordered by: the names of their values, `rows`, and the numbers of
/// every answer.
fn orders(group_by: &[GroupBy], compute: &Compute) -> Vec<String> {
    let mut orders: Vec<String> = group_by.iter().map(|by| by.name.clone()).collect();
    orders.push(GroupBy::ROWS.to_owned());
    let descriptions = kernel::descriptions();
    for (name, computed) in compute.iter() {
        let described = descriptions.iter().find(|known| known.name == computed.kernel.name);
        let answer = described.map(|described| &described.answer);
        orders.extend(
            answer.iter().flat_map(|schema| numbers(schema)).map(|n| format!("{name}.{n}")),
        );
    }
    orders
}

/// Returns the fields of an answer that are numbers, by its JSON Schema.
fn numbers(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for part in [&schema["oneOf"], &schema["anyOf"]] {
        names.extend(part.as_array().into_iter().flatten().flat_map(numbers));
    }
    let fields = schema["properties"].as_object().into_iter().flatten();
    names.extend(fields.filter(|(_, field)| is_number(field)).map(|(name, _)| name.clone()));
    names.sort_unstable();
    names.dedup();
    names
}

fn is_number(schema: &Value) -> bool {
    let is_named = |name: &Value| matches!(name.as_str(), Some("number" | "integer"));
    is_named(&schema["type"])
        || schema["type"].as_array().is_some_and(|names| names.iter().any(is_named))
        || [&schema["oneOf"], &schema["anyOf"]]
            .iter()
            .any(|part| part.as_array().is_some_and(|parts| parts.iter().any(is_number)))
}
