use std::sync::Mutex;

use async_trait::async_trait;
use pgfold_core::{Outcome, Result, TaskToken, Workflows};

use super::lock;

/// Tasks that wait, and what they heard.
#[derive(Debug, Default)]
pub struct MemoryWorkflows {
    heard: Mutex<Vec<(TaskToken, Option<Outcome>)>>,
}

impl MemoryWorkflows {
    /// Returns what the task of a token heard, in this order: its outcome, once, or `None` for a
    /// beat.
    pub fn heard(&self, token: &TaskToken) -> Vec<Option<Outcome>> {
        let heard = lock(&self.heard);
        let own = heard.iter().filter(|(of, _)| of == token);
        own.map(|(_, outcome)| outcome.clone()).collect()
    }

    fn hear(&self, token: &TaskToken, outcome: Option<Outcome>) {
        let mut heard = lock(&self.heard);
        let is_over = heard.iter().any(|(of, outcome)| of == token && outcome.is_some());
        if !is_over {
            heard.push((token.clone(), outcome));
        }
    }
}

#[async_trait]
impl Workflows for MemoryWorkflows {
    async fn end(&self, token: &TaskToken, outcome: &Outcome) -> Result<()> {
        self.hear(token, Some(outcome.clone()));
        Ok(())
    }

    async fn beat(&self, token: &TaskToken) -> Result<()> {
        self.hear(token, None);
        Ok(())
    }
}
