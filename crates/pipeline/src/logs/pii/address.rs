//! IP addresses: their one form, and the network that masking keeps.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// The address that a text spells, also with a port or a zone, or with leading zeros. IPv4 that is
/// mapped into IPv6 is IPv4.
pub fn address(text: &str) -> Option<IpAddr> {
    let ip = match text.parse::<IpAddr>() {
        Ok(ip) => ip,
        Err(_) => other_spelling(text)?,
    };
    Some(ip.to_canonical())
}

/// Hardly any text comes here.
#[cold]
fn other_spelling(text: &str) -> Option<IpAddr> {
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    let inner = text.trim_matches(['[', ']']);
    let inner = inner.split_once('%').map_or(inner, |(ip, _zone)| ip);
    match inner.parse() {
        Ok(ip) => Some(ip),
        Err(_) => with_zeros(text).map(IpAddr::V4),
    }
}

/// Four decimal numbers, whatever zeros they begin with.
fn with_zeros(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| octets.into())
}

/// Writes the network of an address: /24 of IPv4, also where IPv6 embeds it, else /32 of IPv6.
pub fn network(ip: IpAddr, space: &mut String) {
    let embedded = match ip {
        IpAddr::V4(ip) => Ok(ip),
        IpAddr::V6(ip) => embedded(ip).ok_or(ip),
    };
    match embedded {
        Ok(ip) => {
            for octet in &ip.octets()[..3] {
                push_number(*octet, space);
                space.push('.');
            }
            space.push('0');
        }
        Err(ip) => {
            let [a, b, ..] = ip.segments();
            // Writing into a text does not fail.
            let _ = write!(space, "{}", Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0));
        }
    }
}

/// A number without the cost of formatting, which is a tenth of all work on a log.
fn push_number(number: u8, space: &mut String) {
    for (place, digit) in [(100, number / 100), (10, number / 10 % 10), (1, number % 10)] {
        if number >= place || place == 1 {
            space.push(char::from(b'0' + digit));
        }
    }
}

/// The IPv4 address inside of 6to4 (RFC 3056), Teredo (RFC 4380), NAT64 (RFC 6052), a mapped or a
/// compatible address (RFC 4291).
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let ipv4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0x2002, high, low, ..] => Some(ipv4(high, low)),
        // The client's address, each bit inverted; the server's stands before it.
        [0x2001, 0, .., high, low] => Some(ipv4(!high, !low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0xffff, high, low] => {
            Some(ipv4(high, low))
        }
        // `::1` and its like embed nothing.
        [0, 0, 0, 0, 0, 0, high, low] if high > 0 => Some(ipv4(high, low)),
        _ => None,
    }
}
