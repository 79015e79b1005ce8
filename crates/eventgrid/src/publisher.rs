//! Sends CloudEvents to an Event Grid topic.

use std::{net::IpAddr, time::Duration};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use retry::{Again, Backoff, retry};
use tokio::time::{Instant, timeout_at};

use crate::{
    auth::{Auth, Signer},
    cloud_event::CloudEvent,
    error::{Error, Failure},
};

/// Time for all tries together, unless the caller says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longest deadline that makes sense; it also keeps sums of times in their range.
const LONGEST_DEADLINE: Duration = Duration::from_secs(3600);

/// Wait after the first try; it doubles with each further one, up to `LONGEST_WAIT`. Jitter makes
/// each up to twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Version of the topics' API that takes CloudEvents.
const API_VERSION: &str = "api-version=2018-01-01";

/// Publishes to one topic, whose input schema must be CloudEvents 1.0. Cheap to clone; a clone
/// shares connections and token. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Publisher {
    client: Client,
    endpoint: Url,
    signer: Signer,
    deadline: Duration,
}

impl Publisher {
    /// A publisher to `https://<topic>.<region>.eventgrid.azure.net/api/events`; plain http is
    /// good for this machine only. Nothing is sent yet.
    pub fn new(endpoint: &str, auth: Auth) -> Result<Self, Error> {
        let (endpoint, here) = address(endpoint)?;
        // A redirect would carry the key to another host.
        let mut client = Client::builder().redirect(redirect::Policy::none());
        if here {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| Error::Client { why: error.to_string() })?;
        Ok(Self { client, endpoint, signer: Signer::new(auth)?, deadline: DEADLINE })
    }

    /// Changes how long [`publish`](Self::publish) may take at most: 10 s at first, up to an
    /// hour.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(LONGEST_DEADLINE);
        self
    }

    /// Sends one event and waits until the topic has it. Tries again, with growing waits, on 408,
    /// 429, 5xx, timeouts and lost connections. Events only report work that is done:
    /// log the error and go on.
    pub async fn publish(&self, event: &CloudEvent) -> Result<(), Error> {
        let body = serde_json::to_vec(event).expect("texts and numbers are always JSON");
        let until = Instant::now() + self.deadline;
        // One try that hangs must leave time for a second one.
        let longest_try = self.deadline.mul_f64(0.4);
        let mut tries = 0;
        let send = || {
            tries += 1;
            let limit = until.min(Instant::now() + longest_try);
            let tried = timeout_at(limit, self.try_once(event, &body));
            async { tried.await.unwrap_or_else(|_| Err(Failure::again("no answer in time"))) }
        };
        let backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT).with_jitter();
        let sent = retry(backoff, send, |failure| match failure {
            Failure::Again { wait, .. } => {
                let at_least = wait.unwrap_or_default().min(self.deadline);
                Some(Again { deadline: self.deadline, at_least })
            }
            Failure::Final(_) => None,
        });
        sent.await.map_err(|failure| match failure {
            Failure::Again { why, .. } => Error::Deadline {
                kind: event.kind(),
                id: event.id.clone(),
                seconds: self.deadline.as_secs_f64(),
                tries,
                last: why,
            },
            Failure::Final(error) => error,
        })
    }

    async fn try_once(&self, event: &CloudEvent, body: &[u8]) -> Result<(), Failure> {
        let (name, value) = self.signer.header().await?;
        let request = self
            .client
            .post(self.endpoint.clone())
            .header(name, value)
            .header(CONTENT_TYPE, "application/cloudevents+json; charset=utf-8")
            .body(body.to_vec());
        match request.send().await {
            Ok(response) => judge(event, &response),
            Err(error) if error.is_connect() => Err(Failure::again("no connection to the topic")),
            Err(_) => Err(Failure::again("the connection to the topic was lost")),
        }
    }
}

/// The URL to post to, and whether it is on this machine.
fn address(endpoint: &str) -> Result<(Url, bool), Error> {
    let refuse = |why: &str| Error::Endpoint { why: why.to_owned() };
    let mut url = Url::parse(endpoint.trim())
        .map_err(|error| Error::Endpoint { why: format!("is not a URL ({error})") })?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if here => {}
        _ => return Err(refuse("is not https")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("has a user or a password in it"));
    }
    if url.path() == "/" {
        url.set_path("/api/events");
    }
    url.set_query(Some(API_VERSION));
    url.set_fragment(None);
    Ok((url, here))
}

/// What the topic's answer means. Its text is not shown: it could echo what was sent.
fn judge(event: &CloudEvent, response: &Response) -> Result<(), Failure> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || again.contains(&status) {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let wait = wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
        return Err(Failure::Again {
            why: format!("the topic answered {}", status.as_u16()),
            wait,
        });
    }
    let what_to_do = match status.as_u16() {
        400 => "check that the topic takes CloudEvents 1.0",
        401 | 403 => "check its key, or give the identity the role EventGrid Data Sender",
        404 => "check the endpoint",
        413 => "an event may have 1 MB",
        _ => "check the endpoint and the topic's network rules",
    };
    let (kind, id) = (event.kind(), event.id.clone());
    Err(Failure::Final(Error::Refused { status: status.as_u16(), kind, id, what_to_do }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posts_to(endpoint: &str) -> Result<String, String> {
        address(endpoint).map(|(url, _)| url.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn endpoints_are_completed() {
        let full = "https://t.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01";
        for given in [
            "https://t.westeurope-1.eventgrid.azure.net/api/events",
            " https://t.westeurope-1.eventgrid.azure.net ",
            "https://t.westeurope-1.eventgrid.azure.net/api/events?api-version=2017-01-01#x",
        ] {
            assert_eq!(posts_to(given).as_deref(), Ok(full));
        }
        assert!(posts_to("http://127.0.0.1:9/x").is_ok() && posts_to("http://[::1]:9/x").is_ok());
    }

    #[test]
    fn endpoints_that_would_show_the_key_are_refused() {
        for bad in ["", "t.eventgrid.azure.net", "http://t.eventgrid.azure.net/", "ftp://t/"] {
            assert!(posts_to(bad).is_err(), "{bad}");
        }
        let error = posts_to("https://user:hunter2@t.eventgrid.azure.net/").unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let auth = Auth::Key("hunter2".to_owned());
        assert!(!format!("{auth:?}").contains("hunter2"));
        let publisher = Publisher::new("https://t.eventgrid.azure.net", auth).unwrap();
        assert!(!format!("{publisher:?}").contains("hunter2"));
        for bad in ["", " ", "hunter2\nhunter3"] {
            let auth = Auth::Key(bad.to_owned());
            let error = Publisher::new("https://t.eventgrid.azure.net", auth).unwrap_err();
            assert!(matches!(error, Error::Key { .. }) && !error.to_string().contains("hunter"));
        }
    }
}
