use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A port in front of a service that can be taken away: the service goes down and comes back
/// without being touched.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepted: Arc<AtomicU8>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Open,
    Shut,
    Silent,
}

impl Gate {
    /// A gate on a free port of 127.0.0.1, open to `target`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (state, _) = watch::channel(State::Open);
        let accepted = Arc::new(AtomicU8::new(0));
        let (changes, count) = (state.clone(), accepted.clone());
        tokio::spawn(async move {
            while let Ok((inbound, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(pass(inbound, target, changes.subscribe()));
            }
        });
        Self { address, state, accepted }
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections came so far.
    pub fn accepted(&self) -> u8 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Lets connections through from now on.
    pub fn open(&self) {
        self.state.send_replace(State::Open);
    }

    /// Closes every connection, and each new one as soon as it comes.
    pub fn shut(&self) {
        self.state.send_replace(State::Shut);
    }

    /// Closes every connection; new ones are let through.
    pub async fn sever(&self) {
        self.shut();
        // Each connection that is passed on holds a receiver.
        while self.state.receiver_count() > 0 {
            tokio::task::yield_now().await;
        }
        self.open();
    }

    /// Takes connections, passes nothing on and answers nothing. Those that are open stall.
    pub fn fall_silent(&self) {
        self.state.send_replace(State::Silent);
    }
}

async fn pass(mut inbound: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    let mut outbound = None;
    loop {
        let now = *state.borrow_and_update();
        match now {
            State::Shut => return,
            State::Silent => {
                if state.changed().await.is_err() {
                    return;
                }
            }
            State::Open => {
                let outbound = match &mut outbound {
                    Some(connected) => connected,
                    None => match TcpStream::connect(target).await {
                        Ok(connected) => outbound.insert(connected),
                        Err(_) => return,
                    },
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut inbound, outbound) => return,
                    changed = state.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}
