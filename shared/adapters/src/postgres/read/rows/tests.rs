use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::FutureExt;
use pgfold_core::{KeyRef, RowBuffer};
use proptest::{collection::vec, prelude::*, sample::Index};
use tokio::io::ReadBuf;

use super::*;

mod noise;

/// A server that sends these bytes, part by part, whatever it is asked, and then closes the
/// connection.
struct Server(VecDeque<Vec<u8>>);

impl Server {
    fn new(answer: &[u8], cuts: &[Index]) -> Self {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(answer.len() + 1)).collect();
        cuts.extend([0, answer.len()]);
        cuts.sort_unstable();
        let parts = cuts.windows(2).map(|cut| answer[cut[0]..cut[1]].to_vec());
        Self(parts.filter(|part| !part.is_empty()).collect())
    }
}

impl AsyncRead for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(mut part) = self.0.pop_front() {
            let rest = part.split_off(part.len().min(buffer.remaining()));
            buffer.put_slice(&part);
            if !rest.is_empty() {
                self.0.push_front(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn statement() -> Statement {
    Statement {
        sql: String::new(),
        key: KeyKind::Integer,
        forms: Vec::new(),
        fields: Vec::new(),
        values: Vec::new(),
    }
}

/// Folds the rows of a server's answers. Returns the bytes after the answers.
fn fold_answers(server: Server, answers: usize, fold: &mut dyn FoldRows) -> Result<Bytes> {
    let statement = statement();
    let mut conversation = Conversation::new(server);
    let reading = async {
        for _ in 0..answers {
            conversation.ask(&statement).await?;
        }
        for _ in 0..answers {
            conversation.fold_answer(&statement, fold).await?;
        }
        Ok(())
    };
    // The server is always ready.
    let done = reading.now_or_never().unwrap();
    done.map(|()| conversation.end().1)
}

fn integer(key: KeyRef<'_>) -> i64 {
    let KeyRef::Integer(key) = key else { panic!("{key:?}") };
    key
}

/// Reads a server's answers. Returns the keys and texts of the rows, and the bytes after the
/// answers.
fn read_answers(server: Server, answers: usize) -> (Vec<(i64, String)>, Result<Bytes>) {
    let mut rows = Vec::new();
    let after = fold_answers(server, answers, &mut |batch: RowBatch<'_>| {
        batch.for_each(|key, (text,): (Option<&str>,)| {
            rows.push((integer(key), text.unwrap_or("NULL").to_owned()));
        })
    });
    (rows, after)
}

fn read(server: Server) -> (Vec<(i64, String)>, Result<Bytes>) {
    read_answers(server, 1)
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32 + 4).to_be_bytes();
    [&[tag], &length[..], body].concat()
}

/// Describes two columns. The first is a key whose type has this number.
fn description(key: u32) -> Vec<u8> {
    let column = |name: &str, oid: u32| {
        let of_no_table = [0; 6];
        let width_modifier_format = [0, 8, 0xff, 0xff, 0xff, 0xff, 0, 1];
        [name.as_bytes(), &[0], &of_no_table, &oid.to_be_bytes(), &width_modifier_format].concat()
    };
    message(b'T', &[&[0, 2][..], &column("id", key), &column("name", Type::TEXT.oid())].concat())
}

fn rows(texts: &[(i64, String)]) -> Vec<u8> {
    let mut buffer = RowBuffer::new(KeyKind::Integer);
    for (key, text) in texts {
        buffer.push([Some(&key.to_be_bytes()[..]), Some(text.as_bytes())]);
    }
    buffer.into_bytes()
}

/// Returns the messages that start an answer; `end` returns those that end it.
fn start() -> Vec<u8> {
    [message(b'1', &[]), message(b'2', &[]), description(Type::INT8.oid())].concat()
}

fn end() -> Vec<u8> {
    [message(b'C', b"SELECT 3\0"), message(b'Z', b"T")].concat()
}

fn why(result: Result<Bytes>) -> String {
    result.unwrap_err().with_causes()
}

proptest! {
    #[test]
    fn an_answer_is_read_however_it_is_cut(
        before in vec((any::<i64>(), "[a-z]{0,9}"), 0..30),
        after in vec((any::<i64>(), "[a-z]{0,9}"), 0..30),
        cuts in vec(any::<Index>(), 0..9),
    ) {
        // Messages that may arrive at any time are between the rows; the start of the next answer
        // follows.
        let between = [message(b'S', b"TimeZone\0UTC\0"), message(b'N', b"Mhello\0\0")].concat();
        let next = message(b'A', &[0, 0, 0, 1, b'a', 0, 0]);
        let answer = [start(), rows(&before), between, rows(&after), end(), next.clone()].concat();
        let (read, rest) = read(Server::new(&answer, &cuts));
        let rest = rest.unwrap();
        prop_assert!(next.starts_with(&rest), "{:?}", rest);
        prop_assert_eq!(read, [before, after].concat());
    }

    #[test]
    fn an_incomplete_answer_is_an_error(
        texts in vec((any::<i64>(), "[a-z]{0,9}"), 0..9),
        cuts in vec(any::<Index>(), 0..3),
        half in any::<Index>(),
    ) {
        let answer = [start(), rows(&texts), end()].concat();
        let (_, cut_off) = read(Server::new(&answer[..half.index(answer.len())], &cuts));
        prop_assert!(cut_off.is_err());
    }
}

#[test]
fn consecutive_answers_are_read() {
    let texts = [(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())];
    let answer = |texts| [start(), rows(texts), end()].concat();
    let answers = [answer(&texts[..2]), answer(&[]), answer(&texts[2..])].concat();
    let (read, after) = read_answers(Server::new(&answers, &[]), 3);
    assert_eq!((read.as_slice(), after.unwrap().len()), (&texts[..], 0));
}

#[test]
fn a_row_longer_than_the_buffer_is_read() {
    let texts = [(1, "a".repeat(3 * BUFFER)), (2, "b".to_owned())];
    let answer = [start(), rows(&texts), end()].concat();
    let (read, after) = read(Server::new(&answer, &[]));
    assert_eq!((read.as_slice(), after.unwrap().len()), (&texts[..], 0));
}

#[test]
fn a_row_longer_than_the_limit_is_an_error_before_it_is_read() {
    let header = [b"D", &(1_u32 << 30).to_be_bytes()[..], &[0; 20]].concat();
    let error = why(read(Server::new(&[start(), header].concat(), &[])).1);
    assert_eq!(error, "a row of 1073741825 bytes; 67108864 are the most");
}

#[test]
fn an_error_of_postgres_is_retryable_or_not_by_its_code() {
    let failed =
        |fields: &[u8]| why(read(Server::new(&[start(), message(b'E', fields)].concat(), &[])).1);
    let no_column = failed(b"SERROR\0C42703\0Mno such column\0\0");
    assert_eq!(no_column, "postgres: no such column (SQLSTATE 42703)");
    let timeout = failed(b"SERROR\0C57014\0Mstatement timeout\0\0");
    assert!(timeout.starts_with("postgres is unavailable: statement timeout (SQLSTATE 57014)"));
    assert!(failed(b"nonsense").starts_with("postgres is unavailable"));
}

#[tokio::test]
async fn a_query_that_cannot_be_sent_fails_with_the_last_words_of_postgres() {
    let (near, mut far) = tokio::io::duplex(BUFFER);
    let fatal = message(b'E', b"SFATAL\0C57P01\0Mterminating connection\0\0");
    far.write_all(&[start(), rows(&[(1, "a".to_owned())]), fatal].concat()).await.unwrap();
    drop(far);
    let error = Conversation::new(near).ask(&statement()).await.unwrap_err();
    let words = "postgres is unavailable: terminating connection (SQLSTATE 57P01)";
    assert_eq!(error.to_string(), words);
    let (near, far) = tokio::io::duplex(BUFFER);
    drop(far);
    let mute = Conversation::new(near).ask(&statement()).await.unwrap_err();
    assert_eq!(mute.to_string(), "postgres is unavailable: the connection failed");
}

#[test]
fn a_key_of_another_type_is_not_read_as_an_integer() {
    let answer = [description(Type::NUMERIC.oid()), rows(&[(1, "a".to_owned())]), end()].concat();
    let (read, after) = read(Server::new(&answer, &[]));
    assert_eq!(read, []);
    assert!(why(after).starts_with("the key is of another type now (oid 1700)"));
}

#[test]
fn a_message_that_does_not_belong_in_an_answer_is_an_error() {
    for other in [message(b'G', &[0, 0, 0]), message(b'd', b"copy"), message(b'Z', b"I")] {
        let error = why(read(Server::new(&[start(), other].concat(), &[])).1);
        assert!(error.contains("does not belong in the answer"), "{error}");
    }
    let unknown = why(read(Server::new(&message(b'?', &[]), &[])).1);
    assert!(unknown.contains("unknown message tag"), "{unknown}");
}
