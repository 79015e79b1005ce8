//! What becomes of personal data, and for how long some of it is kept.

use std::time::Duration;

use pipeline::logs::{Pii, PiiKey, PiiTexts};

use super::WrongSetting;

/// How people are protected.
#[derive(Clone, Debug)]
pub struct Personal {
    /// `PII_MODE` with `PII_KEY`: what becomes of IP addresses and telephone numbers.
    pub pii: Pii,
    /// `PII_TEXTS`: likewise where they stand in texts of dimensions.
    pub texts: PiiTexts,
    /// `PII_KEY`, then `PII_KEY_OLD`: what the list of erased customers is kept under.
    pub keys: Vec<PiiKey>,
    /// `RETENTION_DAYS`: how long refused rows lie in quarantine.
    pub retention: Duration,
}

pub(super) fn personal(get: impl Fn(&str) -> Option<String>) -> Result<Personal, WrongSetting> {
    let newest = get("PII_KEY").map(|text| key("PII_KEY", &text)).transpose()?;
    let old = get("PII_KEY_OLD").unwrap_or_default();
    let old = old.split(',').map(str::trim).filter(|text| !text.is_empty());
    let old: Vec<PiiKey> = old.map(|text| key("PII_KEY_OLD", text)).collect::<Result<_, _>>()?;
    if newest.is_none() && !old.is_empty() {
        return Err(WrongSetting::new("PII_KEY", "not set; PII_KEY_OLD holds only older ones"));
    }
    let pii =
        match get("PII_MODE").as_deref().unwrap_or("mask") {
            "mask" => Pii::Mask,
            "keep" => Pii::Keep,
            "hash" => Pii::Hash(newest.clone().ok_or_else(|| {
                WrongSetting::new("PII_KEY", "not set; PII_MODE=hash needs a key")
            })?),
            _ => return Err(WrongSetting::new("PII_MODE", "write mask, hash or keep")),
        };
    let keys = newest.into_iter().chain(old).collect();
    let texts = get("PII_TEXTS").unwrap_or_else(|| PiiTexts::default().name().to_owned());
    let texts = [PiiTexts::Mask, PiiTexts::Refuse].into_iter().find(|t| t.name() == texts);
    let texts = texts.ok_or_else(|| WrongSetting::new("PII_TEXTS", "write mask or refuse"))?;
    let days = super::number("RETENTION_DAYS", get("RETENTION_DAYS"), 30)?;
    let retention = Duration::from_secs(24 * 60 * 60 * days);
    Ok(Personal { pii, texts, keys, retention })
}

/// A key. App Service hands over the text of a reference that it could not resolve.
fn key(name: &'static str, text: &str) -> Result<PiiKey, WrongSetting> {
    if text.starts_with("@Microsoft.KeyVault(") {
        let problem = "its Key Vault reference is not resolved: check the secret and the access of \
                       the app's identity to it";
        return Err(WrongSetting::new(name, problem));
    }
    PiiKey::parse(text).map_err(|problem| WrongSetting::new(name, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Personal, String> {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name);
        personal(|name| value(name).map(|(_, value)| (*value).to_owned()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn people_are_protected_unless_somebody_says_otherwise() {
        let defaults = read(&[]).unwrap();
        assert!(matches!(defaults.pii, Pii::Mask) && defaults.texts == PiiTexts::Mask);
        assert_eq!(defaults.retention.as_secs(), 30 * 86_400);
        let key = "5e".repeat(32);
        let hash = read(&[("PII_MODE", "hash"), ("PII_KEY", &*key)]).unwrap();
        assert!(matches!(hash.pii, Pii::Hash(_)));
        let old = ["6f", "7a"].map(|byte| byte.repeat(32)).join(", ");
        let rotated = read(&[("PII_KEY", &*key), ("PII_KEY_OLD", &*old)]).unwrap();
        assert_eq!(rotated.keys.len(), 3);
        assert_eq!(rotated.keys[0].id(), hash.keys[0].id());
        assert_eq!(read(&[("PII_TEXTS", "refuse")]).unwrap().texts, PiiTexts::Refuse);
    }

    #[test]
    fn settings_that_protect_nobody_are_refused() {
        for (values, problem) in [
            (&[("PII_MODE", "hash"), ("PII_KEY", "k")][..], "PII_KEY: neither base64"),
            (&[("PII_MODE", "hash"), ("PII_KEY", "YWJj")], "PII_KEY: shorter than 32 bytes"),
            // A key that is set counts in each mode: the list of erased customers is kept under it.
            (&[("PII_KEY", "k")], "PII_KEY: neither base64"),
            (&[("PII_KEY_OLD", &*"5e".repeat(32))], "PII_KEY: not set"),
            (&[("PII_KEY", &*"5e".repeat(32)), ("PII_KEY_OLD", "k")], "PII_KEY_OLD: neither"),
            (&[("PII_TEXTS", "keep")], "PII_TEXTS: write mask or refuse"),
            (&[("RETENTION_DAYS", "0")], "RETENTION_DAYS: `0`"),
        ] {
            let error = read(values).map(drop).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
