//! By which rules rows of vendors' files are read. All of them are part of the parser version: a
//! change stages the files again.

use pipeline::{Dates, Day, logs::Browsers, purchases::DateOrder};

use super::WrongSetting;

/// How rows are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowRules {
    /// `DATES_FROM` and `DATES_TO`: the first and the last plausible day.
    pub dates: Dates,
    /// `PURCHASE_DATE_ORDER`: whether day or month comes first in dates with slashes.
    pub date_order: DateOrder,
    /// `BROWSER_BY_OS`: browsers of logs that name none.
    pub browsers: Browsers,
}

pub(super) fn rules(get: impl Fn(&str) -> Option<String>) -> Result<RowRules, WrongSetting> {
    let day = |name: &'static str| {
        let day = get(name).map(|value| value.parse::<Day>()).transpose();
        day.map_err(|error| WrongSetting::new(name, error.to_string()))
    };
    let mut dates = Dates::default();
    dates.from = day("DATES_FROM")?.unwrap_or(dates.from);
    dates.to = day("DATES_TO")?;
    if dates.to.is_some_and(|to| to < dates.from) {
        let problem = format!("must not be before DATES_FROM, which is {}", dates.from);
        return Err(WrongSetting::new("DATES_TO", problem));
    }
    let orders = [DateOrder::MonthFirst, DateOrder::DayFirst];
    let date_order = match get("PURCHASE_DATE_ORDER") {
        None => DateOrder::default(),
        Some(value) => {
            let order = orders.into_iter().find(|order| order.name() == value);
            let wrong =
                || WrongSetting::new("PURCHASE_DATE_ORDER", "write month-first or day-first");
            order.ok_or_else(wrong)?
        }
    };
    let browsers = Browsers::parse(&get("BROWSER_BY_OS").unwrap_or_default())
        .map_err(|problem| WrongSetting::new("BROWSER_BY_OS", problem))?;
    Ok(RowRules { dates, date_order, browsers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<RowRules, String> {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name);
        rules(|name| value(name).map(|(_, value)| (*value).to_owned())).map_err(|e| e.to_string())
    }

    #[test]
    fn rules_are_those_of_the_parser_unless_set() {
        let parser = pipeline::Options::default();
        let defaults = RowRules {
            dates: parser.dates,
            date_order: parser.date_order,
            browsers: parser.browsers,
        };
        assert_eq!(read(&[]).unwrap(), defaults);
        let set = [
            ("DATES_FROM", "2000-01-01"),
            ("DATES_TO", "2030-12-31"),
            ("PURCHASE_DATE_ORDER", "day-first"),
            ("BROWSER_BY_OS", "Apple iOS=Safari;Android=Chrome"),
        ];
        let rules = read(&set).unwrap();
        assert_eq!(rules.dates.from, Day::from_ymd(2000, 1, 1).unwrap());
        assert_eq!(rules.dates.to, Day::from_ymd(2030, 12, 31));
        assert_eq!(rules.date_order, DateOrder::DayFirst);
        assert_eq!(rules.browsers, Browsers::parse("Android=Chrome;Apple iOS=Safari").unwrap());
    }

    #[test]
    fn rules_that_are_not_understood_say_what_to_write() {
        for (name, value, problem) in [
            ("DATES_FROM", "1/1/1990", "`1/1/1990` is not a date: write it as yyyy-mm-dd"),
            ("DATES_TO", "1989-12-31", "must not be before DATES_FROM, which is 1990-01-01"),
            ("PURCHASE_DATE_ORDER", "dmy", "write month-first or day-first"),
            ("BROWSER_BY_OS", "Safari", "`Safari` has no `=`: write OS=BROWSER;OS=BROWSER"),
        ] {
            assert_eq!(read(&[(name, value)]), Err(format!("{name}: {problem}")));
        }
    }
}
