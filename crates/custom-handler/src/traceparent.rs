//! The `traceparent` header of W3C Trace Context, level 2.

use std::{fmt, str::FromStr};

/// The remote parent of an invocation: the host's own request span.
///
/// The host sends the header only while it has telemetry itself. With Application Insights
/// `trace_id` is the operation id and `parent_id` the id of the request row. `flags` may say
/// "not sampled" for requests that Application Insights keeps all the same: sample always, or
/// children go missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// Of the whole trace.
    pub trace_id: [u8; 16],
    /// Of the span above ours.
    pub parent_id: [u8; 8],
    /// The lowest bit: sampled.
    pub flags: u8,
}

impl TraceParent {
    /// 32 hex digits.
    pub(crate) fn trace_id_hex(&self) -> String {
        hex(&self.trace_id)
    }

    /// 16 hex digits.
    pub(crate) fn parent_id_hex(&self) -> String {
        hex(&self.parent_id)
    }
}

/// A header that is no `traceparent`: to be ignored, a new trace begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid traceparent")]
pub struct MalformedTraceParent;

impl FromStr for TraceParent {
    type Err = MalformedTraceParent;

    fn from_str(text: &str) -> Result<Self, MalformedTraceParent> {
        let mut parts = text.splitn(5, '-');
        let mut next = || parts.next().ok_or(MalformedTraceParent);
        let [version] = bytes(next()?)?;
        let trace_id: [u8; 16] = bytes(next()?)?;
        let parent_id: [u8; 8] = bytes(next()?)?;
        let [flags] = bytes(next()?)?;
        // Later versions may append fields, the first one has none.
        let more = parts.next().is_some();
        if version == 0xff || (version == 0 && more) || trace_id == [0; 16] || parent_id == [0; 8] {
            return Err(MalformedTraceParent);
        }
        Ok(Self { trace_id, parent_id, flags })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "00-{}-{}-{:02x}", self.trace_id_hex(), self.parent_id_hex(), self.flags)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly N bytes in lower-case hex digits: the specification allows no upper case.
fn bytes<const N: usize>(text: &str) -> Result<[u8; N], MalformedTraceParent> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        _ => Err(MalformedTraceParent),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(MalformedTraceParent);
    }
    let mut all = [0; N];
    for (byte, [high, low]) in all.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_header_is_read_and_written_alike() {
        let parent: TraceParent = GOOD.parse().unwrap();
        assert_eq!(parent.to_string(), GOOD);
        assert_eq!(parent.trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.parent_id_hex(), "b7ad6b7169203331");
        assert_eq!(parent.flags, 1);
        let later = format!("cc{}-more-to-come", &GOOD[2..]);
        assert_eq!(later.parse::<TraceParent>(), Ok(parent), "later versions may say more");
    }

    #[test]
    fn what_the_specification_forbids_is_malformed() {
        let zeros = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        let no_parent = "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01";
        let (upper, version) = (GOOD.to_uppercase(), GOOD.replacen("00", "ff", 1));
        let (more, short) = (format!("{GOOD}-x"), &GOOD[..54]);
        for bad in ["", "00", "-", "00-é-b7-01", zeros, no_parent, &upper, &version, &more, short]
        {
            assert_eq!(bad.parse::<TraceParent>(), Err(MalformedTraceParent), "{bad}");
        }
    }
}
