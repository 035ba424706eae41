//! What becomes of a job when processes are killed and stores fail at chosen moments: the very
//! programs that are deployed, over either store.

mod deployment;
mod inbox;
mod job;
mod kill;
mod outage;
mod poison;
mod race;
mod snapshot;
mod start;
mod submit;

use deployment::{Deployment, StoreKind};
use job::JobUnderTest;

/// Runs each case of a module over either store.
macro_rules! over_both_stores {
    ($($case:ident)+) => {
        mod dynamodb {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::faults::Deployment::over($crate::faults::StoreKind::DynamoDb).await).await;
                }
            )+
        }

        mod valkey {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::faults::Deployment::over($crate::faults::StoreKind::Valkey).await).await;
                }
            )+
        }
    };
}
use over_both_stores;
