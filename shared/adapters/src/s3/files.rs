use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::presigning::PresigningConfig;
use pgfold_core::{Error, Files, NewObject, ObjectName, Result, Upload};
use uuid::Uuid;

use super::{
    bucket::{S3Objects, SERVICE},
    upload::{S3Upload, Target},
};
use crate::aws::from_sdk;

/// The longest time that S3 lets a link be valid.
const LONGEST_LINK: Duration = Duration::from_hours(7 * 24);

/// The role must be allowed to list the bucket (`s3:ListBucket`). Otherwise S3 denies access to an
/// object that does not exist, and the error is [`Error::Misconfigured`].
#[async_trait]
impl Files for S3Objects {
    fn create(&self, object: NewObject) -> Box<dyn Upload> {
        Box::new(S3Upload::new(Target {
            client: self.client().clone(),
            bucket: self.bucket.clone(),
            name: object.with(&Uuid::now_v7().simple().to_string()),
            media_type: object.media_type(),
        }))
    }

    async fn has(&self, name: &ObjectName) -> Result<bool> {
        let head = self.client().head_object().bucket(&self.bucket).key(name.as_str());
        let error = match head.send().await {
            Ok(_) => return Ok(true),
            Err(error) => error,
        };
        // The answer to HEAD has no body, so its status is all that it says.
        match error.raw_response().map(|response| response.status().as_u16()) {
            Some(404) => Ok(false),
            Some(403) => Err(Error::Misconfigured(format!(
                "{SERVICE} denies access: the function's role may not read {name}, or it does not \
                 exist and the role may not list its bucket"
            ))),
            _ => Err(from_sdk(SERVICE, error)),
        }
    }

    async fn link(&self, name: &ObjectName, file: &str, valid: Duration) -> Result<String> {
        let valid = PresigningConfig::expires_in(valid.min(LONGEST_LINK));
        let valid = valid.map_err(|error| Error::unavailable(SERVICE, error))?;
        let get = self.client().get_object().bucket(&self.bucket).key(name.as_str());
        let get = get.response_content_disposition(saved_as(file)).presigned(valid).await;
        Ok(get.map_err(|error| from_sdk(SERVICE, error))?.uri().to_owned())
    }
}

/// Returns the header by which a browser saves what it gets as a file of this name. What a name in
/// quotes cannot have becomes `_`.
fn saved_as(file: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "-._ ()".contains(char);
    let file: String = file.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    format!("attachment; filename=\"{file}\"")
}

#[test]
fn a_file_name_cannot_leave_its_quotes() {
    assert_eq!(saved_as("agg_1-00003.csv"), "attachment; filename=\"agg_1-00003.csv\"");
    assert_eq!(saved_as("a\"; x=\"ü\n"), "attachment; filename=\"a__ x____\"");
}
