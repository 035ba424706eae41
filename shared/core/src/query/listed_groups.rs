use std::{cmp::Ordering, mem};

use super::{GroupValue, Order, Query, group::Group};
use crate::{
    error::{Error, Result},
    rows::Numeric,
};

/// The fewest groups that are sorted to find those that are listed.
const SORTED_AT_ONCE: usize = 10_000;

/// The most groups that an answer lists. The function that reduces a job holds them in memory, and
/// each takes more than a kilobyte as JSON.
const MOST_LISTED: usize = 100_000;

/// The most bytes that listed groups take in memory, by [`Group::weight`].
const MOST_WEIGHT: usize = 200_000_000;

/// The groups that an answer lists: the first ones in the order of the query, as many as it asks for.
pub(crate) struct ListedGroups<'q> {
    query: &'q Query,
    /// Those that may be listed.
    groups: Vec<Group>,
    /// What they take in memory.
    weight: usize,
    /// The number of all groups.
    count: usize,
}

impl<'q> ListedGroups<'q> {
    /// Starts without groups.
    pub(super) const fn new(query: &'q Query) -> Self {
        Self { query, groups: Vec::new(), weight: 0, count: 0 }
    }

    /// Returns the number of all groups, listed or not.
    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`Error::TooManyGroupsOfJob`] if more than can be would be listed.
    pub(super) fn add(&mut self, group: Group) -> Result<()> {
        self.count += 1;
        self.weight += group.weight(self.query);
        self.groups.push(group);
        // Of groups that are not listed few are kept, because each takes more than a kilobyte.
        let limit = self.limit();
        let is_heavy = self.weight > MOST_WEIGHT / 2 && self.groups.len() > limit;
        if is_heavy || self.groups.len() >= limit.saturating_mul(2).max(SORTED_AT_ONCE) {
            self.sort();
            self.weight = self.groups.iter().map(|group| group.weight(self.query)).sum();
        }
        let listed = self.groups.len().min(limit);
        if listed > MOST_LISTED || self.weight > MOST_WEIGHT {
            let most = (listed - 1).min(MOST_LISTED);
            return Err(Error::TooManyGroupsOfJob { groups: self.count, most });
        }
        Ok(())
    }

    /// Takes out those that are listed, in their order.
    pub(crate) fn take(&mut self) -> Vec<Group> {
        self.sort();
        mem::take(&mut self.groups)
    }

    fn sort(&mut self) {
        sort(&mut self.groups, self.query);
        self.groups.truncate(self.limit());
    }

    /// Returns the most groups that are listed.
    fn limit(&self) -> usize {
        self.query.order.limit.map_or(usize::MAX, |limit| limit as usize)
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
            let number = group.number(query, by);
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
