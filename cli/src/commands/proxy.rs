//! `pgfold proxy`

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use serde_json::json;
use tokio::{net::TcpListener, select};

use crate::{
    api::Api,
    commands::write::write,
    deadline::deadline,
    document::Document,
    error::{Error, Result, tell},
    exit::Exit,
    interrupt::interrupted,
    proxy::serve,
    shown_url::shown,
};

/// The default port, which is also that of a local cloud's dashboard.
const PORT: u16 = 5555;

pub(crate) async fn proxy(api: Api, json: bool, port: Option<u16>) -> Result<Exit> {
    let (listener, port) = listen(port).await?;
    let url = format!("http://{}:{port}", Ipv4Addr::LOCALHOST);
    let upstream = shown(&api.client.base);
    let document = Document::from(json!({ "url": url }));
    write(json, &document, || format!("{url}/dashboard\n"))?;
    if !json {
        tell(&format!(
            "forwards to {upstream} whatever programs of this machine ask; Ctrl-C ends it"
        ));
    }
    // Both Ctrl-C and the deadline end the command successfully.
    select! {
        biased;
        () = interrupted() => {}
        () = deadline(api.deadline) => {}
        () = serve(listener, port, api.client) => {}
    }
    Ok(Exit::Done)
}

/// Listens on the loopback address only.
async fn listen(port: Option<u16>) -> Result<(TcpListener, u16)> {
    let bind = async |port| {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        let port = listener.local_addr()?.port();
        Ok::<_, io::Error>((listener, port))
    };
    let bound = match bind(port.unwrap_or(PORT)).await {
        Err(_) if port.is_none() => bind(0).await,
        bound => bound,
    };
    bound.map_err(|error| {
        let port = port.unwrap_or(PORT);
        Error::Usage(format!("cannot listen on 127.0.0.1:{port}: {}", error.kind()))
    })
}
