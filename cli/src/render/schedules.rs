//! Schedules.

use pgfold_api::DryRun;

use crate::{
    render::{
        lines::Lines,
        table::{Column, Table},
    },
    schedules::{NewSchedule, Schedule},
    text::{clean, cut, grouped},
};

/// A schedule that was created, and what each of its jobs takes.
pub(crate) fn created(new: &NewSchedule<'_>, group: &str, plan: &DryRun) -> String {
    let mut lines = Lines::default();
    lines.add("created", format!("{} in the group {}", clean(new.name), clean(group)));
    lines.add("when", format!("{}, {}", new.expression.as_str(), clean(new.time_zone)));
    if new.is_disabled {
        lines.add("state", "disabled");
    }
    lines.add("job", clean(new.job.get()));
    lines.add("rows", format!("about {}", grouped(plan.estimated_rows)));
    lines.add("cost", format!("about ${:.6} a job", plan.estimated_cost_usd));
    lines.0
}

/// A table of schedules in lines of at most `width` if there is one.
pub(crate) fn schedules(schedules: &[Schedule], width: Option<usize>) -> String {
    let rows = schedules.iter().map(|schedule| {
        let job = if schedule.job.is_null() { String::new() } else { schedule.job.to_string() };
        let Schedule { name, expression, time_zone, state, .. } = schedule;
        [name, expression, time_zone, state, &job].map(|cell| clean(cell)).into()
    });
    let headings = ["NAME", "WHEN", "TIME ZONE", "STATE", "JOB"].map(Column::text);
    let table = Table::new(headings.into(), rows.collect()).whole();
    table.lines().map(|line| format!("{}\n", cut(line, width))).collect()
}
