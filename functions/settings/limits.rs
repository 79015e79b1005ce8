//! How long, how deep and how large a vendor's file may be.

use std::ops::RangeInclusive;

use super::WrongSetting;

/// What a vendor's file may come to. Its rows, or the file, are refused beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// `MAX_FIELD_BYTES`: longest field.
    pub field_bytes: usize,
    /// `MAX_LINE_BYTES`: longest physical line, and longest record.
    pub line_bytes: usize,
    /// `MAX_XML_DEPTH`: deepest nesting of elements.
    pub xml_depth: usize,
    /// `MAX_FILE_BYTES`: largest file, unpacked.
    pub file_bytes: u64,
    /// `MAX_GZIP_RATIO`: bytes that one byte of gzip may become, beyond the first 64 MiB.
    pub gzip_ratio: u64,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const TIB: u64 = 1 << 40;

/// A line of 64 MiB takes twice as much memory.
const BYTES: RangeInclusive<u64> = KIB..=64 * MIB;

pub(super) fn limits(get: impl Fn(&str) -> Option<String>) -> Result<FileLimits, WrongSetting> {
    let number = |name: &'static str, default: u64, range: RangeInclusive<u64>| {
        let Some(value) = get(name) else { return Ok(default) };
        value.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            let (from, to) = range.into_inner();
            WrongSetting::new(name, format!("`{value}` is not a whole number from {from} to {to}"))
        })
    };
    let limits = FileLimits {
        field_bytes: number("MAX_FIELD_BYTES", MIB, BYTES)? as usize,
        line_bytes: number("MAX_LINE_BYTES", 4 * MIB, BYTES)? as usize,
        // Values of a log lie in the third level.
        xml_depth: number("MAX_XML_DEPTH", 8, 3..=100)? as usize,
        file_bytes: number("MAX_FILE_BYTES", 64 << 30, KIB..=TIB)?,
        gzip_ratio: number("MAX_GZIP_RATIO", 200, 1..=100_000)?,
    };
    if limits.line_bytes < limits.field_bytes {
        let problem = format!("must be at least MAX_FIELD_BYTES, which is {}", limits.field_bytes);
        return Err(WrongSetting::new("MAX_LINE_BYTES", problem));
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<FileLimits, String> {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name);
        limits(|name| value(name).map(|(_, value)| (*value).to_owned())).map_err(|e| e.to_string())
    }

    #[test]
    fn limits_are_those_of_the_parser_and_of_the_lake_unless_set() {
        let (limits, parser) = (read(&[]).unwrap(), pipeline::Limits::default());
        assert_eq!(
            (limits.field_bytes, limits.line_bytes, limits.xml_depth),
            (parser.field, parser.line, parser.xml_depth)
        );
        let lake = lake::IngestOptions::default();
        assert_eq!((limits.file_bytes, limits.gzip_ratio), (lake.max_bytes, lake.max_ratio));
        let set = [("MAX_FIELD_BYTES", "2048"), ("MAX_LINE_BYTES", "4096"), ("MAX_XML_DEPTH", "3")];
        let limits = read(&set).unwrap();
        assert_eq!((limits.field_bytes, limits.line_bytes, limits.xml_depth), (2048, 4096, 3));
    }

    #[test]
    fn limits_out_of_range_say_what_to_write() {
        for (name, value, problem) in [
            ("MAX_FIELD_BYTES", "1 MiB", "`1 MiB` is not a whole number from 1024 to 67108864"),
            ("MAX_LINE_BYTES", "2048", "must be at least MAX_FIELD_BYTES, which is 1048576"),
            ("MAX_XML_DEPTH", "2", "`2` is not a whole number from 3 to 100"),
            ("MAX_FILE_BYTES", "0", "`0` is not a whole number from 1024 to 1099511627776"),
            ("MAX_GZIP_RATIO", "-1", "`-1` is not a whole number from 1 to 100000"),
        ] {
            assert_eq!(read(&[(name, value)]), Err(format!("{name}: {problem}")));
        }
    }
}
