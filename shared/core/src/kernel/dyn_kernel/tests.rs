use serde::Serialize;

use super::*;
use crate::rows::{Cell, Key, KeyKind, KeyRef, RowBuffer};

/// The part of its contract that a kernel of these tests breaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(in crate::kernel) enum Flaw {
    /// Keeps every value, as a kernel that searches for the most frequent value might.
    Unbounded,
    /// States one byte fewer than its partial has.
    LyingSize,
    Unwritable,
    Unreadable,
    PanickingReader,
    PanickingIdentity,
    /// Panics at the value 7.
    PanickingFold,
    PanickingMerge,
    PanickingAnswer,
    AnswerThatIsNoObject,
}

pub(in crate::kernel) struct Flawed(pub(in crate::kernel) Flaw);

#[derive(Debug)]
pub(in crate::kernel) struct Kept {
    flaw: Flaw,
    values: Vec<f64>,
}

impl Kernel for Flawed {
    const NAME: &'static str = "flawed";
    const ABOUT: &'static str = "Breaks a promise.";
    const COLUMNS: &'static [&'static str] = &["value"];
    type Row<'r> = [Option<f64>; 1];
    type Params = Flaw;
    type Partial = Kept;

    fn new(flaw: Flaw) -> Result<Self> {
        Ok(Self(flaw))
    }

    fn largest_partial(&self) -> usize {
        if self.0 == Flaw::LyingSize { 20 } else { 1000 }
    }

    fn identity(&self) -> Kept {
        assert!(self.0 != Flaw::PanickingIdentity, "no {}", "identity");
        Kept { flaw: self.0, values: Vec::new() }
    }

    fn fold(&self, kept: &mut Kept, _: KeyRef<'_>, [value]: [Option<f64>; 1]) -> Folded {
        let Some(value) = value else { return Folded::Skipped };
        assert!(self.0 != Flaw::PanickingFold || value != 7.0, "seven");
        if kept.values.is_empty() || self.0 == Flaw::Unbounded && !kept.values.contains(&value) {
            kept.values.push(value);
        }
        Folded::Used
    }

    fn merge(&self, mut one: Kept, other: Kept) -> Kept {
        assert!(self.0 != Flaw::PanickingMerge);
        one.values.extend(other.values);
        one
    }

    fn answer(&self, Kept { values, .. }: Kept) -> Value {
        match self.0 {
            Flaw::PanickingAnswer => std::panic::panic_any(7),
            Flaw::AnswerThatIsNoObject => json!(values.len()),
            _ => json!({ "values": values.len() }),
        }
    }
}

impl Serialize for Kept {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.flaw == Flaw::Unwritable {
            return Err(serde::ser::Error::custom("a map whose keys are no texts"));
        }
        (self.flaw, &self.values).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (flaw, values) = <(Flaw, Vec<f64>)>::deserialize(deserializer)?;
        match flaw {
            Flaw::Unreadable => Err(serde::de::Error::custom("no field `count`")),
            Flaw::PanickingReader => panic!("{}", "x".repeat(5000)),
            _ => Ok(Self { flaw, values }),
        }
    }
}

fn rows(values: impl IntoIterator<Item = f64>) -> RowBuffer {
    let mut rows = RowBuffer::new(KeyKind::Integer);
    for (key, value) in (1..).zip(values) {
        rows.push_cells(&Key::Integer(key), [Cell::Number(value)]);
    }
    rows
}

fn folded(flaw: Flaw, values: impl IntoIterator<Item = f64>) -> Result<FoldedChunk> {
    let kernel = Flawed(flaw);
    let mut fold = DynKernel::fold(&kernel);
    fold.fold(rows(values).batch())?;
    fold.finish()
}

#[test]
fn the_error_of_a_broken_kernel_names_the_kernel_and_the_fault() {
    for (flaw, problem) in [
        (Flaw::LyingSize, "its partial has 21 bytes, more than the 20 that it states"),
        (Flaw::Unwritable, "its partial cannot be written: a map whose keys are no texts"),
        (Flaw::Unreadable, "its partial does not read back: no field `count`"),
        (Flaw::PanickingReader, "its partial does not read back: its Deserialize panicked: xxx"),
        (Flaw::PanickingIdentity, "its identity panicked: no identity"),
        (Flaw::PanickingFold, "its fold panicked: seven"),
        (Flaw::PanickingMerge, "its merge panicked: assertion failed: "),
        (Flaw::PanickingAnswer, "its answer panicked: without a message"),
        (Flaw::AnswerThatIsNoObject, "its answer is not a JSON object: 1"),
    ] {
        let error = folded(flaw, [6.0, 7.0, 8.0]).unwrap_err();
        assert!(matches!(error, Error::Kernel { kernel: "flawed", .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.starts_with(&format!("the kernel flawed failed: {problem}")), "{message}");
        assert!(message.len() < 1100, "{} bytes", message.len());
        assert!(!error.is_retryable());
    }
    assert_eq!(folded(Flaw::Unbounded, [1.0, 2.0]).unwrap().rows, 2);
    assert_eq!(folded(Flaw::PanickingFold, [1.0]).unwrap().rows, 1);
}

#[test]
fn a_fold_that_has_panicked_stays_failed() {
    let kernel = Flawed(Flaw::PanickingFold);
    let mut fold = DynKernel::fold(&kernel);
    let again = |done: Result<()>| done.unwrap_err().to_string();
    assert_eq!(again(fold.fold(rows([7.0]).batch())), again(fold.fold(rows([1.0]).batch())));
    assert!(matches!(fold.finish(), Err(Error::Kernel { .. })));
}

#[test]
fn faults_are_found_in_reduce_as_well() {
    let partial = || folded(Flaw::Unbounded, (0..100).map(f64::from)).unwrap().partial;
    let reduced =
        |flaw| DynKernel::answer(&Flawed(flaw), &mut [&partial(), &partial()].into_iter());
    assert!(reduced(Flaw::Unbounded).is_ok());
    for flaw in [Flaw::PanickingIdentity, Flaw::PanickingMerge, Flaw::PanickingAnswer] {
        assert!(matches!(reduced(flaw), Err(Error::Kernel { .. })), "{flaw:?}");
    }
    let both = (0..2).map(|_| folded(Flaw::Unbounded, (0..105).map(f64::from)).unwrap().partial);
    let both: Vec<Partial> = both.collect();
    let merged = DynKernel::merge(&Flawed(Flaw::Unbounded), &mut both.iter());
    assert!(matches!(merged, Err(Error::Kernel { .. })), "{merged:?}");
}

#[test]
fn a_stored_partial_that_does_not_read_is_corrupt_or_of_another_version() {
    let error = |json| {
        let stored: Partial = serde_json::from_str(json).unwrap();
        let kernel = Flawed(Flaw::Unbounded);
        DynKernel::answer(&kernel, &mut [&stored].into_iter()).unwrap_err()
    };
    let corrupt = error(r#"{"v":1,"data":"Bw"}"#);
    assert!(matches!(corrupt, Error::Corrupt { .. }), "{corrupt:?}");
    let other = error(r#"{"v":2,"data":"kqlVbmJvdW5kZWSQ"}"#);
    assert!(matches!(other, Error::OtherVersion { version: 2, known: 1, .. }), "{other:?}");
}
