mod connection;
mod mode;

use std::{net::SocketAddr, time::Duration};

use tokio::{net::TcpListener, sync::watch, time::timeout};

use connection::Connection;
use mode::{Mode, State};

/// How long [`Gate::held`] waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A port in front of a service that can be taken away: the service goes down and comes back
/// without being touched, or is stopped in the middle of a conversation.
///
/// The gate knows no protocol. Bytes that a client writes at once are one request, and what a
/// service writes at once is one reply, which holds for clients that write a small request whole
/// and then wait for its reply: those of Valkey, and of AWS over HTTP.
///
/// A request that is withheld is passed on when the mode allows it again, unless its client has
/// gone by then.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Gate {
    /// A gate on a free port of 127.0.0.1, open to `target`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (state, _) = watch::channel(State::default());
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Connection::new(client, shared.clone()).pass(target));
            }
        });
        Self { address, state }
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came so far.
    pub fn accepted(&self) -> usize {
        self.state.borrow().accepted
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        self.set(Mode::Open);
    }

    /// Closes every connection, and each new one as soon as it comes.
    pub fn shut(&self) {
        self.set(Mode::Shut);
    }

    /// Closes every connection, with what is withheld on it; new ones are let through.
    pub async fn sever(&self) {
        self.shut();
        self.until(|state| state.connections == 0, "connections to end").await;
        self.open();
    }

    /// Takes connections, passes nothing on and answers nothing. Those that are open stall.
    pub fn fall_silent(&self) {
        self.set(Mode::Silent);
    }

    /// Passes `requests` more requests on, and all replies back; withholds every request after
    /// them.
    pub fn let_pass(&self, requests: usize) {
        self.set(Mode::Few(requests));
    }

    /// Passes requests on, and no reply back; connections stay open. What a client asks for is
    /// done and it does not know.
    pub fn lose_replies(&self) {
        self.set(Mode::Mute);
    }

    /// Loses one reply, the next on any connection, and closes that connection; then is open.
    pub fn lose_next_reply(&self) {
        self.set(Mode::LoseOne);
    }

    /// Answers every request with this reply; none reaches the service.
    pub fn answer(&self, reply: impl Into<Vec<u8>>) {
        self.set(Mode::Answer(reply.into().into()));
    }

    /// Waits until a request or reply was withheld or lost since the mode was set last.
    ///
    /// # Panics
    /// If that takes a minute.
    pub async fn held(&self) {
        self.until(|state| state.held, "something to be held").await;
    }

    fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.set(mode));
    }

    async fn until(&self, condition: impl FnMut(&State) -> bool, what: &str) {
        let mut changes = self.state.subscribe();
        let waiting = timeout(LONGEST_WAIT, changes.wait_for(condition));
        if !matches!(waiting.await, Ok(Ok(_))) {
            panic!("waited {LONGEST_WAIT:?} at the gate for {what}: {:?}", self.state.borrow());
        }
    }
}
