//! What template.yaml says. It is read by line, for its tags are not YAML's own.

use crate::repository;

/// The deployment's template.
pub(crate) struct Template(String);

impl Template {
    pub(crate) fn read() -> Self {
        Self(repository("template.yaml"))
    }

    /// The default of a parameter, which is a number.
    pub(crate) fn default(&self, parameter: &str) -> f64 {
        let heading = format!("  {parameter}:");
        let lines = self.0.lines().skip_while(|line| *line != heading).skip(1);
        let mut own = lines.take_while(|line| line.starts_with("    "));
        let default = own.find_map(|line| line.trim().strip_prefix("Default: "));
        number(default.unwrap_or_else(|| panic!("{parameter} has no default in template.yaml")))
    }

    /// A property that there is once: its number, and what it is changed by, which is a parameter
    /// if the number is the default of one.
    pub(crate) fn property<'a>(&'a self, name: &'a str) -> (f64, &'a str) {
        let key = format!("{name}: ");
        let mut values = self.0.lines().filter_map(|line| line.trim().strip_prefix(&key));
        let value = values.next().unwrap_or_else(|| panic!("template.yaml has no {name}"));
        match value.strip_prefix("!Ref ") {
            Some(parameter) => (self.default(parameter), parameter),
            None => (number(value), name),
        }
    }

    /// How many resources or events there are of a type.
    pub(crate) fn count(&self, of_type: &str) -> usize {
        let line = format!("Type: {of_type}");
        self.0.lines().filter(|other| other.trim() == line).count()
    }
}

fn number(text: &str) -> f64 {
    text.trim_matches(['"', '\'']).parse().unwrap_or_else(|_| panic!("{text} is no number"))
}
