//! Plain tables: texts to the left, numbers to the right.

use std::fmt;

/// A table that is printed as a whole.
pub struct Table {
    /// Texts first, then numbers; the head is the first row.
    rows: Vec<Vec<String>>,
    /// Rows that a line stands before.
    ruled: Vec<usize>,
    texts: usize,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { rows: vec![head], ruled: vec![1], texts: 0 }
    }

    pub fn row(&mut self, texts: &[&str], numbers: &[String]) {
        self.texts = texts.len();
        let texts = texts.iter().map(|text| (*text).to_owned());
        self.rows.push(texts.chain(numbers.iter().cloned()).collect());
    }

    pub fn total(&mut self, texts: &[&str], numbers: &[String]) {
        self.ruled.push(self.rows.len());
        self.row(texts, numbers);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = "-".repeat(widths.iter().sum::<usize>() + 2 * (columns - 1));
        for (i, row) in self.rows.iter().enumerate() {
            if self.ruled.contains(&i) {
                writeln!(f, "{line}")?;
            }
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column < self.texts {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A number with its thousands apart: `541,909`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let counts = [0, 999, 1_000, 541_909, 1_000_000].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "541,909", "1,000,000"]);
    }

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let mut table = Table::new(&["file", "rows"]);
        table.row(&["a.csv"], &[count(1_000)]);
        table.total(&["1 file"], &[count(7)]);
        let expected =
            "file     rows\n-------------\na.csv   1,000\n-------------\n1 file      7\n";
        assert_eq!(table.to_string(), expected);
    }
}
