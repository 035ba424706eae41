//! List prices in US dollars, us-east-1, on 2026-11-23, besides those of `shared/api/src/server/cost.rs`.
//! The pages named are AWS's; the figures were read in others that quote them.

/// An hour of db.r8g.xlarge for PostgreSQL in one zone; the larger ones are multiples of it.
/// <https://aws.amazon.com/rds/postgresql/pricing/>
pub(crate) const DATABASE_XLARGE_HOUR: f64 = 0.478;
/// A gigabyte of a snapshot exported to S3. <https://aws.amazon.com/rds/postgresql/pricing/>
pub(crate) const EXPORTED_GB: f64 = 0.010;
/// A PUT of S3, and a GET. <https://aws.amazon.com/s3/pricing/>
pub(crate) const S3_PUT: f64 = 5e-6;
pub(crate) const S3_GET: f64 = 0.4e-6;
/// A gigabyte in S3 for a month. <https://aws.amazon.com/s3/pricing/>
pub(crate) const S3_GB_MONTH: f64 = 0.023;
/// A terabyte that Athena scans. <https://aws.amazon.com/athena/pricing/>
pub(crate) const ATHENA_TB: f64 = 5.0;
/// An hour of r8g.4xlarge with Linux. <https://aws.amazon.com/ec2/pricing/on-demand/>
pub(crate) const EC2_R8G_4XLARGE_HOUR: f64 = 0.9426;
/// An hour of a Glue worker of four vCPUs and 16 GB. <https://aws.amazon.com/glue/pricing/>
pub(crate) const GLUE_WORKER_HOUR: f64 = 0.44;
/// An hour of a vCPU of EMR Serverless, and of a gigabyte of its memory.
/// <https://aws.amazon.com/emr/pricing/>
pub(crate) const EMR_VCPU_HOUR: f64 = 0.052_624;
pub(crate) const EMR_GB_HOUR: f64 = 0.005_778_5;

/// A million requests to SQS. <https://aws.amazon.com/sqs/pricing/>
pub(crate) const SQS_MILLION: f64 = 0.40;
/// An hour of an interface endpoint in one zone. <https://aws.amazon.com/privatelink/pricing/>
pub(crate) const ENDPOINT_HOUR: f64 = 0.01;
/// A metric of an alarm for a month. <https://aws.amazon.com/cloudwatch/pricing/>, as are the next two
pub(crate) const ALARM_MONTH: f64 = 0.10;
/// A dashboard for a month, beyond the first three of an account.
pub(crate) const DASHBOARD_MONTH: f64 = 3.0;
/// A metric of one's own for a month; only in hours in which it has values.
pub(crate) const METRIC_MONTH: f64 = 0.30;
/// A customer's key for a month. <https://aws.amazon.com/kms/pricing/>
pub(crate) const KEY_MONTH: f64 = 1.0;
/// A secret for a month. <https://aws.amazon.com/secrets-manager/pricing/>
pub(crate) const SECRET_MONTH: f64 = 0.40;
/// The least that a serverless Valkey cache costs a month.
/// <https://aws.amazon.com/elasticache/pricing/>
pub(crate) const CACHE_MONTH: f64 = 6.0;
