//! Queues of an account.

use std::time::Duration;

use reqwest::{Method, Response};

use super::{
    Account, Error, Message, messages,
    service::{Request, Service, unreachable},
};

/// The queues of a storage account. Texts go through as they are, without base64.
#[derive(Clone, Debug)]
pub struct Queues {
    service: Service,
}

impl Queues {
    /// Sends nothing yet.
    pub fn new(account: &Account) -> Self {
        Self { service: Service::new(account) }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.service.account
    }

    /// Makes a queue, unless it is there.
    pub async fn create(&self, queue: &str) -> Result<(), Error> {
        self.send(Method::PUT, "create the queue", &[queue], &[], None).await.map(drop)
    }

    /// Puts a message at the end of a queue.
    pub async fn put(&self, queue: &str, text: &str) -> Result<(), Error> {
        let path = [queue, "messages"];
        self.send(Method::POST, "put a message on", &path, &[], Some(text)).await.map(drop)
    }

    /// Takes up to `max` messages (32 at most), which others do not see until `visibility` is
    /// over. Whole seconds count, one at least.
    pub async fn receive(
        &self,
        queue: &str,
        max: u32,
        visibility: Duration,
    ) -> Result<Vec<Message>, Error> {
        let visibility = visibility.as_secs().max(1);
        self.list(queue, max, ("visibilitytimeout", visibility.to_string())).await
    }

    /// Looks at up to `max` messages (32 at most) and leaves them as they are.
    pub async fn peek(&self, queue: &str, max: u32) -> Result<Vec<Message>, Error> {
        self.list(queue, max, ("peekonly", "true".to_owned())).await
    }

    /// Hides a received message for another while from now on, or shows it at once (zero). What
    /// comes back replaces the message: it has a new receipt.
    pub async fn hide(
        &self,
        queue: &str,
        message: &Message,
        visibility: Duration,
    ) -> Result<Message, Error> {
        let doing = "hide a message of";
        let path = [queue, "messages", &message.id];
        let query = [
            ("popreceipt", message.pop_receipt.clone()),
            ("visibilitytimeout", visibility.as_secs().to_string()),
        ];
        let answer = self.send(Method::PUT, doing, &path, &query, Some(&message.text)).await?;
        let header = |name| header(&answer, doing, queue, name);
        let pop_receipt = header("x-ms-popreceipt")?.to_owned();
        let next_visible = messages::time(header("x-ms-time-next-visible")?)
            .map_err(|problem| Error::Answer { doing, name: queue.to_owned(), problem })?;
        Ok(Message { pop_receipt, next_visible, ..message.clone() })
    }

    /// Deletes a message that we were the last to receive.
    pub async fn delete(&self, queue: &str, message: &Message) -> Result<(), Error> {
        let path = [queue, "messages", &message.id];
        let query = [("popreceipt", message.pop_receipt.clone())];
        self.send(Method::DELETE, "delete a message of", &path, &query, None).await.map(drop)
    }

    /// How many messages there are, hidden ones included.
    pub async fn len(&self, queue: &str) -> Result<u64, Error> {
        let doing = "count the messages of";
        let query = [("comp", "metadata".to_owned())];
        let answer = self.send(Method::GET, doing, &[queue], &query, None).await?;
        let count = header(&answer, doing, queue, "x-ms-approximate-messages-count")?;
        let problem = || format!("has the count `{count}`");
        let wrong = |_| Error::Answer { doing, name: queue.to_owned(), problem: problem() };
        count.parse().map_err(wrong)
    }

    async fn list(
        &self,
        queue: &str,
        max: u32,
        how: (&str, String),
    ) -> Result<Vec<Message>, Error> {
        let doing = "read messages of";
        let query = [("numofmessages", max.clamp(1, 32).to_string()), how];
        let answer = self.send(Method::GET, doing, &[queue, "messages"], &query, None).await?;
        let xml = answer.text().await.map_err(|error| unreachable(doing, queue, error))?;
        messages::parse(&xml).map_err(|problem| Error::Answer {
            doing,
            name: queue.to_owned(),
            problem,
        })
    }

    async fn send(
        &self,
        method: Method,
        doing: &'static str,
        path: &[&str],
        query: &[(&str, String)],
        text: Option<&str>,
    ) -> Result<Response, Error> {
        let body = text.map(messages::body).unwrap_or_default().into_bytes();
        let endpoint = self.service.account.queue_endpoint();
        let blob_type = None;
        self.service.send(Request { method, endpoint, path, query, blob_type, body, doing }).await
    }
}

fn header<'a>(
    answer: &'a Response,
    doing: &'static str,
    queue: &str,
    name: &str,
) -> Result<&'a str, Error> {
    let problem = || Error::Answer {
        doing,
        name: queue.to_owned(),
        problem: format!("has no header {name}"),
    };
    answer.headers().get(name).and_then(|value| value.to_str().ok()).ok_or_else(problem)
}
