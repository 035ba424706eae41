//! Cuts a call of the DynamoDB store off in its middle, between two of its requests.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use pgfold_adapters::sdk_config;

/// Lets so many requests through, then none.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    left: Arc<AtomicI64>,
}

impl Default for Cut {
    fn default() -> Self {
        Self { left: Arc::new(i64::MAX.into()) }
    }
}

impl Cut {
    /// The configuration of the local cloud, with requests through here.
    pub(crate) async fn config(&self) -> SdkConfig {
        let inner = Builder::new().build_http();
        let cut = CutClient { cut: self.clone(), inner };
        let config = sdk_config().await.into_builder();
        config.http_client(cut).retry_config(RetryConfig::disabled()).build()
    }

    /// Lets `requests` through until [`Cut::mend`].
    pub(crate) fn after(&self, requests: i64) {
        self.left.store(requests, Relaxed);
    }

    /// Lets everything through again.
    pub(crate) fn mend(&self) {
        self.left.store(i64::MAX, Relaxed);
    }
}

#[derive(Debug)]
struct CutClient {
    cut: Cut,
    inner: SharedHttpClient,
}

impl HttpClient for CutClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(CutConnector { cut: self.cut.clone(), inner })
    }
}

#[derive(Debug)]
struct CutConnector {
    cut: Cut,
    inner: SharedHttpConnector,
}

impl HttpConnector for CutConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if self.cut.left.fetch_sub(1, Relaxed) > 0 {
            self.inner.call(request)
        } else {
            HttpConnectorFuture::ready(Err(ConnectorError::io("cut off".into())))
        }
    }
}
