//! The description itself: whether it holds together, and what is checked against it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use lambda_http::{Body, Response, http};
use pgfold_api::{KernelList, Route, openapi};
use pgfold_tests::{Template, checkout};
use serde_json::{Value, json};

use crate::functions::{deployment::MemoryDeployment, tables::hundred_rows};

/// An OpenAPI document.
pub(crate) struct Description {
    document: Value,
    /// By their schemas, for each takes milliseconds to make.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// That of the API.
pub(crate) fn description() -> &'static Description {
    static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| Description {
        document: serde_json::from_str(pgfold_jobs::OPENAPI).unwrap(),
        validators: Mutex::default(),
    });
    &DESCRIPTION
}

impl Description {
    /// What stands at a place, such as `/paths`, or where that refers to.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        let found =
            self.document.pointer(pointer).unwrap_or_else(|| panic!("there is no {pointer}"));
        self.followed(found)
    }

    fn followed<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.at(reference.strip_prefix('#').unwrap()),
            None => value,
        }
    }

    pub(super) fn validator(&self, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        let made = validators.entry(schema.to_string()).or_insert_with(|| {
            let whole = json!({ "allOf": [schema], "components": self.document["components"] });
            Arc::new(jsonschema::options().should_validate_formats(true).build(&whole).unwrap())
        });
        Arc::clone(made)
    }

    /// Each operation by method and path, in the template's spelling.
    pub(super) fn operations(&self) -> impl Iterator<Item = (String, &str, &Value)> {
        const METHODS: [&str; 5] = ["get", "head", "post", "put", "delete"];
        self.at("/paths").as_object().unwrap().iter().flat_map(|(path, item)| {
            let of_item = |method: &&str| item.get(method).is_some();
            METHODS
                .into_iter()
                .filter(of_item)
                .map(move |method| (method.to_uppercase(), path.as_str(), &item[method]))
        })
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let found = self.operations().find(|found| (&*found.0, found.1) == (method, path));
        found.unwrap_or_else(|| panic!("{method} {path} is not described")).2
    }

    /// The parameters of an operation.
    pub(super) fn parameters(&self, method: &str, path: &str) -> Vec<&Value> {
        let of_path = self.at("/paths")[path].get("parameters");
        let of_operation = self.operation(method, path).get("parameters");
        let lists = [of_path, of_operation].into_iter().flatten();
        lists.flat_map(|list| list.as_array().unwrap()).map(|one| self.followed(one)).collect()
    }

    /// The statuses that an operation is said to answer.
    pub(super) fn statuses(&self, method: &str, path: &str) -> BTreeSet<u16> {
        let responses = self.operation(method, path)["responses"].as_object().unwrap();
        responses.keys().map(|status| status.parse().unwrap()).collect()
    }

    /// Panics unless this is an answer that the operation is said to give.
    pub(crate) fn check(&self, method: &str, path: &str, response: &Response<String>) {
        let status = response.status();
        let what = format!("{method} {path}: {status}: {}", response.body());
        let described = self.operation(method, path)["responses"].get(status.as_str());
        let described = self.followed(described.unwrap_or_else(|| panic!("undescribed: {what}")));
        for (name, header) in described["headers"].as_object().unwrap() {
            let header = self.followed(header);
            let Some(value) = response.headers().get(name) else {
                assert_ne!(header.get("required"), Some(&json!(true)), "{name}: {what}");
                continue;
            };
            let value = value.to_str().unwrap();
            assert!(self.fits(&header["schema"], value), "{name}: {value}: {what}");
        }
        let Some(content) = described.get("content") else {
            return assert!(response.body().is_empty(), "{what}");
        };
        let (media_type, media) = content.as_object().unwrap().iter().next().unwrap();
        let given = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(given.split(';').next(), Some(media_type.as_str()), "{what}");
        let body = match media_type.as_str() {
            "application/json" => serde_json::from_str(response.body()).unwrap(),
            _ => json!(response.body()),
        };
        self.assert_valid(&media["schema"], &body, &what);
    }

    /// Whether a text, as it stands in a URL or a header, is what a schema allows.
    pub(super) fn fits(&self, schema: &Value, text: &str) -> bool {
        let validator = self.validator(schema);
        let number = serde_json::from_str(text).ok().filter(Value::is_number);
        validator.is_valid(&json!(text)) || number.is_some_and(|number| validator.is_valid(&number))
    }

    fn assert_valid(&self, schema: &Value, value: &Value, what: &str) {
        let validator = self.validator(schema);
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}\n{}", errors.join("\n"));
    }
}

/// Shows each object in a value, with where it stands.
fn visit<'a>(value: &'a Value, place: &str, see: &mut impl FnMut(&str, &'a Value)) {
    match value {
        Value::Object(fields) => {
            see(place, value);
            for (name, field) in fields {
                visit(field, &format!("{place}/{}", name.replace('/', "~1")), see);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &format!("{place}/{index}"), see);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn it_is_served_as_it_is() {
    let deployment = MemoryDeployment::new(hundred_rows());
    let request = http::Request::get("/prod/openapi.json").body(Body::Empty).unwrap();
    let served = deployment.ask_jobs(request).await;
    assert_eq!(served.body(), pgfold_jobs::OPENAPI);
    let version = description().at("/info/version");
    assert_eq!(version, env!("CARGO_PKG_VERSION"), "all crates have the version of the workspace");
}

#[test]
fn it_is_what_the_types_and_the_kernels_say() {
    let made = openapi::document(&KernelList::all());
    let is_fresh = serde_json::to_string_pretty(&made).unwrap() + "\n" == pgfold_jobs::OPENAPI;
    assert!(is_fresh, "functions/jobs/src/openapi.json is stale: make openapi");
}

#[test]
fn the_template_has_the_routes_with_their_functions() {
    let template = Template::read();
    let deployed: BTreeSet<(String, String)> = template
        .resources("AWS::ApiGatewayV2::Route")
        .map(|(_, route)| {
            let [key, target] = ["RouteKey", "Target"].map(|name| &route["Properties"][name]);
            (key.as_str().unwrap().to_owned(), format!("{target:?}"))
        })
        .collect();
    assert_eq!(deployed.len(), Route::ALL.len());
    for route in Route::ALL {
        let integration = format!("{}integration", route.function().name());
        let is_routes = |(key, target): &(String, String)| {
            *key == route.to_string() && target.to_lowercase().contains(&integration)
        };
        assert!(deployed.iter().any(is_routes), "{route} and {integration} in {deployed:?}");
    }
}

#[test]
fn cargo_lambda_watch_has_the_routes_with_their_functions() {
    let manifest = checkout("Cargo.toml");
    let (_, router) = manifest.split_once("[workspace.metadata.lambda.watch.router]\n").unwrap();
    let watched: BTreeMap<&str, &str> =
        router.lines().filter_map(|line| line.strip_prefix('"')?.split_once("\" = ")).collect();
    for route in Route::ALL {
        let (function, method) = (route.function().name(), route.method().name());
        let of_method = format!("{{ method = \"{method}\", function = \"{function}\" }}");
        let watched = watched.get(route.path()).unwrap_or_else(|| panic!("{route} is not there"));
        assert!(
            *watched == format!("\"{function}\"") || watched.contains(&of_method),
            "{route}: {watched}"
        );
    }
    let paths: BTreeSet<&str> = Route::ALL.iter().map(|route| route.path()).collect();
    assert_eq!(paths, watched.into_keys().collect());
}

#[test]
fn its_examples_are_what_it_allows() {
    let description = description();
    let mut checked = 0;
    visit(&description.document, "", &mut |place, value| {
        let Some(schema) = value.get("schema") else { return };
        let examples = value.get("examples").and_then(Value::as_object);
        let examples = examples.into_iter().flat_map(|named| named.values());
        let examples: Vec<&Value> =
            examples.map(|example| &example["value"]).chain(value.get("example")).collect();
        assert!(!examples.is_empty(), "{place} has no example");
        for example in examples {
            description.assert_valid(schema, example, place);
            checked += 1;
        }
    });
    assert!(checked > 60, "{checked} examples");
}

#[test]
fn what_it_refers_to_is_there_and_nothing_else() {
    let description = description();
    let mut used = BTreeSet::new();
    visit(&description.document, "", &mut |_, value| {
        if let Some(reference) = value.get("$ref") {
            let place = reference.as_str().unwrap().strip_prefix('#').unwrap();
            description.at(place);
            used.insert(place.to_owned());
        }
    });
    let components = description.at("/components").as_object().unwrap();
    let there = components.iter().flat_map(|(kind, named)| {
        let names = named.as_object().unwrap().keys();
        names.map(move |name| format!("/components/{kind}/{name}"))
    });
    assert_eq!(used, there.collect());
}
