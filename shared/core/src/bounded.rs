use std::fmt::Display;

/// The most bytes of a sentence that is stored with a job or sent to a caller. Reasons of chunks
/// share an item of the store, so a longer one could keep a job from being told of its failure.
pub const LONGEST_SENTENCE: usize = 1000;

/// The text of `sentence`, cut at [`LONGEST_SENTENCE`] bytes; one that was cut ends with `…`.
///
/// ```
/// use pgfold_core::{LONGEST_SENTENCE, bounded};
///
/// assert_eq!(bounded("no such table"), "no such table");
/// assert_eq!(bounded("x".repeat(5000)).len(), LONGEST_SENTENCE);
/// ```
pub fn bounded(sentence: impl Display) -> String {
    const CUT: &str = "…";
    let mut text = sentence.to_string();
    if text.len() > LONGEST_SENTENCE {
        text.truncate(text.floor_char_boundary(LONGEST_SENTENCE - CUT.len()));
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
