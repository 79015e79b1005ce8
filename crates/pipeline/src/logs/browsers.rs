//! Browsers of logs that name none.

use std::{collections::BTreeMap, sync::Arc};

use sha2::{Digest, Sha256};

use crate::limits::TEXT_CHARS;
use crate::texts::staged;

/// `BROWSER_BY_OS`: the browser of each operating system, for logs that name none. Empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browsers(Arc<BTreeMap<String, String>>);

impl Browsers {
    /// Reads `Apple iOS=Safari;Android=Chrome`. An error says what is wrong with it.
    pub fn parse(list: &str) -> Result<Self, String> {
        let mut browsers = BTreeMap::new();
        for entry in list.split(';').filter(|entry| !entry.trim().is_empty()) {
            let (os, browser) = entry
                .split_once('=')
                .ok_or_else(|| format!("`{entry}` has no `=`: write OS=BROWSER;OS=BROWSER"))?;
            let (os, browser) = (staged(os).into_owned(), staged(browser).into_owned());
            for text in [&os, &browser] {
                if !(1..=TEXT_CHARS).contains(&text.chars().count()) {
                    return Err(format!(
                        "`{entry}` needs two texts of 1 to {TEXT_CHARS} characters"
                    ));
                }
            }
            if browsers.insert(os, browser).is_some() {
                return Err(format!("`{entry}` names an operating system for the second time"));
            }
        }
        Ok(Self(Arc::new(browsers)))
    }

    /// The browser of an operating system, if the list has one.
    pub(super) fn of(&self, os: &str) -> Option<&str> {
        // As it is off by default.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&*staged(os)).map(String::as_str)
    }

    /// What the parser version says of it: nothing where it is off.
    pub(crate) fn version(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let hash = Sha256::digest(format!("{:?}", self.0));
        format!(" browsers-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_in_whatever_order_and_its_version_follows_its_content() {
        let browsers = Browsers::parse(" Apple iOS = Safari ; Android=Chrome;").unwrap();
        assert_eq!(browsers.of("Apple iOS"), Some("Safari"));
        assert_eq!((browsers.of("Linux"), browsers.of("apple ios")), (None, None));
        let same = Browsers::parse("Android=Chrome;Apple iOS=Safari").unwrap();
        assert_eq!(browsers.version(), same.version());
        let other = Browsers::parse("Android=Chrome;Apple iOS=Edge").unwrap();
        assert_ne!(browsers.version(), other.version());
        assert_eq!(
            (Browsers::parse("").unwrap(), &*Browsers::default().version()),
            Default::default()
        );
    }

    #[test]
    fn a_list_that_is_not_understood_says_why() {
        let long = format!("x={}", "y".repeat(201));
        for (list, why) in [
            ("Linux", "has no `=`"),
            ("Linux=", "two texts"),
            ("=Firefox", "two texts"),
            ("Linux=Firefox;Linux=Edge", "second time"),
            (&long, "two texts"),
        ] {
            let error = Browsers::parse(list).unwrap_err();
            assert!(error.contains(why), "{list}: {error}");
        }
    }
}
