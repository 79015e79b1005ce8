//! The query string of the page's address: filters that can be linked to, shared and combined.
//!
//! `?state=Kansas&state=Ohio&device=Mobile&os=Linux&from=2021-04-19&to=2021-04-25`

use std::collections::BTreeSet;

use pipeline::Day;
use url::form_urlencoded::{self, Serializer};
use warehouse::dashboard::Filter;

/// A dimension that can be filtered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    State,
    Device,
    Os,
}

impl Part {
    pub const ALL: [Self; 3] = [Self::State, Self::Device, Self::Os];

    /// In the address.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Device => "device",
            Self::Os => "os",
        }
    }

    /// On the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::State => "State",
            Self::Device => "Device",
            Self::Os => "Operating system",
        }
    }

    pub fn of(self, filter: &Filter) -> &BTreeSet<String> {
        match self {
            Self::State => &filter.locations,
            Self::Device => &filter.devices,
            Self::Os => &filter.systems,
        }
    }

    fn of_mut(self, filter: &mut Filter) -> &mut BTreeSet<String> {
        match self {
            Self::State => &mut filter.locations,
            Self::Device => &mut filter.devices,
            Self::Os => &mut filter.systems,
        }
    }

    /// The filter with this member where it was without, and without it where it was with.
    pub fn toggled(self, filter: &Filter, text: &str) -> Filter {
        let mut filter = filter.clone();
        let texts = self.of_mut(&mut filter);
        if !texts.remove(text) {
            texts.insert(text.to_owned());
        }
        filter
    }
}

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub filter: Filter,
    /// Dates that are none: told to who asks, and left out.
    pub ignored: Vec<String>,
}

impl Asked {
    /// Reads a query string. Parameters of other names are nobody's business here; an empty one
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
                    let part = Part::ALL.into_iter().find(|part| part.name() == name);
                    if let Some(part) = part {
                        part.of_mut(&mut asked.filter).insert(value.to_owned());
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
    for part in Part::ALL {
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

    #[test]
    fn a_filter_and_its_address_go_there_and_back() {
        let texts = ["Kansas", "<script>", "' OR 1=1 --", "a&b=c+d %41", "Zürich", "?#"];
        let filter = Filter {
            locations: texts.map(str::to_owned).into(),
            devices: ["Mobile".to_owned()].into(),
            systems: BTreeSet::new(),
            from: Day::from_ymd(2021, 4, 5),
            to: None,
        };
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
    fn a_member_is_toggled_on_and_off() {
        let one = Part::Os.toggled(&Filter::default(), "Linux");
        let both = Part::State.toggled(&one, "Ohio");
        assert_eq!(address(&both), "?state=Ohio&os=Linux");
        assert_eq!(Part::State.toggled(&both, "Ohio"), one);
    }
}
