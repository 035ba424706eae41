//! Events as AWS makes them for a function.

use serde_json::{Map, Value, json};

/// The event of messages with these bodies, each delivered for the `attempt`th time. Their ids
/// are `message-0`, `message-1` and so on.
pub fn sqs_event<'a>(bodies: impl IntoIterator<Item = &'a str>, attempt: u32) -> Value {
    let record = |(index, body)| {
        json!({
            "messageId": format!("message-{index}"),
            "receiptHandle": format!("receipt-{index}-{attempt}"),
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": attempt.to_string(),
                "SentTimestamp": "1795348800000",
                "ApproximateFirstReceiveTimestamp": "1795348800001"
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:chunks",
            "awsRegion": "us-east-1"
        })
    };
    let records: Vec<Value> = bodies.into_iter().enumerate().map(record).collect();
    json!({ "Records": records })
}

/// The event of a request to an HTTP API, in the payload format 2.0. `route` is as the template
/// has it, `GET /get_min_distance/{task_id}`; the names in its path are taken from
/// `parameters`, header names are in lower case.
pub fn http_event(
    route: &str,
    parameters: &[(&str, &str)],
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Value {
    let (method, template) = route.split_once(' ').expect("a method and a path");
    let path = parameters.iter().fold(template.to_owned(), |path, (name, value)| {
        path.replace(&format!("{{{name}}}"), value)
    });
    let object = |pairs: &[(&str, &str)]| -> Map<String, Value> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect()
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": object(headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "example"
            },
            "requestId": "request",
            "routeKey": route,
            "stage": "$default",
            "time": "22/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_795_348_800_000_u64
        },
        "isBase64Encoded": false
    });
    if !parameters.is_empty() {
        event["pathParameters"] = object(parameters).into();
    }
    if let Some(body) = body {
        event["body"] = body.into();
    }
    event
}
