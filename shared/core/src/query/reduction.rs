use std::{cmp::Ordering, mem, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Answer, Compute, GroupBy, GroupType, GroupValue, OpenQuery, Order, Query,
    arriving::ArrivingGroups,
    group_merge::{GroupMerge, Merged, SourceForm},
    stored_group::Stored,
};
use crate::{
    error::{Error, Result},
    rows::Numeric,
};

/// The fewest groups that are sorted to find those that are listed.
const SORTED_AT_ONCE: usize = 10_000;

/// The most groups that an answer lists. The function that reduces a job holds them in memory, and
/// each takes more than a kilobyte as JSON.
const MOST_LISTED: usize = 100_000;

/// The most bytes that listed groups take in memory, by [`weight`].
const MOST_WEIGHT: usize = 200_000_000;

/// A group of an answer.
pub(crate) struct Group {
    pub(super) values: Vec<GroupValue>,
    /// The group's values, its rows and its answers by their names.
    pub(super) fields: Map<String, Value>,
}

/// The answer of a query while the groups of its chunks arrive, sorted by their keys. It holds the
/// groups that are listed and one more.
pub(crate) struct Reduction<'q> {
    query: &'q Query,
    group_types: &'q [GroupType],
    /// The names of the kernels' answers.
    names: Vec<&'q str>,
    arriving: ArrivingGroups<'q>,
    /// The number of groups that are complete.
    count: usize,
    /// The groups that may be listed.
    groups: Vec<Group>,
    /// What they take in memory.
    weight: usize,
    /// Whether groups are taken out as they arrive, rather than listed at the end.
    is_streamed: bool,
}

impl<'q> Reduction<'q> {
    /// Starts without groups. The values of groups have these types.
    pub(crate) fn new(open: &'q OpenQuery<'q>, group_types: &'q [GroupType]) -> Self {
        Self {
            query: open.query,
            group_types,
            names: open.query.compute.iter().map(|(name, _)| name).collect(),
            arriving: ArrivingGroups::new(open),
            count: 0,
            groups: Vec::new(),
            weight: 0,
            is_streamed: false,
        }
    }

    /// Starts without groups, which [`arrived`](Self::arrived) takes out as they arrive, if the query
    /// has them in the order of their keys. If not, they are taken out at the end.
    pub(crate) fn streamed(open: &'q OpenQuery<'q>, group_types: &'q [GroupType]) -> Self {
        Self { is_streamed: open.query.order.is_default(), ..Self::new(open, group_types) }
    }

    /// Takes out the groups that have arrived, in the order of their keys.
    pub(crate) fn arrived(&mut self) -> Vec<Group> {
        if self.is_streamed { mem::take(&mut self.groups) } else { Vec::new() }
    }

    /// Takes groups out of a merge. Returns the sources that are to be filled before it can go on,
    /// none if enough groups have arrived; `None` after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn take(&mut self, merge: &mut GroupMerge<'_>) -> Result<Option<Vec<usize>>> {
        loop {
            if self.is_streamed && !self.groups.is_empty() {
                return Ok(Some(Vec::new()));
            }
            match merge.next()? {
                Merged::Group(form, stored) => self.add(form, stored)?,
                Merged::Hungry(sources) => return Ok(Some(sources)),
                Merged::End => return Ok(None),
            }
        }
    }

    fn add(&mut self, form: &Arc<SourceForm>, stored: Stored<'_>) -> Result<()> {
        if self.arriving.is_full(stored.key()) {
            self.complete()?;
        }
        self.arriving.add(form, stored)
    }

    /// Adds the groups that have arrived to those that may be listed.
    fn complete(&mut self) -> Result<()> {
        let arrived = self.arriving.complete()?;
        self.add_all(arrived)
    }

    fn add_all(&mut self, arrived: Vec<(Vec<u8>, u64)>) -> Result<()> {
        for (at, (key, rows)) in arrived.into_iter().enumerate() {
            let group = self.group(at, &key, rows)?;
            self.count += 1;
            match self.is_streamed {
                true => self.groups.push(group),
                false => self.list(group)?,
            }
        }
        Ok(())
    }

    /// Returns a group that has arrived.
    fn group(&mut self, at: usize, key: &[u8], rows: u64) -> Result<Group> {
        let values = GroupValue::read(key, self.group_types)?;
        let named = self.query.group_by.iter().zip(&values);
        let mut fields: Map<String, Value> =
            named.map(|(by, value)| (by.name.clone(), value.to_json())).collect();
        fields.insert(GroupBy::ROWS.to_owned(), rows.into());
        fields.extend(self.answers(at)?);
        Ok(Group { values, fields })
    }

    /// Adds a group to those that may be listed.
    fn list(&mut self, group: Group) -> Result<()> {
        self.weight += weight_of(&group.fields);
        self.groups.push(group);
        // Of groups that are not listed few are kept, because each takes more than a kilobyte.
        let limit = self.limit();
        let is_heavy = self.weight > MOST_WEIGHT / 2 && self.groups.len() > limit;
        if is_heavy || self.groups.len() >= limit.saturating_mul(2).max(SORTED_AT_ONCE) {
            sort(&mut self.groups, self.query);
            self.groups.truncate(limit);
            self.weight = self.groups.iter().map(|group| weight_of(&group.fields)).sum();
        }
        let listed = self.groups.len().min(limit);
        if listed > MOST_LISTED || self.weight > MOST_WEIGHT {
            let most = (listed - 1).min(MOST_LISTED);
            return Err(Error::TooManyGroupsOfJob { groups: self.count, most });
        }
        Ok(())
    }

    /// Returns the most groups that are listed.
    fn limit(&self) -> usize {
        self.query.order.limit.map_or(usize::MAX, |limit| limit as usize)
    }

    /// Returns the answers of a group that has arrived by their names.
    fn answers(&mut self, group: usize) -> Result<Map<String, Value>> {
        let mut answers = Map::new();
        for (name, partials) in self.names.iter().zip(self.arriving.partials.each()) {
            answers.insert((*name).to_owned(), partials.answer(group)?);
        }
        Ok(answers)
    }

    /// Returns the answer after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish(mut self) -> Result<Answer> {
        let arrived = self.arriving.complete()?;
        let skipped = match &self.query.compute {
            Compute::One(_) | Compute::Rows(_) => Vec::new(),
            Compute::Named(_) => {
                let names = self.names.iter().map(|name| (*name).to_owned());
                names.zip(self.arriving.skipped()).collect()
            }
        };
        if self.query.group_by.is_empty() {
            // There is an answer for no rows, too.
            return Ok(Answer { answer: Value::Object(self.answers(0)?), skipped });
        }
        self.add_all(arrived)?;
        let groups = self.list_groups();
        let groups: Vec<Value> =
            groups.into_iter().map(|group| Value::Object(group.fields)).collect();
        Ok(Answer { answer: json!({ "groups": groups, "group_count": self.count }), skipped })
    }

    /// Returns the groups after the last has arrived: those that are listed, in their order, or those
    /// that were not taken out yet.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish_groups(&mut self) -> Result<Vec<Group>> {
        self.complete()?;
        Ok(self.list_groups())
    }

    fn list_groups(&mut self) -> Vec<Group> {
        let mut groups = mem::take(&mut self.groups);
        if !self.is_streamed {
            sort(&mut groups, self.query);
            groups.truncate(self.limit());
        }
        groups
    }
}

/// Returns about how many bytes the fields of a group take in memory.
fn weight_of(fields: &Map<String, Value>) -> usize {
    fields.iter().map(|(name, value)| name.len() + weight(value)).sum()
}

/// Returns about how many bytes a value takes in memory.
fn weight(value: &Value) -> usize {
    64 + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => weight_of(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Sorts groups as the query asks. NULL, and a group without the number, come last in either
/// direction.
fn sort(groups: &mut [Group], query: &Query) {
    let Order { by, descending, .. } = &query.order;
    let directed = |one: &GroupValue, other: &GroupValue| {
        let order = one.cmp(other);
        let order = if *descending { order.reverse() } else { order };
        one.is_null().cmp(&other.is_null()).then(order)
    };
    let Some(by) = by else {
        groups.sort_by(|one, other| {
            let mut pairs = one.values.iter().zip(&other.values);
            pairs
                .find_map(|(one, other)| Some(directed(one, other)).filter(|order| order.is_ne()))
                .unwrap_or(Ordering::Equal)
        });
        return;
    };
    // Equal ones stay in the order of all their values.
    groups.sort_by(|one, other| one.values.cmp(&other.values));
    match query.group_by.iter().position(|group| group.name == *by) {
        Some(place) => {
            groups.sort_by(|one, other| directed(&one.values[place], &other.values[place]));
        }
        // Each number is read once.
        None => groups.sort_by_cached_key(|group| {
            let number = number(&group.fields, by);
            (number.is_none(), Directed { number, descending: *descending })
        }),
    }
}

/// A number whose order may be reversed.
#[derive(PartialEq, Eq)]
struct Directed {
    number: Option<Numeric>,
    descending: bool,
}

impl PartialOrd for Directed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Directed {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = match (&self.number, &other.number) {
            (Some(one), Some(other)) => one.compare(other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// Returns the number at a path such as `fare.sum`; `None` if the group has no such number.
fn number(fields: &Map<String, Value>, path: &str) -> Option<Numeric> {
    let value = match path.split_once('.') {
        Some((name, field)) => fields.get(name)?.get(field)?,
        None => fields.get(path)?,
    };
    match value {
        Value::String(digits) => Numeric::parse(digits),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Numeric::from(whole)),
            None => Numeric::of_double(number.as_f64()?),
        },
        _ => None,
    }
}
