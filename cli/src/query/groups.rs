//! What makes groups of rows.

use pgfold_api::{GroupBy, NamedGroup, TimeUnit};

use super::piece::{piece, spelled};

/// The characters between the parts.
const BETWEEN: [char; 4] = ['=', ':', '@', ','];

/// What makes the groups, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Groups(pub(crate) Vec<GroupBy>);

impl Groups {
    /// Reads an option of the command line.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        parse(text).map(Self).map_err(|problem| {
            format!(
                "{problem}; it must be [NAME=][UNIT:]COLUMN[@ZONE], such as city or \
                 day=day:started_at@Europe/Rome; units are {}",
                TimeUnit::ALL.map(TimeUnit::name).join(", ")
            )
        })
    }
}

fn parse(text: &str) -> Result<Vec<GroupBy>, String> {
    let (first, mut rest) = one(text)?;
    let mut groups = vec![first];
    while let Some(more) = rest.strip_prefix(',') {
        let (next, after) = one(more)?;
        groups.push(next);
        rest = after;
    }
    Ok(groups)
}

fn one(text: &str) -> Result<(GroupBy, &str), String> {
    let (mut column, mut rest) = piece(text, &BETWEEN)?;
    let mut group = NamedGroup { column: String::new(), unit: None, time_zone: None, name: None };
    if let Some(more) = rest.strip_prefix('=') {
        group.name = Some(column);
        (column, rest) = piece(more, &BETWEEN)?;
    }
    if let Some(more) = rest.strip_prefix(':') {
        let known = TimeUnit::ALL.into_iter().find(|unit| unit.name() == column);
        group.unit = Some(known.ok_or_else(|| format!("there is no unit {column:?}"))?);
        (column, rest) = piece(more, &BETWEEN)?;
    }
    if let Some(more) = rest.strip_prefix('@') {
        if group.unit.is_none() {
            return Err(format!("the time zone of {column:?} is for a unit"));
        }
        let (time_zone, after) = piece(more, &BETWEEN)?;
        (group.time_zone, rest) = (Some(time_zone), after);
    }
    if !rest.is_empty() && !rest.starts_with(',') {
        return Err(format!("{rest:?} may not be here"));
    }
    group.column = column;
    Ok(match group {
        NamedGroup { column, unit: None, name: None, .. } => (GroupBy::Column(column), rest),
        group => (GroupBy::Named(group), rest),
    })
}

/// Returns the name of a group's value in the answer.
pub(crate) fn name(by: &GroupBy) -> &str {
    match by {
        GroupBy::Column(column) => column,
        GroupBy::Named(NamedGroup { column, name, .. }) => name.as_ref().unwrap_or(column),
    }
}

/// Returns what makes groups in the words of the command line.
pub(crate) fn shown(by: &GroupBy) -> String {
    let spelled = |text: &str| spelled(text, &BETWEEN);
    match by {
        GroupBy::Column(column) => spelled(column),
        GroupBy::Named(NamedGroup { column, unit, time_zone, name }) => {
            let name = name.iter().map(|name| format!("{}=", spelled(name)));
            let unit = unit.iter().map(|unit| format!("{}:", unit.name()));
            let time_zone = time_zone.iter().map(|zone| format!("@{}", spelled(zone)));
            name.chain(unit).chain([spelled(column)]).chain(time_zone).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_and_units_are_read_in_their_order() {
        let text = "city, day=day:started_at@Europe/Rome,month:ended_at,\"to:\"=\"a,b\"";
        let expected = json!([
            "city",
            { "column": "started_at", "unit": "day", "time_zone": "Europe/Rome", "as": "day" },
            { "column": "ended_at", "unit": "month" },
            { "column": "a,b", "as": "to:" },
        ]);
        let Groups(groups) = Groups::parse(text).unwrap();
        assert_eq!(json!(groups), expected);
        let names: Vec<&str> = groups.iter().map(name).collect();
        assert_eq!(names, ["city", "day", "ended_at", "to:"]);
        let shown: Vec<String> = groups.iter().map(shown).collect();
        assert_eq!(Groups::parse(&shown.join(",")), Ok(Groups(groups)), "{shown:?}");
    }

    #[test]
    fn an_error_says_what_is_wrong_and_lists_the_units() {
        for (text, problem) in [
            ("", "a name or value is missing"),
            ("city,", "a name or value is missing"),
            ("dya:started_at", "there is no unit \"dya\""),
            ("city@Europe/Rome", "the time zone of \"city\" is for a unit"),
            ("a=b=c", "\"=c\" may not be here"),
            ("day:started_at@Europe/Rome@x", "\"@x\" may not be here"),
        ] {
            let told = Groups::parse(text).unwrap_err();
            assert!(told.starts_with(problem), "{text}: {told}");
            assert!(told.ends_with("minute, hour, day, week, month, quarter, year"), "{told}");
        }
    }
}
