//! The dashboard in CloudWatch, whose JSON is text to CloudFormation.

use std::collections::BTreeSet;

use pgfold_tests::Template;
use serde_json::Value;

use crate::template::metric;

#[test]
fn the_dashboard_shows_existing_metrics() {
    let template = Template::read();
    let (_, dashboard) = template.resources("AWS::CloudWatch::Dashboard").next().unwrap();
    let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    // What CloudFormation inserts are names, which need no escape.
    let body: Value = serde_json::from_str(body).unwrap();
    let mut shown = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let properties = &widget["properties"];
        assert_eq!(properties["region"], "${AWS::Region}", "{widget}");
        let metrics = properties["metrics"].as_array().unwrap();
        assert!(!metrics.is_empty(), "{widget}");
        for metric in metrics {
            let [namespace, name, dimension, named] =
                [0, 1, 2, 3].map(|place: usize| metric[place].as_str().unwrap());
            let named = named.strip_prefix("${").and_then(|named| named.strip_suffix('}'));
            let named = named.unwrap_or_else(|| panic!("{metric}"));
            metric::check(&template, namespace, name, dimension, named);
            shown.insert(name);
        }
    }
    for own in metric::own() {
        assert!(shown.contains(own), "{own} is not shown");
    }
}

#[test]
fn its_widgets_do_not_lie_on_each_other() {
    let template = Template::read();
    let (_, dashboard) = template.resources("AWS::CloudWatch::Dashboard").next().unwrap();
    let body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"].as_str().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let mut taken = BTreeSet::new();
    for widget in body["widgets"].as_array().unwrap() {
        let [x, y, width, height] =
            ["x", "y", "width", "height"].map(|field| widget[field].as_u64().unwrap());
        assert!(x + width <= 24, "{widget}");
        for place in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{widget}");
        }
    }
}
