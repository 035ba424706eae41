//! Who may call what.

use pgfold_tests::{Deployed, Template};
use serde_json::Value;

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

#[test]
fn the_api_calls_the_versions_that_a_gradual_rollout_leads_to() {
    let template = Template::read();
    let canary = [("Rollout", "Canary10Percent5Minutes"), ("Release", "2611230840")];
    for (parameters, suffix) in [(&[][..], ".Arn"), (&canary[..], ".Alias")] {
        let deployed = template.deployed(parameters);
        let permissions = all(&deployed, "AWS::Lambda::Permission");
        let permitted: Vec<&Value> = permissions.map(|one| &one["FunctionName"]).collect();
        for integration in all(&deployed, "AWS::ApiGatewayV2::Integration") {
            let function = &integration["IntegrationUri"];
            assert!(function.as_str().unwrap().ends_with(suffix), "{integration}");
            assert!(permitted.contains(&function), "{function} is not to be called");
        }
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
