//! What becomes of a job when processes are killed and stores fail at chosen moments: the very
//! programs that are deployed, over either store.

mod announced;
mod gated;
mod inbox;
mod job;
mod kill;
mod killed_at_random;
mod later_build;
mod many_rows;
mod outage;
mod poison;
mod race;
mod reduce;
mod snapshot;
mod start;
mod submit;

use gated::{Behind, GatedDeployment};
use job::JobUnderTest;

/// Runs each case of a module over either store.
macro_rules! over_both_stores {
    ($($case:ident)+) => {
        mod dynamodb {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::faults::GatedDeployment::over(pgfold_tests::StoreKind::DynamoDb).await).await;
                }
            )+
        }

        mod valkey {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::faults::GatedDeployment::over(pgfold_tests::StoreKind::Valkey).await).await;
                }
            )+
        }
    };
}
use over_both_stores;
