//! Statements that are the same for every dimension.
//!
//! Lines with a placeholder are repeated for each dimension; lines with placeholders that follow
//! each other are repeated together. Everything that is put into a statement comes from the table
//! of dimensions, never from data.
//!
//! | placeholder | stands for |
//! |---|---|
//! | `{name}`, `{table}`, `{key}` | the field of the [`Dimension`] |
//! | `{n}`, `{n+2}` | its number from 1, or that plus 2, for parameters |
//! | `{,}`, `{AND}`, `{UNION ALL}` | the text between two dimensions, so not after the last |

use super::{COUNT, DIMENSIONS, Dimension};

/// The statement for these dimensions.
pub fn fill(template: &str, dimensions: impl IntoIterator<Item = &'static Dimension>) -> String {
    let dimensions: Vec<_> = dimensions.into_iter().collect();
    let lines: Vec<&str> = template.split_inclusive('\n').collect();
    let mut filled = String::with_capacity(2 * template.len());
    for lines in lines.chunk_by(|a, b| is_repeated(a) == is_repeated(b)) {
        let text = lines.concat();
        if !is_repeated(&text) {
            filled += &text;
            continue;
        }
        for (nth, dimension) in dimensions.iter().enumerate() {
            fill_one(&mut filled, &text, dimension, nth + 1, nth + 1 == dimensions.len());
        }
    }
    filled
}

/// The statement for each dimension alone, in order. Here `{n}` is its place in the table, from 1.
pub fn each(template: &str) -> [String; COUNT] {
    std::array::from_fn(|place| {
        let mut filled = String::new();
        fill_one(&mut filled, template, &DIMENSIONS[place], place + 1, true);
        filled
    })
}

/// Comments may speak of placeholders.
fn is_repeated(line: &str) -> bool {
    line.contains('{') && !line.trim_start().starts_with("--")
}

fn fill_one(filled: &mut String, text: &str, dimension: &Dimension, n: usize, is_last: bool) {
    let mut parts = text.split('{');
    filled.extend(parts.next());
    for part in parts {
        let (placeholder, rest) = part.split_once('}').unwrap_or((part, ""));
        match placeholder {
            "name" => filled.push_str(dimension.name),
            "table" => filled.push_str(dimension.table),
            "key" => filled.push_str(dimension.key),
            "n" => *filled += &n.to_string(),
            between => match between.strip_prefix("n+").and_then(|more| more.parse().ok()) {
                Some(more) => *filled += &usize::saturating_add(n, more).to_string(),
                None if is_last => {}
                None => filled.push_str(between),
            },
        }
        filled.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_placeholders_are_repeated_for_each_dimension() {
        for (template, filled) in [
            ("SELECT 1", "SELECT 1"),
            (
                "-- a {key}\nSELECT\n    {key}{,}\nFROM t\n",
                "-- a {key}\nSELECT\n    id_dim_devices,\n    id_dim_os\nFROM t\n",
            ),
            (
                "JOIN {table} USING ({key})\n",
                "JOIN dim_devices USING (id_dim_devices)\nJOIN dim_os USING (id_dim_os)\n",
            ),
            (
                "SELECT {n}, {name}\nWHERE ?{n+2} {UNION ALL}\n",
                "SELECT 1, device\nWHERE ?3 UNION ALL\nSELECT 2, os\nWHERE ?4 \n",
            ),
        ] {
            assert_eq!(fill(template, &DIMENSIONS[..2]), filled);
        }
    }

    #[test]
    fn each_dimension_has_a_statement_of_its_own_and_its_number() {
        let statements = each("SELECT {key}\nFROM {table} WHERE n = {n}{,}");
        let expected = "SELECT id_dim_os\nFROM dim_os WHERE n = 2";
        assert_eq!((statements.len(), &*statements[1]), (COUNT, expected));
    }
}
