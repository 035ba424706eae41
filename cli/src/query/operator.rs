//! The operators of a condition.

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Compare(Comparison),
    In,
    Is,
}

/// The characters of operators that are not words.
pub(super) const SIGNS: [char; 4] = ['=', '<', '>', '!'];

const NAMED: [(&str, Comparison); 7] = [
    ("=", Comparison::Eq),
    ("!=", Comparison::Ne),
    ("<>", Comparison::Ne),
    ("<", Comparison::Lt),
    ("<=", Comparison::Le),
    (">", Comparison::Gt),
    (">=", Comparison::Ge),
];

impl Comparison {
    /// The operator as it is shown.
    pub(super) fn sign(self) -> &'static str {
        let known = NAMED.iter().find(|(_, comparison)| *comparison == self);
        known.map_or("=", |(sign, _)| sign)
    }
}

/// Returns the operator at the start of a text that does not start with a space, and what follows
/// it.
///
/// # Errors
/// There is no such operator.
pub(super) fn operator(text: &str) -> Result<(Operator, &str), String> {
    let end = text.find(|char| !SIGNS.contains(&char)).unwrap_or(text.len());
    if end == 0 {
        let (word, rest) = word(text);
        return match word.to_ascii_lowercase().as_str() {
            "in" => Ok((Operator::In, rest)),
            "is" => Ok((Operator::Is, rest)),
            _ => Err(format!("there is no operator {word:?}")),
        };
    }
    // All of the signs, so that `a==b` does not ask for the text "=b".
    let (sign, rest) = text.split_at(end);
    let known = NAMED.iter().find(|(known, _)| *known == sign);
    let (_, comparison) = known.ok_or_else(|| format!("there is no operator {sign:?}"))?;
    Ok((Operator::Compare(*comparison), rest))
}

/// Returns where an operator begins: at a sign, or at the space before a word.
pub(super) fn start(text: &str) -> Option<usize> {
    let begins = |(at, char): (usize, char)| {
        let is_word = || {
            let (word, _) = word(text[at..].trim_start());
            ["in", "is"].iter().any(|known| known.eq_ignore_ascii_case(word))
        };
        (SIGNS.contains(&char) || (char.is_whitespace() && is_word())).then_some(at)
    };
    text.char_indices().find_map(begins)
}

/// Returns the letters at the start of a text, and what follows them.
fn word(text: &str) -> (&str, &str) {
    let is_outside = |char: char| char.is_whitespace() || char == '(';
    text.split_at(text.find(is_outside).unwrap_or(text.len()))
}
