use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! text {
    ($(#[$attribute:meta])* $name:ident $(, $schema:meta)?) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name($(#[$schema])? pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// The id of a job. Ids sort by the time they were made.
    TaskId,
    schemars(regex(pattern = "^agg_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"))
}

text! {
    /// The trace in which the job was submitted, as AWS X-Ray writes it. Every line that the
    /// functions log about the job has it too.
    TraceId,
    schemars(regex(pattern = "^1-[0-9a-f]{8}-[0-9a-f]{24}$"))
}

text! {
    /// A moment in UTC, to the millisecond.
    Timestamp,
    schemars(extend("format" = "date-time"), regex(pattern = "Z$"))
}

text! {
    /// The name of a kernel; `GET /kernels` describes each.
    KernelName
}
