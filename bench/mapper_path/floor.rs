//! The floor: the ranges of a job read by the cheapest reader there is, which throws rows away.
//!
//! Reads of up to 256 KB at a time with naps in between, over a connection of its own; the coordinates packed in
//! one column and without the key, which a job needs; rows are looked at as far as their ends.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    thread,
    time::Duration,
};

use bytes::BytesMut;
use pgfold_adapters::{PostgresSource, SourceTable};
use pgfold_core::{ChunkCount, ChunkRange, Key, Nulls, Projection, RowBatch, Source};
use pgfold_tests::numbers;
use postgres_protocol::{
    authentication::sasl::{ChannelBinding, ScramSha256},
    message::{backend::Message, frontend},
};
use tokio_postgres::{Config, config::Host};

use crate::{
    Failure,
    job::{MAPPERS, runtime},
};

/// In which Postgres sends about as much as it can hold for the reader.
const NAP: Duration = Duration::from_millis(1);

const COORDINATES: &str = "pg_catalog.lseg(pg_catalog.point(x1, y1), pg_catalog.point(x2, y2))";

/// Reads all rows in as many ranges, as many at a time as a job has mappers. Gives how many there are.
pub(crate) fn run(database_url: &str, consistency: &str, chunks: u64) -> Result<u64, Failure> {
    let config: Config = database_url.parse()?;
    let names = ["x1", "y1", "x2", "y2"];
    let table = SourceTable::new("points", "id", names)?;
    let source = PostgresSource::new(config.clone(), table, Duration::from_secs(600));
    let projection = Projection { nulls: Nulls::PerRow, ..numbers(&names) };
    let count = ChunkCount::new(chunks)?;
    let runtime = runtime()?;
    let (planned, held) = runtime.block_on(async {
        match consistency {
            "snapshot" => {
                let held = source.hold(count, &projection, Duration::from_secs(25)).await;
                held.map(|(planned, held)| (planned, Some(held)))
            }
            _ => source.plan(count, &projection).await.map(|planned| (planned, None)),
        }
    })?;
    let snapshot = held.as_ref().map(|held| held.id().to_string());
    let wheres: Vec<String> =
        planned.plan.chunks().flat_map(|(_, range)| conditions(&range)).collect();
    let rows = thread::scope(|scope| {
        let readers: Vec<_> = (0..MAPPERS)
            .map(|reader| {
                let (config, snapshot) = (&config, snapshot.as_deref());
                let wheres = wheres.iter().skip(reader).step_by(MAPPERS);
                scope.spawn(move || read(config, snapshot, wheres))
            })
            .collect();
        let rows = readers.into_iter().map(|reader| reader.join().map_err(|_| "a panic")?);
        rows.sum::<Result<u64, Failure>>()
    })?;
    drop(held);
    Ok(rows)
}

/// A range as conditions in SQL.
fn conditions(range: &ChunkRange) -> Vec<String> {
    match range {
        ChunkRange::Keys(keys) => {
            let bound = |operator: &str, key: Option<&Key>| {
                key.map_or("true".to_owned(), |key| format!("id {operator} {key}"))
            };
            vec![format!("{} AND {}", bound(">=", keys.start()), bound("<", keys.end()))]
        }
        ChunkRange::Partition(_) => Vec::new(),
        ChunkRange::Blocks(blocks) => blocks
            .iter()
            .map(|range| {
                let end = range.end().map(|end| format!(" AND ctid < '({end},0)'"));
                format!("ctid >= '({},0)'{}", range.start(), end.unwrap_or_default())
            })
            .collect(),
    }
}

/// Reads some ranges over a connection, one after the other.
fn read<'w>(
    config: &Config,
    snapshot: Option<&str>,
    wheres: impl Iterator<Item = &'w String>,
) -> Result<u64, Failure> {
    let mut connection = Connection::open(config)?;
    connection.command("SET max_parallel_workers_per_gather = 0")?;
    connection.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    if let Some(snapshot) = snapshot {
        connection.command(&format!("SET TRANSACTION SNAPSHOT '{snapshot}'"))?;
    }
    wheres.map(|condition| connection.count_rows(condition)).sum()
}

struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    fn open(config: &Config) -> Result<Self, Failure> {
        let Some(Host::Tcp(host)) = config.get_hosts().first() else {
            return Err("DATABASE_URL names no host".into());
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let address = (host.as_str(), port).to_socket_addrs()?.next().ok_or("no address")?;
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut connection = Self { stream, buffer: BytesMut::new() };
        let user = config.get_user().unwrap_or_default();
        let parameters = [("user", user), ("database", config.get_dbname().unwrap_or(user))];
        let mut out = BytesMut::new();
        frontend::startup_message(parameters, &mut out)?;
        connection.stream.write_all(&out)?;
        connection.authenticate(config.get_password().unwrap_or_default())?;
        Ok(connection)
    }

    /// Without a password, or by SCRAM.
    fn authenticate(&mut self, password: &[u8]) -> Result<(), Failure> {
        let mut scram = ScramSha256::new(password, ChannelBinding::unsupported());
        let mut out = BytesMut::new();
        loop {
            out.clear();
            match self.message()? {
                Message::AuthenticationSasl(_) => {
                    frontend::sasl_initial_response("SCRAM-SHA-256", scram.message(), &mut out)?;
                }
                Message::AuthenticationSaslContinue(body) => {
                    scram.update(body.data())?;
                    frontend::sasl_response(scram.message(), &mut out)?;
                }
                Message::AuthenticationSaslFinal(body) => scram.finish(body.data())?,
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(_) => return Err("postgres refuses the connection".into()),
                _ => {}
            }
            self.stream.write_all(&out)?;
        }
    }

    fn command(&mut self, sql: &str) -> Result<(), Failure> {
        let mut out = BytesMut::new();
        frontend::query(sql, &mut out)?;
        self.stream.write_all(&out)?;
        loop {
            match self.message()? {
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(_) => return Err(format!("{sql} fails").into()),
                _ => {}
            }
        }
    }

    fn message(&mut self) -> Result<Message, Failure> {
        loop {
            if let Some(message) = Message::parse(&mut self.buffer)? {
                return Ok(message);
            }
            let mut bytes = [0; 8192];
            match self.stream.read(&mut bytes)? {
                0 => return Err("the connection was closed".into()),
                read => self.buffer.extend_from_slice(&bytes[..read]),
            }
        }
    }

    /// Asks for the rows that meet a condition and looks for their ends.
    fn count_rows(&mut self, condition: &str) -> Result<u64, Failure> {
        let sql = format!("SELECT {COORDINATES} FROM points WHERE {condition}");
        let mut out = BytesMut::new();
        frontend::parse("", &sql, [], &mut out)?;
        let no_values: [&str; 0] = [];
        frontend::bind("", "", [], no_values, |_, _| unreachable!(), [1], &mut out)
            .map_err(|_| "no bind")?;
        frontend::execute("", 0, &mut out)?;
        frontend::sync(&mut out);
        self.stream.write_all(&out)?;
        // A reader that is called for every packet would take longer than its reading.
        self.stream.set_nonblocking(true)?;
        let mut buffer = vec![0; 256 * 1024];
        let (mut filled, mut rows) = (0, 0);
        loop {
            match self.stream.read(&mut buffer[filled..]) {
                Ok(0) => return Err("the connection was closed".into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    thread::sleep(NAP);
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let mut at = 0;
            loop {
                // All rows are as long; a key is not looked for.
                let found = RowBatch::leading(pgfold_core::KeyKind::Text, &[], &buffer[at..filled]);
                if !found.is_empty() {
                    let length = u32::from_be_bytes([
                        buffer[at + 1],
                        buffer[at + 2],
                        buffer[at + 3],
                        buffer[at + 4],
                    ]);
                    rows += (found.byte_len() / (length as usize + 1)) as u64;
                    at += found.byte_len();
                }
                let mut others = BytesMut::from(&buffer[at..filled.min(at + 4096)]);
                let before = others.len();
                match Message::parse(&mut others)? {
                    Some(Message::ReadyForQuery(_)) => {
                        self.stream.set_nonblocking(false)?;
                        return Ok(rows);
                    }
                    Some(Message::ErrorResponse(_)) => return Err(format!("{sql} fails").into()),
                    Some(_) => at += before - others.len(),
                    None => break,
                }
            }
            buffer.copy_within(at..filled, 0);
            filled -= at;
        }
    }
}
