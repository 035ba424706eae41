use pgfold_api::{FilePart, Files};
use tokio::sync::Mutex;

use crate::{
    api::Api,
    error::{Error, Result, tell},
};

/// The most links that the API has in an answer.
const PAGE: usize = 1000;

/// Where the parts of a job are. The API signs the links, so they expire.
pub(super) struct Links<'a> {
    api: &'a Api,
    job_id: &'a str,
    page: Mutex<Page>,
}

/// The parts of the latest answer.
struct Page {
    first: usize,
    parts: Vec<FilePart>,
    /// How many answers there were before.
    turn: u32,
}

/// A part, and in which answer its link was.
pub(super) struct Link {
    pub(super) part: FilePart,
    turn: u32,
}

impl<'a> Links<'a> {
    /// Starts with the links that a job has.
    pub(super) fn new(api: &'a Api, job_id: &'a str, files: &Files) -> Self {
        let page = Page { first: 0, parts: files.parts.clone(), turn: 0 };
        Self { api, job_id, page: Mutex::new(page) }
    }

    /// Returns a part. Asks the API for it and those after it if the latest answer does not have it.
    pub(super) async fn of(&self, number: usize) -> Result<Link> {
        let mut page = self.page.lock().await;
        match page.get(number) {
            Some(link) => Ok(link),
            None => self.ask(&mut page, number).await,
        }
    }

    /// Returns a part with another link than `refused`, from a later answer of the API.
    pub(super) async fn renewed(&self, number: usize, refused: &Link) -> Result<Link> {
        let mut page = self.page.lock().await;
        match page.get(number).filter(|link| link.turn > refused.turn) {
            Some(link) => Ok(link),
            None => {
                tell("the storage refuses a link, which may have expired; asking for new ones");
                self.ask(&mut page, number).await
            }
        }
    }

    async fn ask(&self, page: &mut Page, number: usize) -> Result<Link> {
        let (request, files) = self.api.files(self.job_id, number, PAGE).await?;
        *page = Page { first: number, parts: files.parts, turn: page.turn + 1 };
        page.get(number).ok_or_else(|| {
            let why = format!("the answer has no link to part {number}");
            Error::Unreadable { request, why }
        })
    }
}

impl Page {
    fn get(&self, number: usize) -> Option<Link> {
        let part = self.parts.get(number.checked_sub(self.first)?)?.clone();
        Some(Link { part, turn: self.turn })
    }
}
