//! `template.yaml` as data.

use std::{collections::BTreeMap, fs};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// `template.yaml`, its functions in the long form: `{"Ref": "Api"}` for `!Ref Api`.
#[derive(Debug)]
pub struct Template(Map<String, Value>);

impl Template {
    /// That of the checkout.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn read() -> Self {
        let text = checkout("template.yaml");
        let yaml: Yaml = serde_yaml_ng::from_str(&text).expect("YAML");
        match in_long_form(yaml) {
            Value::Object(sections) => Self(sections),
            other => panic!("{other} is no template"),
        }
    }

    /// A section, by its name.
    ///
    /// # Panics
    /// If it has no section of that name.
    pub fn section(&self, name: &str) -> &Map<String, Value> {
        self.0[name].as_object().expect("a section")
    }

    /// The resources of a type, by their names.
    pub fn resources<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let resources = self.section("Resources").iter();
        let of_kind = resources.filter(move |(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), resource))
    }

    /// The sentences with which the rules refuse these parameters, the others at their defaults.
    ///
    /// # Panics
    /// If there is no such parameter.
    pub fn refusals(&self, parameters: &[(&str, &str)]) -> Vec<&str> {
        let context = self.context(parameters);
        let applies = |rule: &&Value| match rule.get("RuleCondition") {
            Some(condition) => context.holds(condition),
            None => true,
        };
        let rules = self.section("Rules").values().filter(applies);
        let assertions = rules.flat_map(|rule| rule["Assertions"].as_array().expect("assertions"));
        let failed = assertions.filter(|assertion| !context.holds(&assertion["Assert"]));
        failed.map(|one| one["AssertDescription"].as_str().expect("a sentence")).collect()
    }

    /// What is deployed with these parameters, the others at their defaults.
    ///
    /// # Panics
    /// If there is no such parameter.
    pub fn deployed(&self, parameters: &[(&str, &str)]) -> Deployed {
        let context = self.context(parameters);
        let exists = |resource: &Value| match resource.get("Condition") {
            Some(condition) => context.holds(&json!({ "Condition": condition })),
            None => true,
        };
        let resources = self.section("Resources").iter();
        let resolve = |(name, resource): (&String, &Value)| {
            let mut resource = exists(resource).then(|| resource.clone())?;
            if resource["Type"] == "AWS::Serverless::Function" {
                add_missing(&mut resource["Properties"], &self.section("Globals")["Function"]);
            }
            Some((name.clone(), context.resolved(&resource)?))
        };
        Deployed { resources: resources.filter_map(resolve).collect() }
    }

    fn context(&self, parameters: &[(&str, &str)]) -> Context<'_> {
        let declared = self.section("Parameters");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let default = |(name, parameter): (&String, &Value)| {
            Some((name.clone(), text(parameter.get("Default")?)))
        };
        let mut values: BTreeMap<String, String> = declared.iter().filter_map(default).collect();
        for &(name, value) in parameters {
            assert!(declared.contains_key(name), "no parameter {name}");
            values.insert(name.to_owned(), value.to_owned());
        }
        Context { template: self, values }
    }
}

/// The resources that are deployed with certain parameters, in which conditions are decided and
/// parameters inserted. What is known after a deployment alone is named: `JobsTable` for `!Ref
/// JobsTable`, `JobsTable.Arn` for its attribute, `${AWS::Region}` in a text.
#[derive(Debug)]
pub struct Deployed {
    /// By their names.
    pub resources: BTreeMap<String, Value>,
}

impl Deployed {
    /// The properties of a resource.
    ///
    /// # Panics
    /// If it is not deployed.
    pub fn properties(&self, name: &str) -> &Value {
        match self.resources.get(name) {
            Some(resource) => &resource["Properties"],
            None => panic!("{name} is not deployed"),
        }
    }
}

struct Context<'a> {
    template: &'a Template,
    values: BTreeMap<String, String>,
}

impl Context<'_> {
    /// What a value evaluates to; `None` for `AWS::NoValue`.
    fn resolved(&self, value: &Value) -> Option<Value> {
        let all = |values: &[Value]| values.iter().filter_map(|one| self.resolved(one)).collect();
        match value {
            Value::Array(values) => Some(Value::Array(all(values))),
            Value::Object(fields) => match function(fields) {
                Some((name, argument)) => self.called(name, argument),
                None => {
                    let field = |(name, field)| Some((String::clone(name), self.resolved(field)?));
                    Some(Value::Object(fields.iter().filter_map(field).collect()))
                }
            },
            plain => Some(plain.clone()),
        }
    }

    fn called(&self, name: &str, argument: &Value) -> Option<Value> {
        match (name, argument) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => None,
            ("Ref", Value::String(name)) => Some(self.parameter(name)),
            ("Fn::GetAtt", Value::String(_)) => Some(argument.clone()),
            ("Fn::Sub", Value::String(_)) => Some(argument.clone()),
            ("Fn::Sub", Value::Array(parts)) => Some(parts[0].clone()),
            ("Fn::If", Value::Array(parts)) => {
                let chosen = if self.holds(&json!({ "Condition": parts[0] })) { 1 } else { 2 };
                self.resolved(&parts[chosen])
            }
            ("Fn::FindInMap", Value::Array(path)) => {
                let mut found = &self.template.0["Mappings"];
                for name in path {
                    found = &found[self.resolved(name)?.as_str()?];
                }
                Some(found.clone())
            }
            ("Fn::Split", Value::Array(parts)) => {
                let text = self.resolved(&parts[1])?;
                let parts = text.as_str()?.split(parts[0].as_str()?);
                Some(json!(parts.collect::<Vec<_>>()))
            }
            ("Fn::Join", Value::Array(parts)) => {
                let list = self.resolved(&parts[1])?;
                let texts: Vec<&str> = list.as_array()?.iter().filter_map(Value::as_str).collect();
                Some(json!(texts.join(parts[0].as_str()?)))
            }
            _ => panic!("{name} of {argument} is not understood here"),
        }
    }

    /// A parameter's value, or the name of whatever else is referred to.
    fn parameter(&self, name: &str) -> Value {
        let Some(value) = self.values.get(name) else { return json!(name) };
        if self.template.section("Parameters")[name]["Type"] == "CommaDelimitedList" {
            let parts = value.split(',').filter(|part| !part.is_empty());
            return json!(parts.collect::<Vec<_>>());
        }
        json!(value)
    }

    /// Whether a condition holds.
    fn holds(&self, condition: &Value) -> bool {
        let (name, argument) = condition.as_object().and_then(function).expect("a condition");
        let arguments = || argument.as_array().expect("arguments").iter();
        match name {
            "Condition" => {
                self.holds(&self.template.section("Conditions")[argument.as_str().expect("a name")])
            }
            "Fn::Not" => !arguments().any(|one| self.holds(one)),
            "Fn::And" => arguments().all(|one| self.holds(one)),
            "Fn::Or" => arguments().any(|one| self.holds(one)),
            "Fn::Equals" => {
                let text = |one: &Value| match self.resolved(one) {
                    Some(Value::String(text)) => text,
                    other => other.unwrap_or_default().to_string(),
                };
                let sides: Vec<String> = arguments().map(text).collect();
                sides[0] == sides[1]
            }
            other => panic!("the condition {other} is not understood here"),
        }
    }
}

/// Adds the fields of `defaults` that `value` has not.
fn add_missing(value: &mut Value, defaults: &Value) {
    if let (Value::Object(fields), Value::Object(defaults)) = (value, defaults) {
        for (name, default) in defaults {
            add_missing(fields.entry(name.clone()).or_insert_with(|| default.clone()), default);
        }
    }
}

/// The function that an object calls, if it does.
fn function(fields: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let is_function = name.starts_with("Fn::") || ["Ref", "Condition"].contains(&name.as_str());
    // A resource or a statement may have a single field `Condition` too, which is no name there.
    (is_function && !(name == "Condition" && argument.is_object()))
        .then_some((name.as_str(), argument))
}

fn in_long_form(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => json!(value),
        Yaml::Number(number) => serde_json::to_value(number).expect("a number"),
        Yaml::String(text) => json!(text),
        Yaml::Sequence(values) => Value::Array(values.into_iter().map(in_long_form).collect()),
        Yaml::Mapping(fields) => {
            let field = |(name, value)| match in_long_form(name) {
                Value::String(name) => (name, in_long_form(value)),
                other => (other.to_string(), in_long_form(value)),
            };
            Value::Object(fields.into_iter().map(field).collect())
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                plain @ ("Ref" | "Condition") => plain.to_owned(),
                function => format!("Fn::{function}"),
            };
            json!({ name: in_long_form(tagged.value) })
        }
    }
}

/// The text of a file of the checkout.
///
/// # Panics
/// If it cannot be read.
pub fn checkout(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
