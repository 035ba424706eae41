use std::cmp::Ordering;

use serde_json::{Map, Value, json};

use super::{
    Compute, GroupBy, GroupType, GroupValue, OpenQuery, Order, Query, QueryPartial,
    group_table::GroupTable,
    partial::{StoredGroup, StoredGroups},
};
use crate::{
    error::{Error, Result},
    kernel::{GroupPartials, Partial},
    rows::Numeric,
};

/// The fewest groups that are sorted to find those that are listed.
const SORTED_AT_ONCE: usize = 10_000;

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
struct Group {
    values: Vec<GroupValue>,
    /// The group's values, its rows and its answers by their names.
    fields: Map<String, Value>,
}

impl OpenQuery<'_> {
    /// Merges the partials of chunks, and returns the answer. The values of groups have these types.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a partial does not read back, or is that of another query;
    /// [`Error::TooManyGroupsOfJob`] if the chunks have too many groups together;
    /// [`Error::Kernel`] if a kernel breaks its contract.
    pub fn answer<'p>(
        &self,
        group_types: &[GroupType],
        partials: impl Iterator<Item = &'p QueryPartial>,
    ) -> Result<Answer> {
        match (self.query.only_kernel(), self.kernels.first()) {
            (Some(_), Some(only)) => {
                let ones = partials.map(of_one).collect::<Result<Vec<&Partial>>>()?;
                let answer = only.kernel.answer(&mut ones.into_iter())?;
                Ok(Answer { answer, skipped: Vec::new() })
            }
            _ => Merged::of(self, partials)?.answer(self, group_types),
        }
    }
}

fn of_one(partial: &QueryPartial) -> Result<&Partial> {
    match partial {
        QueryPartial::One(partial) => Ok(partial),
        QueryPartial::Groups(_) => Err(other_query("it has groups")),
    }
}

fn other_query(problem: &str) -> Error {
    Error::corrupt("the partial of a chunk", problem)
}

/// The most groups of a job. The function that reduces a job holds them in memory, each of which
/// takes more than a kilobyte as JSON.
const MOST_GROUPS: usize = 100_000;

/// The merged groups of all chunks.
struct Merged<'q> {
    groups: GroupTable,
    partials: Vec<Box<dyn GroupPartials + 'q>>,
}

impl<'q> Merged<'q> {
    fn of<'p>(
        open: &'q OpenQuery<'q>,
        partials: impl Iterator<Item = &'p QueryPartial>,
    ) -> Result<Self> {
        let mut merged = Self {
            groups: GroupTable::default(),
            partials: open.kernels().map(|kernel| kernel.groups()).collect(),
        };
        for partial in partials {
            match partial {
                QueryPartial::Groups(stored) => merged.add(stored)?,
                QueryPartial::One(_) => return Err(other_query("it has no groups")),
            }
        }
        if open.query.group_by.is_empty() {
            // There is an answer for no rows, too.
            merged.groups.add(&[], 0);
        }
        Ok(merged)
    }

    fn add(&mut self, stored: &StoredGroups) -> Result<()> {
        for StoredGroup { key, rows, kernels } in stored.groups()? {
            if kernels.len() != self.partials.len() || stored.kernels().len() != kernels.len() {
                return Err(other_query("it is of other kernels"));
            }
            let number = self.groups.add(&key, rows) as usize;
            if number >= MOST_GROUPS {
                let groups = self.groups.len();
                return Err(Error::TooManyGroupsOfJob { groups, most: MOST_GROUPS });
            }
            let versions = stored.kernels().iter();
            for ((partials, kernel), version) in self.partials.iter_mut().zip(kernels).zip(versions)
            {
                partials.merge(number, *version, &kernel.partial, kernel.skipped)?;
            }
        }
        Ok(())
    }

    fn answer(mut self, open: &OpenQuery<'_>, group_types: &[GroupType]) -> Result<Answer> {
        let query = open.query;
        let names: Vec<&str> = query.compute.iter().map(|(name, _)| name).collect();
        let count = self.groups.len();
        let skipped_by =
            |partials: &dyn GroupPartials| (0..count).map(|at| partials.skipped(at)).sum();
        let skipped = match &query.compute {
            Compute::One(_) => Vec::new(),
            Compute::Named(_) => {
                let skipped = self.partials.iter().map(|partials| skipped_by(&**partials));
                names.iter().map(|name| (*name).to_owned()).zip(skipped).collect()
            }
        };
        if query.group_by.is_empty() {
            let answer = Value::Object(self.answers(&names, 0)?);
            return Ok(Answer { answer, skipped });
        }
        let limit = query.order.limit.map_or(usize::MAX, |limit| limit as usize);
        // Of groups that are not listed few are kept, because each takes more than a kilobyte.
        let room = limit.saturating_mul(2).max(SORTED_AT_ONCE);
        let mut groups = Vec::new();
        for number in 0..count {
            let values = GroupValue::read(self.groups.key(number as u32), group_types)?;
            let named = query.group_by.iter().zip(&values);
            let mut fields: Map<String, Value> =
                named.map(|(by, value)| (by.name.clone(), value.to_json())).collect();
            fields.insert(GroupBy::ROWS.to_owned(), self.groups.rows(number as u32).into());
            fields.extend(self.answers(&names, number)?);
            groups.push(Group { values, fields });
            if groups.len() >= room {
                sort(&mut groups, query);
                groups.truncate(limit);
            }
        }
        sort(&mut groups, query);
        groups.truncate(limit);
        let groups: Vec<Value> =
            groups.into_iter().map(|group| Value::Object(group.fields)).collect();
        Ok(Answer { answer: json!({ "groups": groups, "group_count": count }), skipped })
    }

    /// Returns the answers of a group by their names.
    fn answers(&mut self, names: &[&str], group: usize) -> Result<Map<String, Value>> {
        let mut answers = Map::new();
        for (name, partials) in names.iter().zip(&mut self.partials) {
            answers.insert((*name).to_owned(), partials.answer(group)?);
        }
        Ok(answers)
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
