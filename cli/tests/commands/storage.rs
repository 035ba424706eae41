//! A storage of files, which answers a path with given steps, in order; the last one again and again.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use pgfold_api::{FileColumn, FileLink, FilePart, Files, Format, Timestamp, WholeAnswer};
use sha2::{Digest, Sha256};

/// The storage's reaction to a request.
#[derive(Clone)]
pub(crate) enum Stored {
    /// Sends the file, from the byte on that is asked for.
    File(Vec<u8>),
    /// Sends the file, and closes the connection after so many bytes of it.
    CutOff(Vec<u8>, usize),
    /// Sends a status with this header and this body.
    Status(u16, &'static str, &'static str),
    /// Sends the head of an answer, and then nothing.
    Silence,
}

/// A request to the storage.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The path and what follows it.
    pub(crate) target: String,
    /// The headers by their names in lower case.
    pub(crate) headers: HashMap<String, String>,
}

pub(crate) struct Storage {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Storage {
    pub(crate) fn new(files: impl IntoIterator<Item = (impl Into<String>, Vec<Stored>)>) -> Self {
        let mut files: HashMap<String, Vec<Stored>> =
            files.into_iter().map(|(path, steps)| (path.into(), steps)).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let request = read(&stream);
                let path = request.target.split('?').next().unwrap().to_owned();
                let steps = files.get_mut(&path).unwrap_or_else(|| panic!("a file {path}"));
                let step = if steps.len() > 1 { steps.remove(0) } else { steps[0].clone() };
                let from = request.headers.get("range").map(|range| {
                    let from = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap();
                    from.parse().unwrap()
                });
                told.lock().unwrap().push(request);
                // Silence lasts as long as the program waits.
                thread::spawn(move || send(stream, step, from));
            }
        });
        Self { url, asked }
    }

    /// Returns all requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns a link to an answer that the storage has as `/answer.json`.
    pub(crate) fn whole(&self, answer: &[u8]) -> WholeAnswer {
        WholeAnswer {
            link: FileLink {
                url: format!("{}/answer.json?s", self.url),
                name: "results/answer.json".to_owned(),
            },
            bytes: answer.len() as u64,
            sha256: sha256(answer),
            link_expires_at: Timestamp("2026-11-23T06:00:00.123Z".to_owned()),
        }
    }

    /// Returns the files of a result with these parts. Their links end in the `signature`.
    pub(crate) fn files(&self, format: Format, parts: &[&[u8]], signature: &str) -> Files {
        let link = |name: String| FileLink {
            url: format!("{}/{name}?{signature}", self.url),
            name: format!("results/{name}"),
        };
        let part = |(number, bytes): (usize, &&[u8])| FilePart {
            link: link(format!("part-{number}")),
            rows: 10,
            bytes: bytes.len() as u64,
            sha256: sha256(bytes),
        };
        let columns = [("id", "bigint"), ("city, or \"town\"", "text")];
        Files {
            format,
            columns: columns
                .map(|(name, value_type)| FileColumn {
                    name: name.to_owned(),
                    value_type: value_type.to_owned(),
                    sql_type: None,
                })
                .into(),
            rows: 10 * parts.len() as u64,
            bytes: parts.iter().map(|part| part.len() as u64).sum(),
            part_count: parts.len(),
            parts: parts.iter().enumerate().map(part).collect(),
            manifest: link("manifest.json".to_owned()),
            links_expire_at: Timestamp("2026-11-23T06:00:00.123Z".to_owned()),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(stream: &TcpStream) -> Asked {
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let first = lines.next().unwrap();
    let target = first.split(' ').nth(1).unwrap().to_owned();
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_lowercase(), value.to_owned()))
    });
    Asked { target, headers: headers.collect() }
}

fn send(mut stream: TcpStream, step: Stored, from: Option<usize>) {
    let (status, header, body, length) = match step {
        Stored::File(file) => {
            let rest = file[from.unwrap_or_default()..].to_vec();
            let (length, all) = (rest.len(), file.len());
            match from {
                None => (200, String::new(), rest, length),
                Some(from) => {
                    let range = format!("content-range: bytes {from}-{}/{all}\r\n", all - 1);
                    (206, range, rest, length)
                }
            }
        }
        Stored::CutOff(file, at) => (200, String::new(), file[..at].to_vec(), file.len()),
        Stored::Status(status, header, body) => {
            (status, header.to_owned(), body.as_bytes().to_vec(), body.len())
        }
        Stored::Silence => (200, String::new(), Vec::new(), 1),
    };
    let head = format!(
        "HTTP/1.1 {status} \r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // The client may have closed the connection.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    if body.is_empty() && length > 0 {
        let _ = BufReader::new(&stream).read_line(&mut String::new());
    }
}
