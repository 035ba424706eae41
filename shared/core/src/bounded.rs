use std::fmt::Display;

/// The most bytes of a sentence that is stored with a job or sent to a caller. Reasons of chunks
/// share an item of the store, so a longer one could prevent a job from storing its failure.
pub const LONGEST_SENTENCE: usize = 1000;

/// Returns the text of `sentence`, cut at [`LONGEST_SENTENCE`] bytes; a text that was cut ends with
/// `…`.
///
/// ```
/// use pgfold_core::{LONGEST_SENTENCE, bounded};
///
/// assert_eq!(bounded("no such table"), "no such table");
/// assert_eq!(bounded("x".repeat(5000)).len(), LONGEST_SENTENCE);
/// ```
pub fn bounded(sentence: impl Display) -> String {
    cut(sentence.to_string(), LONGEST_SENTENCE)
}

/// The most bytes of a caller's own text that an error repeats.
const LONGEST_SHOWN: usize = 100;

/// Returns a caller's own text as an error repeats it: cut at 100 bytes, so that the rest of the
/// sentence is read as well.
pub fn shown(text: impl Display) -> String {
    cut(text.to_string(), LONGEST_SHOWN)
}

fn cut(mut text: String, most: usize) -> String {
    const CUT: &str = "…";
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most - CUT.len()));
        text += CUT;
    }
    text
}

#[test]
fn a_long_sentence_is_cut_between_two_characters() {
    for character in ["x", "ü", "€", "🦀"] {
        let cut = bounded(character.repeat(2000));
        assert!(cut.len() <= LONGEST_SENTENCE && cut.len() > LONGEST_SENTENCE - 8, "{character}");
        assert!(cut.trim_end_matches('…').chars().all(|char| character.contains(char)));
    }
    assert_eq!(bounded("€".repeat(300)), "€".repeat(300));
}
