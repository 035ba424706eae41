use serde::{Deserialize, Serialize};

use crate::{
    bounded::shown,
    error::{Error, Result},
};

/// A column, or a unit of time of it, whose values make the groups of rows. NULL is a value of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBy {
    /// The column.
    pub column: String,
    /// The unit to which its times are cut; without one, each value is a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<TimeUnit>,
    /// The time zone in which units begin, by its name in the database; UTC without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The name of the value in the answer.
    pub name: String,
}

impl GroupBy {
    /// The name under which an answer has the number of a group's rows.
    pub const ROWS: &str = "rows";

    /// The most columns of a query's groups.
    pub const MOST: usize = 4;

    /// Checks what needs no database.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time zone without a unit.
    pub fn check(&self) -> Result<()> {
        match (&self.time_zone, self.unit) {
            (Some(time_zone), None) => Err(Error::Invalid(format!(
                "group_by: {:?} has the time zone {:?} and no unit; a time zone is for units",
                shown(&self.name),
                shown(time_zone)
            ))),
            _ => Ok(()),
        }
    }
}

/// A unit of time, as SQL's `date_trunc` cuts times to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    Month,
    /// Quarters of a year.
    Quarter,
    /// Years.
    Year,
}

impl TimeUnit {
    /// Each of them.
    pub const ALL: [Self; 7] =
        [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Returns whether each unit begins at midnight, so that a day says which it is.
    pub const fn is_of_days(self) -> bool {
        match self {
            Self::Minute | Self::Hour => false,
            Self::Day | Self::Week | Self::Month | Self::Quarter | Self::Year => true,
        }
    }

    /// The name in a request, and in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}
