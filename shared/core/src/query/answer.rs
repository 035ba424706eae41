use std::{cmp::Ordering, mem};

use serde_json::{Map, Value, json};

use super::{
    Compute, GroupBy, GroupType, GroupValue, OpenQuery, Order, Query, QueryPartial,
    group_cursor::GroupCursor,
    group_merge::{GroupMerge, Merged},
    stored_group::StoredGroup,
};
use crate::{
    error::{Error, Result},
    kernel::{GroupPartials, Partial},
    partition::Partition,
    rows::Numeric,
};

/// The fewest groups that are sorted to find those that are listed.
const SORTED_AT_ONCE: usize = 10_000;

/// The most groups that an answer lists. The function that reduces a job holds them in memory, and
/// each takes more than a kilobyte as JSON.
const MOST_LISTED: usize = 100_000;

/// The most bytes that listed groups take in memory, by [`weight`].
const MOST_WEIGHT: usize = 200_000_000;

/// The groups that are taken out at a time while others arrive.
const STREAMED_AT_ONCE: usize = 500;

/// The answer of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer, a JSON object: that of a single kernel; the answers of several by their names;
    /// or the list of groups.
    pub answer: Value,
    /// How many rows each kernel skipped, by its name; empty for a single kernel.
    pub skipped: Vec<(String, u64)>,
}

/// A group of an answer.
pub(crate) struct Group {
    pub(super) values: Vec<GroupValue>,
    /// The group's values, its rows and its answers by their names.
    pub(super) fields: Map<String, Value>,
}

impl OpenQuery<'_> {
    /// Merges the partials of chunks and returns the answer. The partials are in records, not in
    /// objects. The values of groups have these types.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back, or is that of another query or in an
    /// object; [`Error::TooManyGroupsOfJob`] if the answer would list too many groups;
    /// [`Error::Kernel`] if a kernel breaks its contract.
    pub fn answer<'p>(
        &self,
        group_types: &[GroupType],
        partials: impl Iterator<Item = &'p QueryPartial>,
    ) -> Result<Answer> {
        if self.is_of_one() {
            let ones = partials.map(of_one).collect::<Result<Vec<&Partial>>>()?;
            return self.answer_of_one(&mut ones.into_iter());
        }
        let mut merge = GroupMerge::default();
        for partial in partials {
            merge.add_record(partial, None)?;
        }
        let mut reduction = Reduction::new(self, group_types);
        match reduction.take(&mut merge)? {
            // Records have all their groups.
            Some(_) => Err(other_query("it ends too early")),
            None => reduction.finish(),
        }
    }

    /// Returns whether the query is that of one kernel over rows that make no groups.
    pub(crate) fn is_of_one(&self) -> bool {
        self.query.only_kernel().is_some()
    }

    /// Returns the answer of the only kernel, from its partials.
    ///
    /// # Errors
    /// As for [`answer`](Self::answer).
    pub(crate) fn answer_of_one(
        &self,
        partials: &mut dyn Iterator<Item = &Partial>,
    ) -> Result<Answer> {
        let only = self.kernels.first().ok_or_else(|| other_query("it has no kernel"))?;
        Ok(Answer { answer: only.kernel.answer(partials)?, skipped: Vec::new() })
    }
}

impl<'p> GroupMerge<'p> {
    /// Adds the groups of a record, of `only` a partition or all.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the record has no groups, or they are of another version.
    pub(crate) fn add_record(
        &mut self,
        partial: &'p QueryPartial,
        only: Option<Partition>,
    ) -> Result<()> {
        let QueryPartial::Groups(stored) = partial else {
            return Err(other_query("it has no groups"));
        };
        let source = self.add(stored.kernels().to_vec());
        match only.filter(|only| only.of() > 1) {
            None => self.fill(source, stored.groups()?, true),
            Some(only) => self.fill(source, groups_of(only, stored.groups()?)?, true),
        }
        Ok(())
    }
}

/// Returns the partial of the only kernel.
///
/// # Errors
/// [`Error::Corrupt`] if there are groups, or an object has the partial.
pub(crate) fn of_one(partial: &QueryPartial) -> Result<&Partial> {
    match partial {
        QueryPartial::One(partial) => Ok(partial),
        QueryPartial::Groups(_) => Err(other_query("it has groups")),
        QueryPartial::Run(_) | QueryPartial::Part(_) => Err(other_query("it is in an object")),
    }
}

/// Returns those groups, one after the other, that are in a partition.
fn groups_of(only: Partition, groups: &[u8]) -> Result<Vec<u8>> {
    let (mut kept, mut start) = (Vec::new(), 0);
    let mut cursor = GroupCursor::new(groups);
    while let Some(group) = cursor.next()? {
        if only.contains(&group.key) {
            kept.extend_from_slice(&groups[start..cursor.at()]);
        }
        start = cursor.at();
    }
    Ok(kept)
}

fn other_query(problem: &str) -> Error {
    Error::corrupt("the partial of a chunk", problem)
}

/// The answer of a query while the groups of its chunks arrive, sorted by their keys. It holds the
/// groups that are listed and one more.
pub(crate) struct Reduction<'q> {
    query: &'q Query,
    group_types: &'q [GroupType],
    /// The names of the kernels' answers.
    names: Vec<&'q str>,
    /// The kernels' partials of the group that arrives.
    partials: Vec<Box<dyn GroupPartials + 'q>>,
    /// The group that arrives: its key and its rows.
    arriving: Option<(Vec<u8>, u64)>,
    /// The number of groups that have arrived.
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
            partials: open.kernels().map(|kernel| kernel.groups()).collect(),
            arriving: None,
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
            if self.is_streamed && self.groups.len() >= STREAMED_AT_ONCE {
                return Ok(Some(Vec::new()));
            }
            match merge.next()? {
                Merged::Group(versions, group) => self.add(versions, &group)?,
                Merged::Hungry(sources) => return Ok(Some(sources)),
                Merged::End => return Ok(None),
            }
        }
    }

    fn add(&mut self, versions: &[u16], group: &StoredGroup) -> Result<()> {
        let StoredGroup { key, rows, kernels } = group;
        if kernels.len() != self.partials.len() || versions.len() != kernels.len() {
            return Err(other_query("it is of other kernels"));
        }
        match &mut self.arriving {
            Some((arriving, sum)) if arriving == key => *sum += rows,
            _ => {
                self.complete()?;
                self.arriving = Some((key.clone(), *rows));
            }
        }
        for ((partials, kernel), version) in self.partials.iter_mut().zip(kernels).zip(versions) {
            partials.merge(0, *version, &kernel.partial, kernel.skipped)?;
        }
        Ok(())
    }

    /// Adds the group that has arrived to those that may be listed.
    fn complete(&mut self) -> Result<()> {
        let Some((key, rows)) = self.arriving.take() else { return Ok(()) };
        self.count += 1;
        let values = GroupValue::read(&key, self.group_types)?;
        let named = self.query.group_by.iter().zip(&values);
        let mut fields: Map<String, Value> =
            named.map(|(by, value)| (by.name.clone(), value.to_json())).collect();
        fields.insert(GroupBy::ROWS.to_owned(), rows.into());
        fields.extend(self.answers()?);
        if self.is_streamed {
            self.groups.push(Group { values, fields });
            return Ok(());
        }
        self.weight += weight_of(&fields);
        self.groups.push(Group { values, fields });
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

    /// Returns the answers of the group that has arrived by their names.
    fn answers(&mut self) -> Result<Map<String, Value>> {
        let mut answers = Map::new();
        for (name, partials) in self.names.iter().zip(&mut self.partials) {
            answers.insert((*name).to_owned(), partials.answer(0)?);
        }
        Ok(answers)
    }

    /// Returns the answer after the last group.
    ///
    /// # Errors
    /// As for [`OpenQuery::answer`].
    pub(crate) fn finish(mut self) -> Result<Answer> {
        // Partials of the groups before are counted, too.
        let skipped = match &self.query.compute {
            Compute::One(_) | Compute::Rows(_) => Vec::new(),
            Compute::Named(_) => {
                let skipped = self.partials.iter().map(|partials| partials.skipped(0));
                self.names.iter().map(|name| (*name).to_owned()).zip(skipped).collect()
            }
        };
        if self.query.group_by.is_empty() {
            // There is an answer for no rows, too.
            return Ok(Answer { answer: Value::Object(self.answers()?), skipped });
        }
        let groups = self.finish_groups()?;
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
        let mut groups = mem::take(&mut self.groups);
        if !self.is_streamed {
            sort(&mut groups, self.query);
            groups.truncate(self.limit());
        }
        Ok(groups)
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
