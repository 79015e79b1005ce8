//! The query string of the page's address: filters that can be linked to, shared and combined.
//!
//! `?state=Kansas&state=Ohio&device=Mobile&os=Linux&from=2021-04-19&to=2021-04-25`

use std::collections::BTreeSet;

use pipeline::{
    Day,
    dimensions::{DAILY, DIMENSIONS, Dimension},
};
use url::form_urlencoded::{self, Serializer};
use warehouse::dashboard::{Dashboard, Filter, Member};

/// A dimension that can be filtered on: its place in [`DAILY`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part(usize);

impl Part {
    pub fn all() -> impl Iterator<Item = Self> {
        (0..DAILY.len()).map(Self)
    }

    pub fn dimension(self) -> &'static Dimension {
        &DIMENSIONS[DAILY[self.0].place]
    }

    /// In the address.
    pub fn name(self) -> &'static str {
        DAILY[self.0].parameter
    }

    /// On the page.
    pub fn title(self) -> &'static str {
        DAILY[self.0].title
    }

    pub fn of(self, filter: &Filter) -> &BTreeSet<String> {
        &filter.texts[self.0]
    }

    pub fn members(self, numbers: &Dashboard) -> &[Member] {
        &numbers.members[self.0]
    }

    /// The filter with this member where it was without, and without it where it was with.
    pub fn toggled(self, filter: &Filter, text: &str) -> Filter {
        let mut filter = filter.clone();
        let texts = &mut filter.texts[self.0];
        if !texts.remove(text) {
            texts.insert(text.to_owned());
        }
        filter
    }
}

/// Longest query string, in bytes. Nearly each link of the page repeats the filter, so without a
/// bound a page grows with the square of its address.
pub const MOST_QUERY: usize = 8 << 10;

/// Values of one filter.
pub const MOST_VALUES: usize = 50;

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub filter: Filter,
    /// Invalid dates: the page names them, and the filter ignores them.
    pub ignored: Vec<String>,
    /// Values beyond [`MOST_VALUES`] of a filter: the page tells their number.
    pub left_out: usize,
}

impl Asked {
    /// Reads a query string. Parameters with other names are ignored; an empty one
    /// is what a form sends of a field that was left alone.
    pub fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let end = match &*name {
                "from" => &mut asked.filter.from,
                "to" => &mut asked.filter.to,
                name => {
                    let part = Part::all().find(|part| part.name() == name);
                    if let Some(Part(place)) = part {
                        let texts = &mut asked.filter.texts[place];
                        let fits = texts.len() < MOST_VALUES || texts.contains(value);
                        asked.left_out += usize::from(!fits);
                        if fits {
                            texts.insert(value.to_owned());
                        }
                    }
                    continue;
                }
            };
            match value.parse::<Day>() {
                Ok(day) => *end = Some(day),
                Err(_) => asked.ignored.push(value.to_owned()),
            }
        }
        asked
    }
}

/// The address of a filter, relative to the page's own. One filter has one address.
pub fn address(filter: &Filter) -> String {
    let mut query = Serializer::for_suffix("?".to_owned(), 1);
    for part in Part::all() {
        query.extend_pairs(part.of(filter).iter().map(|text| (part.name(), text)));
    }
    for (name, day) in [("from", filter.from), ("to", filter.to)] {
        query.extend_pairs(day.map(|day| (name, day.to_string())));
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str) -> Part {
        Part::all().find(|part| part.name() == name).unwrap()
    }

    #[test]
    fn a_filter_and_its_address_go_there_and_back() {
        let texts = ["Kansas", "<script>", "' OR 1=1 --", "a&b=c+d %41", "Zürich", "?#"];
        let mut filter = Filter { from: Day::from_ymd(2021, 4, 5), ..Filter::default() };
        filter.texts[part("state").0] = texts.map(str::to_owned).into();
        filter.texts[part("device").0] = ["Mobile".to_owned()].into();
        let address = address(&filter);
        assert!(address.starts_with("?state=%27+OR") && address.ends_with("&from=2021-04-05"));
        assert!(!address.contains(['<', '\'', '#', '"']), "{address}");
        assert_eq!(Asked::parse(&address[1..]).filter, filter);
        assert_eq!(super::address(&Filter::default()), "?");
    }

    #[test]
    fn what_is_no_date_is_told_and_left_out() {
        let asked = Asked::parse("from=2021-02-30&to=&code=1&state=+&from=2021-4-5&os=a&os=b&os=a");
        assert_eq!(asked.ignored, ["2021-02-30"]);
        assert_eq!(address(&asked.filter), "?os=a&os=b&from=2021-04-05");
        assert!(Asked::parse("").filter.is_empty());
    }

    #[test]
    fn a_filter_takes_so_many_values_and_the_others_are_counted() {
        let query: String = (0..MOST_VALUES + 3).map(|n| format!("os={n}&")).collect();
        let asked = Asked::parse(&format!("{query}os=0&state=Ohio"));
        assert_eq!(part("os").of(&asked.filter).len(), MOST_VALUES);
        assert_eq!(part("state").of(&asked.filter).len(), 1, "each filter has its own");
        assert_eq!(asked.left_out, 3, "one that is there already is no other");
    }

    #[test]
    fn a_member_is_toggled_on_and_off() {
        let one = part("os").toggled(&Filter::default(), "Linux");
        let both = part("state").toggled(&one, "Ohio");
        assert_eq!(address(&both), "?state=Ohio&os=Linux");
        assert_eq!(part("state").toggled(&both, "Ohio"), one);
    }
}
