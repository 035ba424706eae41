//! The examples of each command's help. A test parses them.

pub(crate) const RUN: &str = "\
Examples:
  pgfold run
  pgfold run --kernel summary --source orders --column amount
  pgfold run --kernel histogram --column amount --params '{\"bounds\": [0, 10, 100]}'
  pgfold run --kernel distinct --column rider --where 'city=Rome' --where 'ended_at is not null'
  pgfold run --where 'started_at>=2026-11-01' --group-by city,day=day:started_at@Europe/Rome \\
    --compute fare=summary:fare --compute 'p=quantiles:fare?{\"ranks\": [0.5]}' \\
    --order-by fare.sum --descending --limit 10
  pgfold run --compute fare=summary:fare --group-by city --csv > fares.csv
  pgfold run --kernel rows --columns city,fare --output trips.parquet --chunks 16
  pgfold run --compute fare=summary:fare --group-by rider --output riders.csv
  pgfold run --chunks 16 --execution pushdown --dry-run
  pgfold run --json --no-receipts --idempotency-key 'report of today'";

pub(crate) const STATUS: &str = "\
Examples:
  pgfold status agg_01a20719-276f-7542-9b3e-818581d36bea
  pgfold status agg_01a20719-276f-7542-9b3e-818581d36bea --wait --timeout 60
  pgfold status agg_01a20719-276f-7542-9b3e-818581d36bea --csv > answer.csv";

pub(crate) const WAIT: &str = "\
Examples:
  pgfold wait agg_01a20719-276f-7542-9b3e-818581d36bea
  pgfold wait agg_01a20719-276f-7542-9b3e-818581d36bea --csv > answer.csv
  pgfold wait agg_01a20719-276f-7542-9b3e-818581d36bea --json --no-receipts --timeout 600";

pub(crate) const FETCH: &str = "\
Examples:
  pgfold fetch agg_01a20719-276f-7542-9b3e-818581d36bea
  pgfold fetch agg_01a20719-276f-7542-9b3e-818581d36bea --output trips.parquet
  pgfold fetch agg_01a20719-276f-7542-9b3e-818581d36bea --output trips/ --wait
  pgfold fetch agg_01a20719-276f-7542-9b3e-818581d36bea --output - > trips.csv";

pub(crate) const LIST: &str = "\
Examples:
  pgfold list
  pgfold list --state failed --limit 100
  pgfold list --all --json";

pub(crate) const CANCEL: &str = "\
Example:
  pgfold cancel agg_01a20719-276f-7542-9b3e-818581d36bea";

pub(crate) const RETRY: &str = "\
Example:
  pgfold retry agg_01a20719-276f-7542-9b3e-818581d36bea";

pub(crate) const KERNELS: &str = "\
Examples:
  pgfold kernels
  pgfold kernels --json";

pub(crate) const SOURCES: &str = "\
Examples:
  pgfold sources
  pgfold sources orders";

pub(crate) const DOCTOR: &str = "\
Examples:
  pgfold doctor
  pgfold doctor --url https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com --auth iam";

pub(crate) const PROXY: &str = "\
Examples:
  pgfold proxy
  pgfold proxy --port 9000";

pub(crate) const SCHEDULE: &str = "\
Examples:
  pgfold schedule create nightly --cron '0 3 * * ? *' --kernel summary --column amount
  pgfold schedule list
  pgfold schedule delete nightly";

pub(crate) const SCHEDULE_CREATE: &str = "\
Examples:
  pgfold schedule create nightly --cron '0 3 * * ? *' --time-zone Europe/Rome \\
    --source trips --group-by city --compute fare=summary:fare
  pgfold schedule create hourly --rate '1 hour' --kernel summary --column amount --stack pgfold-dev
  pgfold schedule create once --at 2026-12-01T03:00:00 --kernel rows --columns city,fare \\
    --format parquet";

pub(crate) const SCHEDULE_LIST: &str = "\
Examples:
  pgfold schedule list
  pgfold schedule list --stack pgfold-dev --region eu-central-1";

pub(crate) const SCHEDULE_DELETE: &str = "\
Example:
  pgfold schedule delete nightly";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  source <(pgfold completions bash)
  pgfold completions fish > ~/.config/fish/completions/pgfold.fish";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, Parser};

    use crate::arguments::Arguments;

    /// Splits a line into words as a shell does. The examples use no quotes but single ones.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('\'').enumerate().flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        parts.map(str::to_owned).collect()
    }

    /// Returns a command's own commands and theirs, each with the words that call it.
    fn all(command: &Command, words: &[&str]) -> Vec<(String, Command)> {
        let own = command.get_subcommands().filter(|one| one.get_name() != "help");
        let below = own.flat_map(|one| {
            let words = [words, &[one.get_name()]].concat();
            let below = all(one, &words);
            [(words.join(" "), one.clone())].into_iter().chain(below)
        });
        below.collect()
    }

    #[test]
    fn every_command_has_examples_that_are_right() {
        for (name, subcommand) in all(&Arguments::command(), &[]) {
            let help = subcommand.get_after_help().unwrap_or_else(|| panic!("{name}")).to_string();
            // A line that ends in a backslash goes on in the next.
            let help = help.replace(" \\\n", " ");
            let mut lines = help.lines();
            assert!(matches!(lines.next(), Some("Examples:" | "Example:")), "{help}");
            for line in lines {
                let line = line.trim_start_matches("  source <(").trim_end_matches(')');
                let line = line.split(" > ").next().unwrap_or_default();
                let words = words(line);
                assert!(words.join(" ").starts_with(&format!("pgfold {name}")), "{line}");
                let parsed = Arguments::try_parse_from(&words);
                assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
            }
        }
    }
}
