//! The AWS region in the API's host name, and the host names of a region.

use reqwest::Url;

/// The suffixes of AWS's host names in its commercial, Chinese and European partitions.
const AWS: [&str; 3] = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu"];

/// Returns the region of an API without a custom domain: `ID.execute-api.REGION.amazonaws.com`.
pub(crate) fn region(url: &Url) -> Option<&str> {
    let (_id, rest) = url.host_str()?.split_once(".execute-api.")?;
    let (region, end) = rest.split_once('.')?;
    AWS.contains(&end).then_some(region)
}

/// Returns the host name of a service in a region.
pub(crate) fn of_service(service: &str, region: &str) -> String {
    let [commercial, china, europe] = AWS;
    let suffix = match region.split('-').next() {
        Some("cn") => china,
        Some("eusc") => europe,
        _ => commercial,
    };
    format!("{service}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<String> {
        region(&url.parse().unwrap()).map(str::to_owned)
    }

    #[test]
    fn only_host_names_of_aws_have_a_region() {
        let expected = [
            ("https://a1.execute-api.us-east-1.amazonaws.com/prod", Some("us-east-1")),
            ("https://A1.Execute-API.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("https://a1.execute-api.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("https://a1.execute-api.eusc-de-east-1.amazonaws.eu", Some("eusc-de-east-1")),
            ("https://a1.execute-api.us-east-1.amazonaws.com.example.org", None),
            ("https://a1.execute-api.us-east-1.example.org", None),
            ("https://execute-api.us-east-1.amazonaws.com", None),
            ("https://pgfold.example.com", None),
            ("http://127.0.0.1:4566/_aws/execute-api/a1", None),
        ];
        for (url, region) in expected {
            assert_eq!(of(url).as_deref(), region, "{url}");
        }
    }

    #[test]
    fn a_service_has_the_suffix_of_its_partition() {
        for (region, host) in [
            ("eu-central-1", "scheduler.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", "scheduler.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "scheduler.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "scheduler.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(of_service("scheduler", region), host);
        }
    }
}
