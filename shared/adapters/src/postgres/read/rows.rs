//! Queries whose rows are folded in the network buffer.
//!
//! tokio-postgres copies every row to values of its own, which costs more than folding the row
//! (`make bench`). So pgfold itself speaks the protocol while it reads a chunk: an extended query
//! with a binary answer. COPY would cost the server more.
//! <https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY>

use std::{future::poll_fn, io};

use bytes::{Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use pgfold_core::{Error, FoldRows, Form, KeyKind, Result, RowBatch};
use postgres_protocol::{
    IsNull,
    message::{
        backend::{ErrorFields, Header, Message},
        frontend,
    },
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_postgres::types::Type;

use crate::postgres::{
    connect::failure::{Failure, from_stream},
    read::select::Statement,
    selection::TextValue,
    service::SERVICE,
};

/// The most bytes read at a time. This many stay in the processor's cache until they are folded.
const BUFFER: usize = 256 * 1024;

/// The most bytes of a row.
const LONGEST_ROW: usize = 64 * 1024 * 1024;

/// A conversation over a stream: queries and their rows.
///
/// After an error, or after a call was dropped, the conversation is not at the end of an answer,
/// and the stream cannot be used any more.
pub(in crate::postgres) struct Conversation<S> {
    stream: S,
    buffer: Buffer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(in crate::postgres) fn new(stream: S) -> Self {
        Self { stream, buffer: Buffer::new() }
    }

    /// Folds the rows of all statements as they arrive. Sends the next query before the last one is
    /// answered, so that Postgres does not wait for it.
    ///
    /// # Errors
    /// Those of the statements and of `fold`.
    pub(in crate::postgres) async fn fold_answers(
        &mut self,
        statements: &[Statement],
        fold: &mut dyn FoldRows,
    ) -> Result<()> {
        if let Some(first) = statements.first() {
            self.ask(first).await?;
        }
        for (at, statement) in statements.iter().enumerate() {
            if let Some(next) = statements.get(at + 1) {
                self.ask(next).await?;
            }
            self.fold_answer(statement, fold).await?;
        }
        Ok(())
    }

    /// Sends the query of a statement.
    async fn ask(&mut self, statement: &Statement) -> Result<()> {
        let question = question(statement).map_err(broken)?;
        match self.send(&question).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.last_words().await.unwrap_or_else(|| from_stream(error))),
        }
    }

    async fn send(&mut self, question: &[u8]) -> io::Result<()> {
        self.stream.write_all(question).await?;
        self.stream.flush().await
    }

    /// Returns the error that Postgres sent before it closed the connection. It can still be read
    /// after writing has failed.
    async fn last_words(&mut self) -> Option<Error> {
        loop {
            match self.buffer.message().ok()? {
                Some(Message::ErrorResponse(error)) => return Some(failed(error.fields())),
                Some(_) => {}
                None => self.buffer.fill(&mut self.stream).await.ok()?,
            }
        }
    }

    /// Folds the rows of the next answer, that to `statement`, as they arrive. Postgres sends rows
    /// no faster than they are folded, so they do not accumulate here.
    async fn fold_answer(&mut self, statement: &Statement, fold: &mut dyn FoldRows) -> Result<()> {
        let Statement { key, forms, fields, .. } = statement;
        let mut answer = Answer { keys: *key, forms, fields, is_complete: false };
        while !answer.take(&mut self.buffer, fold)? {
            poll_fn(|context| fold.poll_ready(context)).await?;
            self.buffer.fill(&mut self.stream).await?;
        }
        Ok(())
    }

    /// Returns the stream, and the bytes that were read beyond the answers.
    pub(in crate::postgres) fn end(self) -> (S, Bytes) {
        (self.stream, Bytes::copy_from_slice(self.buffer.unread()))
    }
}

/// Returns the messages of an extended query: parse, bind, describe, execute, sync.
fn question(statement: &Statement) -> io::Result<BytesMut> {
    const TEXT: i16 = 0;
    const BINARY: i16 = 1;

    let mut messages = BytesMut::new();
    let types = statement.values.iter().map(|_| Type::UNKNOWN.oid());
    frontend::parse("", &statement.sql, types, &mut messages)?;
    let write = |TextValue(text): &TextValue, value: &mut BytesMut| {
        value.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    };
    let bound = frontend::bind("", "", [TEXT], &statement.values, write, [BINARY], &mut messages);
    bound.map_err(|error| match error {
        frontend::BindError::Conversion(error) => io::Error::other(error),
        frontend::BindError::Serialization(error) => error,
    })?;
    frontend::describe(b'P', "", &mut messages)?;
    frontend::execute("", 0, &mut messages)?;
    frontend::sync(&mut messages);
    Ok(messages)
}

/// The state of reading an answer.
struct Answer<'f> {
    keys: KeyKind,
    /// The forms of the fields.
    forms: &'f [Form],
    /// The field of each column.
    fields: &'f [usize],
    /// Whether all rows have arrived.
    is_complete: bool,
}

impl Answer<'_> {
    /// Takes the complete messages from the buffer. Returns whether the answer has ended.
    fn take(&mut self, buffer: &mut Buffer, fold: &mut dyn FoldRows) -> Result<bool> {
        loop {
            let rows = RowBatch::leading(self.keys, self.forms, buffer.unread());
            let rows = rows.with_fields(self.fields);
            if !rows.is_empty() {
                let length = rows.byte_len();
                fold.fold(rows)?;
                buffer.take(length);
            }
            let Some(message) = buffer.message()? else { return Ok(false) };
            match message {
                Message::ParseComplete | Message::BindComplete => {}
                // The server may send these at any time.
                Message::NoticeResponse(_)
                | Message::ParameterStatus(_)
                | Message::NotificationResponse(_) => {}
                Message::RowDescription(columns) => {
                    let key = columns.fields().next().map_err(broken)?;
                    self.check_key(key.map(|key| key.type_oid()))?;
                }
                Message::CommandComplete(_) => self.is_complete = true,
                Message::ReadyForQuery(_) if self.is_complete => return Ok(true),
                Message::ErrorResponse(error) => return Err(failed(error.fields())),
                _ => return Err(broken("a message that does not belong in the answer to a query")),
            }
        }
    }

    /// Checks that the key's type is still the one it is read as, which the rows do not show.
    fn check_key(&self, oid: Option<u32>) -> Result<()> {
        let is_integer =
            [Type::INT2, Type::INT4, Type::INT8].map(|ty| Some(ty.oid())).contains(&oid);
        if self.keys == KeyKind::Unsent || is_integer == (self.keys == KeyKind::Integer) {
            return Ok(());
        }
        let oid = oid.unwrap_or_default();
        let problem = format!("the key is of another type now (oid {oid}) than it was planned by");
        Err(Error::Misconfigured(problem))
    }
}

/// Makes the error of a query that failed.
fn failed(mut fields: ErrorFields<'_>) -> Error {
    let mut failure = Failure::default();
    // Stops at a field that cannot be read; the other fields stay empty.
    while let Ok(Some(field)) = fields.next() {
        let value = || String::from_utf8_lossy(field.value_bytes()).into_owned().into();
        match field.type_() {
            b'C' => failure.code = value(),
            b'M' => failure.message = value(),
            b'D' => failure.detail = Some(value()),
            b'H' => failure.hint = Some(value()),
            b'R' => failure.routine = Some(value()),
            _ => {}
        }
    }
    failure.into_error()
}

#[cold]
fn broken(problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::unavailable(SERVICE, problem)
}

/// Bytes that have arrived and are not taken yet.
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    fn new() -> Self {
        Self { bytes: vec![0; BUFFER], start: 0, end: 0 }
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    fn take(&mut self, length: usize) {
        self.start += length;
    }

    /// Reads at least one more byte.
    async fn fill<S: AsyncRead + Unpin>(&mut self, stream: &mut S) -> Result<()> {
        // Moves the unread bytes, at most the start of one message, to the front.
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let read = stream.read(&mut self.bytes[self.end..]).await;
        match read.map_err(from_stream)? {
            0 => Err(from_stream(io::ErrorKind::UnexpectedEof.into())),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }

    /// Takes the next message, which is not a row because complete rows were taken before. Returns
    /// `None` if the message is incomplete; if it does not fit, enlarges the buffer.
    fn message(&mut self) -> Result<Option<Message>> {
        let Some(header) = Header::parse(self.unread()).map_err(broken)? else { return Ok(None) };
        // The parser excludes a negative length. The length does not include the tag.
        let length = header.len() as usize + 1;
        if length > LONGEST_ROW {
            let problem = format!("a row of {length} bytes; {LONGEST_ROW} are the most");
            return Err(Error::Misconfigured(problem));
        }
        if self.unread().len() < length {
            if self.bytes.len() < length {
                self.bytes.resize(length, 0);
            }
            return Ok(None);
        }
        let message = Message::parse(&mut BytesMut::from(&self.unread()[..length]));
        self.take(length);
        message.map_err(broken)
    }
}

#[cfg(test)]
mod tests;
