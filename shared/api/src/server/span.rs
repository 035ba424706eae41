use pgfold_core::{JobId, TraceId};
use tracing::{Span, error_span, field};

/// Returns the span of a request. Every line that is logged in it has the fields `task_id` and
/// `trace_id` of the job, once [`about_job`] and [`of_trace`] have recorded them. Its level is ERROR
/// so that it exists whatever level is logged.
pub fn span() -> Span {
    error_span!("request", task_id = field::Empty, trace_id = field::Empty)
}

/// Records in the current [`span`] which job the request is about.
pub fn about_job(job_id: JobId) {
    Span::current().record("task_id", field::display(job_id));
}

/// Records in the current [`span`] the trace of that job.
pub fn of_trace(trace_id: &TraceId) {
    Span::current().record("trace_id", field::display(trace_id));
}
