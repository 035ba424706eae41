//! The header of a CSV file.

use std::io::{self, BufRead};

/// Skips the first record of a CSV file, whose fields may have line ends in quotes.
pub(super) fn skip(file: &mut impl BufRead) -> io::Result<()> {
    let mut is_quoted = false;
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end = bytes.iter().position(|byte| {
            // Two quotes, which are one in a field, change nothing.
            is_quoted ^= *byte == b'"';
            *byte == b'\n' && !is_quoted
        });
        let read = end.map_or(bytes.len(), |end| end + 1);
        file.consume(read);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    #[test]
    fn the_header_ends_at_the_first_line_end_outside_quotes() {
        for (file, rest) in [
            ("a,b\n1,2\n", "1,2\n"),
            ("a,b\r\n1,2\r\n", "1,2\r\n"),
            ("\"a\nb\",\"c\"\"\n\"\n1,2\n", "1,2\n"),
            ("a\n", ""),
            ("a", ""),
            ("", ""),
        ] {
            for capacity in 1..12 {
                let mut file = BufReader::with_capacity(capacity, file.as_bytes());
                skip(&mut file).unwrap();
                let mut left = String::new();
                file.read_to_string(&mut left).unwrap();
                assert_eq!(left, rest, "{capacity}");
            }
        }
    }
}
