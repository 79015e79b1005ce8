//! Session logs: one XML document a row, its elements in the vendor's order.

use pipeline::Day;

use super::{
    phrases::{BROWSERS, STATES},
    put::{digits, two_digits},
    rng::{Rng, Stream},
};

/// Appends the row of a log.
pub fn write(out: &mut Vec<u8>, seed: u64, id: i64, day: Day) {
    digits(out, id.unsigned_abs());
    out.push(b',');
    document(out, seed, id, day);
    out.push(b'\n');
}

/// Appends the XML of a log. It has neither commas nor quotes, so it needs none around it.
pub fn document(out: &mut Vec<u8>, seed: u64, id: i64, day: Day) {
    let mut rng = Rng::new(seed, Stream::Log, id);
    let (device, systems): (&str, &[&str]) = match rng.below(100) {
        0..45 => ("Mobile", &["Apple iOS", "Google Android", "Google Android"]),
        45..60 => ("Tablet", &["Apple iOS", "Google Android", "Microsoft Windows"]),
        _ => ("Computer", &["Microsoft Windows", "Microsoft Windows", "Apple MacOS", "Linux"]),
    };
    let (year, month, of_month) = day.ymd();
    out.extend_from_slice(b"<reviewlog><log><logDate>");
    two_digits(out, month.into());
    out.push(b'-');
    two_digits(out, of_month.into());
    out.push(b'-');
    two_digits(out, year.unsigned_abs() as u64 / 100);
    two_digits(out, year.unsigned_abs() as u64 % 100);
    out.extend_from_slice(b"</logDate>");
    element(out, "device", device);
    element(out, "location", rng.pick(&STATES));
    element(out, "os", rng.pick(systems));
    if rng.in_thousand(350) {
        element(out, "browser", rng.pick(&BROWSERS));
    }
    out.extend_from_slice(b"<ipAddress>");
    digits(out, 1 + rng.below(223));
    for _ in 0..3 {
        out.push(b'.');
        digits(out, rng.below(256));
    }
    out.extend_from_slice(b"</ipAddress><phoneNumber>");
    digits(out, 200 + rng.below(800));
    out.push(b'-');
    digits(out, 200 + rng.below(800));
    out.push(b'-');
    digits(out, 1_000 + rng.below(9_000));
    out.extend_from_slice(b"</phoneNumber></log></reviewlog>");
}

fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    for part in ["<", name, ">", text, "</", name, ">"] {
        out.extend_from_slice(part.as_bytes());
    }
}
