//! Who may call what.

use pgfold_tests::{Deployed, Template};
use serde_json::Value;

const RELEASE: &str = "6333084012";

fn all<'a>(deployed: &'a Deployed, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let of_kind = deployed.resources.values().filter(move |resource| resource["Type"] == kind);
    of_kind.map(|resource| &resource["Properties"])
}

#[test]
fn every_route_asks_for_the_authorisation_that_is_chosen() {
    let template = Template::read();
    let jwt = [("ApiAuth", "jwt"), ("JwtIssuer", "https://issuer"), ("JwtAudience", "pgfold")];
    for (parameters, kind, authorizer) in [
        (&[][..], "AWS_IAM", None),
        (&jwt[..], "JWT", Some("JwtAuthorizer")),
        (&[("ApiAuth", "none")][..], "NONE", None),
    ] {
        let deployed = template.deployed(parameters);
        let routes: Vec<&Value> = all(&deployed, "AWS::ApiGatewayV2::Route").collect();
        assert!(routes.len() > 10, "{routes:?}");
        for route in routes {
            assert_eq!(route["AuthorizationType"], kind, "{route}");
            assert_eq!(route.get("AuthorizerId").and_then(Value::as_str), authorizer, "{route}");
        }
        let authorizers = all(&deployed, "AWS::ApiGatewayV2::Authorizer").count();
        assert_eq!(authorizers, usize::from(authorizer.is_some()));
    }
}

/// With the bare function for one of them, the first gradual rollout after it would not be gradual:
/// until its last step the API would call the function, which has the new code already.
#[test]
fn the_api_calls_published_versions_whatever_the_rollout() {
    let template = Template::read();
    let rollouts = template.section("Parameters")["Rollout"]["AllowedValues"].as_array().unwrap();
    assert!(rollouts.len() > 1, "{rollouts:?}");
    for rollout in rollouts.iter().map(|one| one.as_str().unwrap()) {
        let deployed = template.deployed(&[("Rollout", rollout), ("Release", RELEASE)]);
        let permissions = all(&deployed, "AWS::Lambda::Permission");
        let permitted: Vec<&Value> = permissions.map(|one| &one["FunctionName"]).collect();
        for integration in all(&deployed, "AWS::ApiGatewayV2::Integration") {
            let called = integration["IntegrationUri"].as_str().unwrap();
            let function =
                called.strip_prefix("${").and_then(|rest| rest.strip_suffix(".Arn}:live"));
            let function = function.unwrap_or_else(|| panic!("{rollout}: {integration}"));
            assert_eq!(deployed.properties(function)["AutoPublishAlias"], "live", "{function}");
            let alias = Value::from(format!("{function}.Alias"));
            assert!(permitted.contains(&&alias), "{rollout}: {called} is not to be called");
        }
    }
}

/// Because its URI names the alias without referring to it.
#[test]
fn an_integration_is_made_after_the_alias_that_it_calls() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    for (name, integration) in template.resources("AWS::ApiGatewayV2::Integration") {
        let permission = integration["DependsOn"].as_str().unwrap();
        let permitted = deployed.properties(permission)["FunctionName"].as_str().unwrap();
        let function = permitted.strip_suffix(".Alias").unwrap();
        let called = &deployed.properties(name)["IntegrationUri"];
        assert_eq!(*called, format!("${{{function}.Arn}}:live"), "{name}");
    }
}

/// `make watch` reloads functions, and their versions stay as they are.
#[test]
fn the_local_api_calls_the_functions_themselves() {
    let template = Template::read();
    let deployed = template.deployed(&[("Stage", "local")]);
    let permissions = all(&deployed, "AWS::Lambda::Permission");
    let permitted: Vec<&Value> = permissions.map(|one| &one["FunctionName"]).collect();
    for integration in all(&deployed, "AWS::ApiGatewayV2::Integration") {
        let function = &integration["IntegrationUri"];
        assert!(function.as_str().unwrap().ends_with("Function.Arn"), "{integration}");
        assert!(permitted.contains(&function), "{function} is not to be called");
    }
}

#[test]
fn the_api_takes_no_more_requests_than_the_parameters_allow() {
    let template = Template::read();
    for (parameters, rate, burst) in
        [(&[][..], "50", "100"), (&[("ApiRate", "7"), ("ApiBurst", "9")][..], "7", "9")]
    {
        let deployed = template.deployed(parameters);
        let every_route = &deployed.properties("ApiStage")["DefaultRouteSettings"];
        assert_eq!(every_route["ThrottlingRateLimit"], rate);
        assert_eq!(every_route["ThrottlingBurstLimit"], burst);
    }
}

#[test]
fn a_health_check_waits_for_no_submission() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    for route in ["HealthRoute", "HealthHeadRoute", "DashboardRoute", "DashboardHeadRoute"] {
        let target = deployed.properties(route)["Target"].as_str().unwrap();
        let integration = target.trim_start_matches("integrations/").trim_matches(['$', '{', '}']);
        let function = &deployed.properties(integration)["IntegrationUri"];
        let function = function.as_str().unwrap();
        let function = function.trim_start_matches("${").trim_end_matches(".Arn}:live");
        let reserved = deployed.properties(function).get("ReservedConcurrentExecutions");
        assert_eq!(reserved, None, "{route} leads to {function}");
    }
    let submit = deployed.properties("SubmitFunction");
    assert_ne!(submit.get("ReservedConcurrentExecutions"), None);
}

#[test]
fn every_request_is_logged_with_what_the_runbook_asks_for() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    let log = &deployed.properties("ApiStage")["AccessLogSettings"];
    assert_eq!(log["DestinationArn"], "ApiLogGroup.Arn");
    let line: Value = serde_json::from_str(log["Format"].as_str().unwrap()).unwrap();
    for (field, value) in [
        ("requestId", "$context.requestId"),
        ("deployment", "${AWS::StackName}"),
        ("route", "$context.routeKey"),
        ("status", "$context.status"),
        ("latency_ms", "$context.responseLatency"),
        ("integration_error", "$context.integrationErrorMessage"),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
}

#[test]
fn errors_of_the_api_are_counted_except_results_of_failed_jobs() {
    let template = Template::read();
    let deployed = template.deployed(&[]);
    let filter = deployed.properties("ApiErrorsFilter");
    assert_eq!(filter["LogGroupName"], "ApiLogGroup");
    let pattern = filter["FilterPattern"].as_str().unwrap();
    let exempt = r#"(($.status != "500") || ($.route != "GET /get_min_distance/*"))"#;
    assert_eq!(pattern, format!(r#"{{ ($.status = "5*") && {exempt} }}"#));
    let transformation = &filter["MetricTransformations"][0];
    let dimension = serde_json::json!([{"Key": "Deployment", "Value": "$.deployment"}]);
    assert_eq!(transformation["Dimensions"], dimension);
    let route = &deployed.properties("ResultRoute")["RouteKey"];
    assert!(route.as_str().unwrap().starts_with("GET /get_min_distance/"), "{route}");
}

#[test]
fn a_gradual_rollout_goes_back_if_any_function_fails() {
    let template = Template::read();
    let parameters =
        [("Rollout", "Canary10Percent5Minutes"), ("Release", RELEASE), ("Stage", "prod")];
    let deployed = template.deployed(&parameters);
    let shifted = |name: &str| {
        let preference = deployed.properties(name).get("DeploymentPreference")?;
        assert_eq!(
            preference["Alarms"],
            serde_json::json!([
                "ApiErrorsAlarm",
                "ApiFunctionErrorsAlarm",
                "QueueFunctionErrorsAlarm"
            ])
        );
        Some(name.to_owned())
    };
    let functions = template.resources("AWS::Serverless::Function").map(|(name, _)| name);
    let mut shifted: Vec<String> = functions.filter_map(shifted).collect();
    shifted.sort_unstable();
    let metrics = deployed.properties("ApiFunctionErrorsAlarm")["Metrics"].as_array().unwrap();
    let functions = metrics.iter().filter_map(|one| one.pointer("/MetricStat/Metric/Dimensions/0"));
    let mut watched: Vec<&str> = functions.map(|one| one["Value"].as_str().unwrap()).collect();
    watched.sort_unstable();
    assert_eq!(watched, shifted);
    let others = deployed.properties("QueueFunctionErrorsAlarm")["Metrics"].to_string();
    for (name, _) in template.resources("AWS::Serverless::Function") {
        assert!(watched.contains(&name) || others.contains(&format!("\"{name}\"")), "{name}");
    }
}

#[test]
fn pages_of_other_origins_may_call_the_api_only_where_they_are_named() {
    let template = Template::read();
    let api = |parameters: &[(&str, &str)]| template.deployed(parameters).properties("Api").clone();
    assert_eq!(api(&[]).get("CorsConfiguration"), None);
    let origins = api(&[("CorsOrigins", "https://a.example,https://b.example")]);
    let origins = &origins["CorsConfiguration"]["AllowOrigins"];
    assert_eq!(*origins, serde_json::json!(["https://a.example", "https://b.example"]));
}
