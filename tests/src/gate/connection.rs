use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

use super::mode::{Mode, Reply, Request, State};

/// The most that is read at once, and that is withheld of a connection in each direction.
const BUFFER: usize = 64 << 10;

/// A connection of a client, counted as long as it lasts.
pub(super) struct Connection {
    client: TcpStream,
    state: watch::Sender<State>,
}

impl Connection {
    pub(super) fn new(client: TcpStream, state: watch::Sender<State>) -> Self {
        state.send_modify(|state| {
            state.accepted += 1;
            state.connections += 1;
        });
        Self { client, state }
    }

    /// Passes bytes between the client and `target` as the gate's mode has it, until one of
    /// them closes or the gate shuts.
    pub(super) async fn pass(mut self, target: SocketAddr) {
        let mut changes = self.state.subscribe();
        tokio::select! {
            biased;
            _ = changes.wait_for(|state| matches!(state.mode, Mode::Shut)) => {}
            // An error closes the connection, as an end does.
            _ = self.converse(target) => {}
        }
    }

    async fn converse(&mut self, target: SocketAddr) -> io::Result<()> {
        let mut service = TcpStream::connect(target).await?;
        service.set_nodelay(true)?;
        self.client.set_nodelay(true)?;
        let mut changes = self.state.subscribe();
        let mut request = Vec::with_capacity(BUFFER);
        let mut reply = Vec::with_capacity(BUFFER);
        loop {
            let over = tokio::select! {
                biased;
                read = self.client.read_buf(&mut request), if request.len() < BUFFER => read? == 0,
                read = service.read_buf(&mut reply), if reply.len() < BUFFER => read? == 0,
                changed = changes.changed() => changed.is_err(),
            };
            if over {
                return Ok(());
            }
            if !request.is_empty() {
                match self.decide(State::request) {
                    Request::Withhold => {}
                    Request::Pass => {
                        service.write_all(&request).await?;
                        request.clear();
                    }
                    Request::Answer(canned) => {
                        self.client.write_all(&canned).await?;
                        request.clear();
                    }
                }
            }
            if !reply.is_empty() {
                match self.decide(State::reply) {
                    Reply::Withhold => {}
                    Reply::Pass => {
                        self.client.write_all(&reply).await?;
                        reply.clear();
                    }
                    Reply::Lose => reply.clear(),
                    Reply::LoseConnection => return Ok(()),
                }
            }
        }
    }

    /// Asks the gate, and wakes those who wait for something to be held.
    fn decide<T: Default>(&self, ask: fn(&mut State) -> T) -> T {
        let mut decision = T::default();
        self.state.send_if_modified(|state| {
            let before = state.held;
            decision = ask(state);
            // Not for each byte that passes: every connection would look up.
            state.held != before
        });
        decision
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.state.send_modify(|state| state.connections -= 1);
    }
}
