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

impl Table {
    /// One line for each cell: for a terminal that is too narrow for the rows.
    fn fmt_narrow(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, rows) = self.rows.split_at(1);
        let width = head[0].iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for row in rows {
            let cells = head[0].iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            for (nth, (name, cell)) in cells.enumerate() {
                let mark = if nth == 0 { '-' } else { ' ' };
                writeln!(f, "{mark} {name:<width$}  {cell}")?;
            }
        }
        Ok(())
    }
}

/// Columns of the terminal that the output goes to, if it goes to one.
fn terminal_columns() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| width.0.into())
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let all = widths.iter().sum::<usize>() + 2 * (columns - 1);
        if terminal_columns().is_some_and(|most| most < all) {
            return self.fmt_narrow(f);
        }
        let line = "-".repeat(all);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_left_and_numbers_right() {
        let mut table = Table::new(&["file", "rows"]);
        table.row(&["a.csv"], &["1,000".to_owned()]);
        table.total(&["1 file"], &["7".to_owned()]);
        let expected =
            "file     rows\n-------------\na.csv   1,000\n-------------\n1 file      7\n";
        assert_eq!(table.to_string(), expected);
    }
}
