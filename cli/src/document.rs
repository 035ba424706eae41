//! The JSON that the server wrote, or that the program writes for a script.

use std::fmt;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::text::turns_writing;

/// A JSON document as the server wrote it; shown, it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document(String);

impl Document {
    /// `None` unless `text` is JSON.
    pub(crate) fn new(text: String) -> Option<Self> {
        serde_json::from_str::<IgnoredAny>(&text).is_ok().then_some(Self(text))
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.trim().chars() {
            match char {
                // Between tokens, for strings hold none: what is below a space is escaped there.
                '\n' | '\r' | '\t' => f.write_str(" ")?,
                // Only within strings, where an escape says the same, and no terminal obeys it.
                _ if char.is_control() || turns_writing(char) => {
                    write!(f, "\\u{:04x}", u32::from(char))?;
                }
                _ => write!(f, "{char}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_shown_as_it_was_written_but_on_one_line() {
        let document =
            Document::new("{\n\t\"a\": 0.10,\r\n \"b\": \"x\\n\"}\n".to_owned()).unwrap();
        assert_eq!(document.to_string(), r#"{  "a": 0.10,   "b": "x\n"}"#);
        assert_eq!(Document::new("<html>".to_owned()), None);
        assert_eq!(Document::new(String::new()), None);
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_reads_back_the_same() {
        let value = json!({ "error": "\u{1b}[2J \u{9b} \u{7f} \u{202e} ü" });
        let shown = Document::new(value.to_string()).unwrap().to_string();
        assert_eq!(shown, r#"{"error":"\u001b[2J \u009b \u007f \u202e ü"}"#);
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
