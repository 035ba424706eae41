//! Parameters that do not go together.

use pgfold_tests::Template;

#[test]
fn what_does_not_go_together_is_refused_with_a_sentence() {
    let template = Template::read();
    let release = ("Release", "6333084012");
    let refusals =
        |parameters: &[(&str, &str)]| template.refusals(&[&[release], parameters].concat());
    assert_eq!(refusals(&[]), [""; 0]);
    assert_eq!(template.refusals(&[("Stage", "local")]), [""; 0]);
    for (parameters, sentences) in [
        (vec![("DatabaseAuth", "iam")], vec!["DatabaseAuth=iam needs DatabaseUserArn"]),
        (vec![("DatabaseAuth", "secret")], vec!["DatabaseAuth=secret needs DatabaseSecretArn"]),
        (vec![("ApiAuth", "jwt")], vec!["needs JwtIssuer", "needs JwtAudience"]),
        (vec![("ApiAuth", "jwt"), ("JwtIssuer", "https://issuer")], vec!["needs JwtAudience"]),
        (vec![("ApiAuth", "none"), ("Stage", "prod")], vec!["not for Stage=prod"]),
        (vec![("Store", "valkey")], vec!["Store=valkey needs ValkeyUrl"]),
        (vec![("ValkeyAuth", "iam")], vec!["needs ValkeyCacheName", "needs ValkeyCacheArn"]),
        (vec![("SubnetIds", "subnet-1")], vec!["SubnetIds and SecurityGroupIds go together"]),
        (vec![("SecurityGroupIds", "sg-1")], vec!["SubnetIds and SecurityGroupIds go together"]),
        (vec![("Release", "")], vec!["needs a Release"]),
    ] {
        let refused = refusals(&parameters);
        assert_eq!(refused.len(), sentences.len(), "{parameters:?}: {refused:?}");
        for (refusal, sentence) in refused.iter().zip(sentences) {
            assert!(refusal.contains(sentence), "{parameters:?}: {refusal}");
        }
    }
    for parameters in [
        vec![("DatabaseAuth", "iam"), ("DatabaseUserArn", "arn")],
        vec![("ApiAuth", "jwt"), ("JwtIssuer", "https://issuer"), ("JwtAudience", "pgfold")],
        vec![("SubnetIds", "subnet-1,subnet-2"), ("SecurityGroupIds", "sg-1")],
        vec![("ApiAuth", "none")],
    ] {
        assert_eq!(refusals(&parameters), [""; 0], "{parameters:?}");
    }
}

#[test]
fn every_parameter_has_a_group() {
    let template = Template::read();
    let groups = &template.section("Metadata")["AWS::CloudFormation::Interface"]["ParameterGroups"];
    let groups = groups.as_array().unwrap().iter();
    let grouped = groups.flat_map(|group| group["Parameters"].as_array().unwrap());
    let mut grouped: Vec<&str> = grouped.map(|name| name.as_str().unwrap()).collect();
    let mut parameters: Vec<&String> = template.section("Parameters").keys().collect();
    grouped.sort_unstable();
    parameters.sort_unstable();
    assert_eq!(grouped, parameters);
}
