use pgfold_adapters::Metrics;

/// Metrics that nobody reads.
pub fn unread_metrics() -> Metrics {
    Metrics::new("test", std::io::sink())
}
