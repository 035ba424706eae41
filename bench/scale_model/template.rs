//! What template.yaml deploys where nothing is chosen, as numbers.

use pgfold_tests::{Deployed, Template as Declared};
use serde_json::Value;

/// The deployment's template.
pub(crate) struct Template {
    declared: Declared,
    deployed: Deployed,
}

impl Template {
    pub(crate) fn read() -> Self {
        let declared = Declared::read();
        let deployed = declared.deployed(&[]);
        Self { declared, deployed }
    }

    /// The default of a parameter.
    pub(crate) fn default(&self, parameter: &str) -> f64 {
        let default = self.declared.section("Parameters")[parameter]["Default"].as_f64();
        default.unwrap_or_else(|| panic!("{parameter} has no number for its default"))
    }

    /// How many queues functions are invoked from.
    pub(crate) fn event_sources(&self) -> usize {
        let functions = self.of_type("AWS::Serverless::Function");
        let events = functions.filter_map(|function| function["Events"].as_object());
        events.flat_map(|events| events.values()).filter(|event| event["Type"] == "SQS").count()
    }

    pub(crate) fn dashboards(&self) -> usize {
        self.of_type("AWS::CloudWatch::Dashboard").count()
    }

    /// How many metrics the alarms look at; each is billed.
    pub(crate) fn alarmed_metrics(&self) -> usize {
        let of_alarm = |alarm: &Value| match alarm["Metrics"].as_array() {
            Some(metrics) => metrics.iter().filter(|one| one["MetricStat"].is_object()).count(),
            None => 1,
        };
        self.of_type("AWS::CloudWatch::Alarm").map(of_alarm).sum()
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let resources = self.deployed.resources.values();
        let of_kind = resources.filter(move |resource| resource["Type"] == kind);
        of_kind.map(|resource| &resource["Properties"])
    }
}
