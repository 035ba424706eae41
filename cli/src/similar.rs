//! Names that somebody may have meant.

/// Returns `did you mean "points"?` for a sentence of the server that quotes an unknown name and
/// ends with the known ones, `there is no source "point"; there is points, trips`, or begins with
/// them, `order_by must be one of city, rows, not "row"` or
/// `execution must be streaming or pushdown, not "stream"`.
pub(crate) fn of_sentence(sentence: &str) -> Option<String> {
    let known_last = ["; there is ", "; it has "].iter().find_map(|end| sentence.split_once(end));
    let (about, known) = match known_last {
        Some(parts) => parts,
        None => {
            let (known, about) = sentence.split_once(" must be ")?.1.rsplit_once(", not ")?;
            (about, known.strip_prefix("one of ").unwrap_or(known))
        }
    };
    let given = about.split('"').nth(1)?;
    let names = known.split(", ").flat_map(|names| names.split(" or "));
    did_you_mean(given, &names.collect::<Vec<_>>())
}

/// Returns `did you mean "points"?` if one of the known names is spelled much like `given`.
pub(crate) fn did_you_mean(given: &str, known: &[&str]) -> Option<String> {
    // A third of the letters may be wrong, and of a short name one.
    let most = |name: &str| (given.chars().count().max(name.chars().count()) / 3).max(1);
    let distances = known.iter().map(|name| (distance(given, name), name));
    let (_, name) = distances.filter(|(distance, name)| *distance <= most(name)).min()?;
    Some(format!("did you mean {name:?}?"))
}

/// Returns how many letters must be added, removed, replaced or exchanged with their neighbour to
/// make one name of the other. The case of a letter does not count.
fn distance(one: &str, other: &str) -> usize {
    strsim::osa_distance(&one.to_lowercase(), &other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_spelled_is_suggested() {
        let known = ["points", "trips", "x1"];
        for (given, meant) in [
            ("point", Some("points")),
            ("Points", Some("points")),
            ("piont", Some("points")),
            ("trip", Some("trips")),
            ("x2", Some("x1")),
            ("orders", None),
            ("", None),
        ] {
            let expected = meant.map(|name| format!("did you mean {name:?}?"));
            assert_eq!(did_you_mean(given, &known), expected, "{given}");
        }
    }

    #[test]
    fn a_sentence_of_the_server_has_the_names() {
        for (sentence, meant) in [
            ("there is no kernel \"sumary\"; there is min_distance, summary", Some("summary")),
            ("there is no source \"point\"; there is points", Some("points")),
            ("the source has no column \"amout\" to read; it has id, amount", Some("amount")),
            ("the source has no column \"salary\" to read; it has x1, y1", None),
            ("order_by must be one of city, rows, fare.sum, not \"fare.summ\"", Some("fare.sum")),
            ("order_by must be one of city, rows, fare.sum, not \"wages\"", None),
            ("execution must be streaming or pushdown, not \"pushdwn\"", Some("pushdown")),
            ("metric must be euclidean or haversine or geodesic, not \"x\"", None),
            ("state must be one of pending, completed, failed, not \"fail\"", Some("failed")),
            ("chunks must be a whole number from 1 to 10000, not 0", None),
        ] {
            let expected = meant.map(|name| format!("did you mean {name:?}?"));
            assert_eq!(of_sentence(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn without_a_name_nothing_is_suggested() {
        assert_eq!(did_you_mean("points", &[]), None);
    }
}
