use serde::{Deserialize, Serialize};

use super::{Compute, Computed, Condition, GroupBy, Order, RowsOut, columns::columns};
use crate::{
    bounded::shown,
    error::{Error, Result},
};

/// What a job computes: kernels over the rows that meet every condition, for each group of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The conditions. A row must meet them all.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<Condition>,
    /// What makes the groups; without any, all rows are one group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<GroupBy>,
    /// The kernels.
    pub compute: Compute,
    /// The groups that the answer lists, and their order.
    #[serde(default, skip_serializing_if = "Order::is_default")]
    pub order: Order,
}

impl Query {
    /// The most characters of a name in an answer.
    pub const LONGEST_NAME: usize = 63;

    /// The most bytes of a query as JSON. It is stored with the job, which shares an item of at most
    /// 400 KB with the largest record and is written with every chunk.
    pub const MOST_BYTES: usize = 40_000;

    /// Makes the query of one kernel over all rows.
    pub const fn of(computed: Computed) -> Self {
        Self {
            filter: Vec::new(),
            group_by: Vec::new(),
            compute: Compute::One(computed),
            order: Order { by: None, descending: false, limit: None },
        }
    }

    /// Returns the kernel if the query is that of one kernel over rows that make no groups.
    pub fn only_kernel(&self) -> Option<&Computed> {
        match &self.compute {
            Compute::One(computed) if self.group_by.is_empty() => Some(computed),
            _ => None,
        }
    }

    /// Checks what needs no source, spells out the defaults of the kernels' parameters, and writes
    /// each number of the conditions in one form.
    ///
    /// # Errors
    /// [`Error::Invalid`] names what is wrong and what is allowed.
    pub fn checked(mut self) -> Result<Self> {
        for computed in self.compute.iter_mut() {
            computed.kernel.open()?;
            computed.kernel = computed.kernel.spelled_out()?;
        }
        self.filter = self.filter.into_iter().map(Condition::spelled_out).collect();
        let count = self.compute.iter().count();
        if let Compute::Rows(rows) = &self.compute {
            self.check_rows(rows)?;
        } else if !(1..=Compute::MOST).contains(&count) {
            let most = Compute::MOST;
            return Err(Error::Invalid(format!(
                "compute must have 1 to {most} kernels, not {count}"
            )));
        }
        if self.group_by.len() > GroupBy::MOST {
            let (most, count) = (GroupBy::MOST, self.group_by.len());
            return Err(Error::Invalid(format!(
                "group_by must have at most {most} columns, not {count}"
            )));
        }
        self.group_by.iter().try_for_each(GroupBy::check)?;
        self.check_names()?;
        self.check_filter()?;
        self.order.check(&self.group_by, &self.compute)?;
        self.check_bytes()?;
        Ok(self)
    }

    /// Fills in the columns of kernels for which the request names none, and checks that a source
    /// has every column.
    ///
    /// # Errors
    /// [`Error::Invalid`] names a column that the source does not have, and those that it has.
    pub fn resolved(mut self, readable: &[String], filterable: &[String]) -> Result<Self> {
        for computed in self.compute.iter_mut() {
            let parts = computed.kernel.open()?.columns();
            let columns = columns(&parts, computed.columns.as_deref(), readable)?;
            computed.columns = Some(columns);
        }
        if let Compute::Rows(rows) = &mut self.compute {
            rows.columns.get_or_insert_with(|| readable.to_vec());
        }
        let groups = self.group_by.iter().map(|by| ("group_by", &by.column, readable));
        let filter = self.filter.iter().map(|condition| ("where", &condition.column, filterable));
        let rows = match &self.compute {
            Compute::Rows(rows) => rows.columns.as_deref().unwrap_or_default(),
            Compute::One(_) | Compute::Named(_) => &[],
        };
        let rows = rows.iter().map(|column| ("columns", column, readable));
        for (what, column, allowed) in groups.chain(filter).chain(rows) {
            if !allowed.contains(column) {
                let (column, allowed) = (shown(column), allowed.join(", "));
                return Err(Error::Invalid(format!(
                    "{what}: the source has no column {column:?} for this; it has {allowed}"
                )));
            }
        }
        Ok(self)
    }

    /// Checks that every value of the answer has a name of its own.
    fn check_names(&self) -> Result<()> {
        let computed = match &self.compute {
            Compute::Named(named) => named.keys().map(String::as_str).collect(),
            Compute::One(one) if !self.group_by.is_empty() => vec![one.kernel.name.as_str()],
            Compute::One(_) | Compute::Rows(_) => Vec::new(),
        };
        let mut taken = vec![GroupBy::ROWS];
        for name in self.group_by.iter().map(|by| by.name.as_str()).chain(computed) {
            let length = name.chars().count();
            if !(1..=Self::LONGEST_NAME).contains(&length) || name.contains('.') {
                return Err(Error::Invalid(format!(
                    "a name in an answer must have 1 to {} characters and no dot, not {:?}",
                    Self::LONGEST_NAME,
                    shown(name)
                )));
            }
            if taken.contains(&name) {
                return Err(Error::Invalid(format!(
                    "two values of an answer would be named {:?}; give one another name, a column \
                     of group_by by \"as\"",
                    shown(name)
                )));
            }
            taken.push(name);
        }
        Ok(())
    }

    /// Checks a query for rows.
    fn check_rows(&self, rows: &RowsOut) -> Result<()> {
        if !self.group_by.is_empty() {
            return Err(Error::Invalid(
                "the kernel rows is for rows without group_by; ask for other kernels of the groups"
                    .to_owned(),
            ));
        }
        let columns = rows.columns.as_deref().unwrap_or_default();
        let twice = |at: usize| columns[..at].contains(&columns[at]);
        if let Some(at) = (0..columns.len()).find(|at| twice(*at)) {
            let column = shown(&columns[at]);
            return Err(Error::Invalid(format!("columns has {column:?} twice")));
        }
        let (count, most) = (columns.len(), RowsOut::MOST_COLUMNS);
        match rows.columns {
            Some(_) if !(1..=most).contains(&count) => Err(Error::Invalid(format!(
                "columns must be 1 to {most} for the kernel rows, not {count}"
            ))),
            _ => Ok(()),
        }
    }

    fn check_filter(&self) -> Result<()> {
        let values: usize = self.filter.iter().map(|condition| condition.literals().len()).sum();
        if values > Condition::MOST_VALUES {
            let most = Condition::MOST_VALUES;
            return Err(Error::Invalid(format!(
                "where must have at most {most} values together, not {values}"
            )));
        }
        let bytes = json_bytes(&self.filter)?;
        if bytes > Condition::MOST_BYTES {
            let most = Condition::MOST_BYTES;
            return Err(Error::Invalid(format!(
                "where must have at most {most} bytes of JSON, not {bytes}"
            )));
        }
        Ok(())
    }

    fn check_bytes(&self) -> Result<()> {
        let (bytes, most) = (json_bytes(self)?, Self::MOST_BYTES);
        if bytes > most {
            return Err(Error::Invalid(format!(
                "where, group_by and the kernels with their parameters must have at most {most} \
                 bytes of JSON together, not {bytes}"
            )));
        }
        Ok(())
    }
}

fn json_bytes(part: &impl Serialize) -> Result<usize> {
    let json = serde_json::to_vec(part);
    json.map(|json| json.len()).map_err(|error| Error::Invalid(format!("a query: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn query(json: serde_json::Value) -> Result<Query> {
        serde_json::from_value::<Query>(json).unwrap().checked()
    }

    fn summary() -> serde_json::Value {
        serde_json::json!({ "kernel": { "name": "summary", "params": {} }, "columns": ["a"] })
    }

    #[test]
    fn the_names_of_an_answer_differ_and_what_it_is_ordered_by_exists() {
        let (by, one) = (serde_json::json!([{ "column": "city", "name": "city" }]), summary());
        let compute = serde_json::json!({ "named": { "fare": one } });
        let order = |by: &str| serde_json::json!({ "by": by });
        for (asked, problem) in [
            (
                serde_json::json!({ "group_by": by, "compute": { "named": { "city": one } } }),
                "would be named \"city\"",
            ),
            (serde_json::json!({ "compute": { "named": { "rows": one } } }), "\"rows\""),
            (serde_json::json!({ "compute": { "named": { "a.b": one } } }), "no dot"),
            (serde_json::json!({ "compute": { "named": {} } }), "1 to 16 kernels, not 0"),
            (
                serde_json::json!({ "compute": compute, "order": order("fare.sum") }),
                "there is none",
            ),
            (
                serde_json::json!({ "group_by": by, "compute": compute, "order": order("fare") }),
                "order_by must be one of city, rows, fare.max, fare.mean, fare.min, fare.nulls, \
                 fare.rows, fare.sum, fare.variance, not \"fare\"",
            ),
        ] {
            let error = query(asked.clone()).unwrap_err().to_string();
            assert!(error.contains(problem), "{asked}: {error}");
        }
        let asked =
            serde_json::json!({ "group_by": by, "compute": compute, "order": order("fare.sum") });
        assert!(query(asked).is_ok());
    }

    #[test]
    fn a_column_that_the_source_does_not_offer_is_an_error_that_lists_those_it_does() {
        let asked = serde_json::json!({
            "where": [{ "column": "b", "test": { "is": "null" } }],
            "group_by": [{ "column": "a", "name": "a" }],
            "compute": { "one": summary() }
        });
        let query = query(asked).unwrap();
        assert!(query.clone().resolved(&names(&["a"]), &names(&["b"])).is_ok());
        let error = |readable: &[&str], filterable: &[&str]| {
            let resolved = query.clone().resolved(&names(readable), &names(filterable));
            resolved.unwrap_err().to_string()
        };
        assert_eq!(
            error(&["a"], &["a"]),
            "where: the source has no column \"b\" for this; it has a"
        );
        assert!(error(&["b"], &["b"]).contains("\"a\""));
    }
    #[test]
    fn a_query_of_many_long_parameters_is_refused_because_it_is_stored_with_the_job() {
        let bounds: Vec<f64> = (0..1000).map(|bound| f64::from(bound) + 0.123_456_789).collect();
        let histogram = serde_json::json!({
            "kernel": { "name": "histogram", "params": { "bounds": bounds } }, "columns": ["a"]
        });
        let of = |count: usize| {
            let named = (0..count).map(|at| (format!("h{at}"), histogram.clone()));
            let named: serde_json::Map<_, _> = named.collect();
            query(serde_json::json!({ "compute": { "named": named } }))
        };
        assert!(of(2).is_ok());
        let error = of(16).unwrap_err().to_string();
        assert!(error.contains("at most 40000 bytes of JSON together, not 2"), "{error}");
    }
}
