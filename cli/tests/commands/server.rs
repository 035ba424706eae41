//! A server that answers requests with given steps, in order and whatever they ask for.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    iter,
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
};

/// The server's reaction to a request.
#[derive(Clone)]
pub(crate) enum Step {
    Answer(u16, String),
    /// The same, with the version of the function that answers.
    Versioned(&'static str, u16, String),
    /// Closes the connection without an answer.
    Hang,
}

pub(crate) fn answer(status: u16, body: impl ToString) -> Step {
    Step::Answer(status, body.to_string())
}

pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    /// The headers by their names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Receiver<Request>,
}

impl Server {
    /// Starts a server that accepts as many requests as there are steps.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step, IntoIter: Send + 'static>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/stage", listener.local_addr().unwrap());
        let (told, requests) = mpsc::channel();
        let steps = steps.into_iter();
        thread::spawn(move || {
            for step in steps {
                let (mut stream, _) = listener.accept().unwrap();
                // A test that has ended receives no more requests.
                let _ = told.send(read(&stream).expect("a request"));
                let answer = match step {
                    Step::Answer(status, body) => Some((String::new(), status, body)),
                    Step::Versioned(version, status, body) => {
                        Some((format!("x-pgfold-version: {version}\r\n"), status, body))
                    }
                    Step::Hang => None,
                };
                if let Some((headers, status, body)) = answer {
                    let length = body.len();
                    let head = format!(
                        "HTTP/1.1 {status} \r\n{headers}content-length: {length}\r\n\
                         connection: close\r\n\r\n"
                    );
                    // The client may have closed the connection.
                    let _ = stream.write_all((head + &body).as_bytes());
                }
            }
        });
        Self { url, requests }
    }

    /// Waits for the next request.
    pub(crate) fn request(&self) -> Request {
        self.requests.recv().expect("one more request")
    }

    /// Returns the lines of all requests so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        iter::from_fn(|| self.requests.try_recv().ok()).map(|request| request.line).collect()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = iter::from_fn(|| {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_owned();
        (!line.is_empty()).then_some(line)
    });
    let first = lines.next()?;
    let (line, _version) = first.rsplit_once(' ')?;
    let headers: HashMap<_, _> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_lowercase(), value.to_owned()))
        })
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.to_owned(), headers, body: String::from_utf8(body).unwrap() })
}
