//! An HTTP client whose answers have an end, whatever the other side sends: the SDK reads a body to its end before it looks at it.

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http_body_util::BodyExt as _;

/// A page of a thousand events that all have the largest payload there may be has 250 MiB.
const MAX_BODY: usize = 300 << 20;

/// The same client; of a longer answer it says that it broke off.
pub(super) fn bounded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded { client })
}

#[derive(Debug)]
struct Bounded {
    client: SharedHttpClient,
}

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(BoundedConnector { connector, most: MAX_BODY })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector {
    connector: SharedHttpConnector,
    most: usize,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, most) = (self.connector.call(request), self.most);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let mut stream = std::mem::replace(answer.body_mut(), Vec::new().into());
            let mut body = Vec::new();
            while let Some(frame) = stream.frame().await {
                let frame = frame.map_err(ConnectorError::io)?;
                let Ok(data) = frame.into_data() else { continue };
                if data.len() > most - body.len() {
                    return Err(ConnectorError::other(TooLong(most).into(), None));
                }
                body.extend_from_slice(&data);
            }
            *answer.body_mut() = body.into();
            Ok(answer)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("its answer is longer than {} MiB", .0 >> 20)]
struct TooLong(usize);

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

    #[derive(Debug)]
    struct Says(&'static str);

    impl HttpConnector for Says {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let status = 200.try_into().expect("a status");
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, self.0.into())))
        }
    }

    #[test]
    fn an_answer_that_does_not_end_breaks_off() {
        let read = |text, most| {
            let connector = SharedHttpConnector::new(Says(text));
            let call = BoundedConnector { connector, most }.call(HttpRequest::empty());
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let answer = call.await.map_err(|err| crate::aws::client::chain_of(&err))?;
                Ok(answer.body().bytes().map_or(0, <[u8]>::len))
            })
        };
        assert_eq!(read("12345", 5), Ok(5));
        let broke_off: Result<usize, String> = read("123456", 5);
        assert!(broke_off.expect_err("too long").contains("its answer is longer than"));
    }
}
