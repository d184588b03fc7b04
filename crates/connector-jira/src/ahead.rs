//! Asking for the next pages while those before are worked on, so that neither Jira nor we wait for the
//! other. What was asked ahead and is not wanted is let go; a pull that finds nothing asked asks itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::try_join_all;
use mainstem_connector::ConnectorError;
use tokio_util::task::AbortOnDropHandle;

use crate::client::Client;
use crate::cursor::Reading;
use crate::listing::{self, ListPage, Question};

/// What was asked ahead, by the condition of its project.
#[derive(Default)]
pub struct Ahead(Mutex<HashMap<String, Asked>>);

struct Asked {
    lanes: Vec<Reading>,
    pages: Vec<AbortOnDropHandle<Result<ListPage, ConnectorError>>>,
}

impl Asked {
    fn of(client: &Client, question: &Arc<Question>, lanes: &[Reading]) -> Self {
        let ask = |lane: &Reading| {
            let (client, question, lane) = (client.clone(), Arc::clone(question), lane.clone());
            let reading = async move { listing::read(&client, &question, lane).await };
            AbortOnDropHandle::new(tokio::spawn(reading))
        };
        Self { lanes: lanes.to_vec(), pages: lanes.iter().map(ask).collect() }
    }
}

impl Ahead {
    /// Asks for the pages at these places.
    pub fn ask(&self, client: &Client, question: &Arc<Question>, lanes: &[Reading]) {
        let asked = Asked::of(client, question, lanes);
        self.lock().insert(question.condition.clone(), asked);
    }

    /// The pages at these places, whether or not they were asked for ahead.
    pub async fn pages(
        &self,
        client: &Client,
        question: &Arc<Question>,
        lanes: &[Reading],
    ) -> Result<Vec<ListPage>, ConnectorError> {
        let ahead = self.lock().remove(&question.condition).filter(|asked| asked.lanes == lanes);
        let asked = ahead.unwrap_or_else(|| Asked::of(client, question, lanes));
        let pages = asked.lanes.into_iter().zip(asked.pages);
        try_join_all(pages.map(async |(lane, page)| match page.await {
            Ok(page) => page,
            // It ended in no orderly way; whoever asks again sees why.
            Err(_) => listing::read(client, question, lane).await,
        }))
        .await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ahead")
    }
}
