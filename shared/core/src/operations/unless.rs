use std::{future::poll_fn, pin::pin, task::Poll};

/// Returns the result of `work`, or that of `stop` if it ends first; `work` is then dropped.
pub(crate) async fn unless<S, W>(
    stop: impl Future<Output = S>,
    work: impl Future<Output = W>,
) -> Result<W, S> {
    let (mut stop, mut work) = (pin!(stop), pin!(work));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Ok(done)),
        Poll::Pending => stop.as_mut().poll(context).map(Err),
    })
    .await
}
