//! What `template.yaml` says and no linter checks: that wrong parameters are refused, that every
//! route asks for authorisation, that alarms and dashboard look at what there is.

mod alarms;
mod bucket;
mod dashboard;
mod functions;
mod metric;
mod queues;
mod routes;
mod rules;
mod schedules;
mod table;
