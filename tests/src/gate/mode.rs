use std::sync::Arc;

/// What a gate does, and what it has seen.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) mode: Mode,
    /// Whether anything was withheld or lost since the mode was set.
    pub(super) held: bool,
    pub(super) connections: usize,
    pub(super) accepted: usize,
}

#[derive(Debug, Default)]
pub(super) enum Mode {
    /// Everything passes.
    #[default]
    Open,
    /// There are no connections.
    Shut,
    /// Nothing passes.
    Silent,
    /// This many more requests pass, and all replies.
    Few(usize),
    /// Requests pass, and no replies.
    Mute,
    /// Everything passes but one reply, which is lost with its connection.
    LoseOne,
    /// No request passes; each has this reply.
    Answer(Arc<[u8]>),
}

/// What becomes of a request.
#[derive(Default)]
pub(super) enum Request {
    Pass,
    #[default]
    Withhold,
    Answer(Arc<[u8]>),
}

/// What becomes of a reply.
#[derive(Default)]
pub(super) enum Reply {
    Pass,
    #[default]
    Withhold,
    Lose,
    LoseConnection,
}

impl State {
    /// Sets the mode; what was held before does not count for it.
    pub(super) fn set(&mut self, mode: Mode) {
        self.mode = mode;
        self.held = false;
    }

    /// Decides on a request that is there now.
    pub(super) fn request(&mut self) -> Request {
        match &mut self.mode {
            Mode::Open | Mode::Mute | Mode::LoseOne => Request::Pass,
            Mode::Few(left @ 1..) => {
                *left -= 1;
                Request::Pass
            }
            Mode::Answer(reply) => Request::Answer(reply.clone()),
            Mode::Shut | Mode::Silent | Mode::Few(0) => {
                self.held = true;
                Request::Withhold
            }
        }
    }

    /// Decides on a reply that is there now.
    pub(super) fn reply(&mut self) -> Reply {
        let reply = match self.mode {
            Mode::Open | Mode::Few(_) | Mode::Answer(_) => return Reply::Pass,
            Mode::Shut | Mode::Silent => Reply::Withhold,
            Mode::Mute => Reply::Lose,
            Mode::LoseOne => {
                self.mode = Mode::Open;
                Reply::LoseConnection
            }
        };
        self.held = true;
        reply
    }
}
