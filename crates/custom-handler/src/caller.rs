//! Who may call: the host, and programs on this machine. A page in a browser of this machine may
//! not: without these checks it could post an invocation to the port, or read answers through a
//! name of its own that leads here (DNS rebinding).

use warp::http::{HeaderMap, Method, header, uri::Authority};

/// Names by which the host calls.
const LOCAL: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Why a call is refused, with the status; `None` where it is not.
pub(crate) fn refused(method: &Method, headers: &HeaderMap) -> Option<(u16, &'static str)> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_local = |host: &str| {
        host.parse::<Authority>().is_ok_and(|authority| LOCAL.contains(&authority.host()))
    };
    if text(header::HOST).is_some_and(|host| !is_local(host)) {
        return Some((421, "the host calls by 127.0.0.1 or localhost alone"));
    }
    if headers.contains_key(header::ORIGIN) {
        return Some((403, "pages in a browser may not call"));
    }
    // What a page may send to others without asking them is never JSON.
    let media_type = text(header::CONTENT_TYPE).unwrap_or_default().split(';').next();
    let is_json = media_type.is_some_and(|kind| kind.trim() == "application/json");
    (*method == Method::POST && !is_json)
        .then_some((415, "an invocation has the content type application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, headers: &[(&str, &str)]) -> Option<u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = header::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            map.insert(name, value.parse().expect("a value"));
        }
        refused(&method, &map).map(|(status, _)| status)
    }

    #[test]
    fn the_host_may_call() {
        let json = ("content-type", "application/json; charset=utf-8");
        for host in ["127.0.0.1:41207", "localhost:7071", "localhost", "[::1]:80"] {
            assert_eq!(status(Method::POST, &[("host", host), json]), None, "{host}");
            assert_eq!(status(Method::GET, &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn a_page_in_a_browser_may_not() {
        let json = ("content-type", "application/json");
        for host in ["evil.example", "evil.example:41207", "127.0.0.1.evil.example", "a@b@c", ""] {
            assert_eq!(status(Method::GET, &[("host", host)]), Some(421), "{host}");
        }
        let from_page = [("host", "localhost"), ("origin", "https://evil.example"), json];
        assert_eq!(status(Method::POST, &from_page), Some(403));
        for kind in ["text/plain", "application/x-www-form-urlencoded", "text/json", ""] {
            let simple = [("host", "localhost"), ("content-type", kind)];
            assert_eq!(status(Method::POST, &simple), Some(415), "{kind}");
        }
        assert_eq!(status(Method::POST, &[]), Some(415));
    }
}
