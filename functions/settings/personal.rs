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
    /// `RETENTION_DAYS`: how long refused rows lie in quarantine.
    pub retention: Duration,
}

pub(super) fn personal(get: impl Fn(&str) -> Option<String>) -> Result<Personal, WrongSetting> {
    let pii =
        match get("PII_MODE").as_deref().unwrap_or("mask") {
            "mask" => Pii::Mask,
            "keep" => Pii::Keep,
            "hash" => Pii::Hash(key(get("PII_KEY"))?.ok_or_else(|| {
                WrongSetting::new("PII_KEY", "not set; PII_MODE=hash needs a key")
            })?),
            _ => return Err(WrongSetting::new("PII_MODE", "write mask, hash or keep")),
        };
    let texts = get("PII_TEXTS").unwrap_or_else(|| PiiTexts::default().name().to_owned());
    let texts = [PiiTexts::Mask, PiiTexts::Refuse].into_iter().find(|t| t.name() == texts);
    let texts = texts.ok_or_else(|| WrongSetting::new("PII_TEXTS", "write mask or refuse"))?;
    let days = super::number("RETENTION_DAYS", get("RETENTION_DAYS"), 30)?;
    let retention = Duration::from_secs(24 * 60 * 60 * days);
    Ok(Personal { pii, texts, retention })
}

/// A key. App Service hands over the text of a reference that it could not resolve.
fn key(text: Option<String>) -> Result<Option<PiiKey>, WrongSetting> {
    let Some(text) = text else { return Ok(None) };
    if text.starts_with("@Microsoft.KeyVault(") {
        let problem = "its Key Vault reference is not resolved: check the secret and the access of \
                       the app's identity to it";
        return Err(WrongSetting::new("PII_KEY", problem));
    }
    PiiKey::parse(&text).map(Some).map_err(|problem| WrongSetting::new("PII_KEY", problem))
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
        assert_eq!(read(&[("PII_TEXTS", "refuse")]).unwrap().texts, PiiTexts::Refuse);
    }

    #[test]
    fn settings_that_protect_nobody_are_refused() {
        for (values, problem) in [
            (&[("PII_MODE", "hash"), ("PII_KEY", "k")][..], "PII_KEY: neither base64"),
            (&[("PII_MODE", "hash"), ("PII_KEY", "YWJj")], "PII_KEY: shorter than 32 bytes"),
            (&[("PII_TEXTS", "keep")], "PII_TEXTS: write mask or refuse"),
            (&[("RETENTION_DAYS", "0")], "RETENTION_DAYS: `0`"),
        ] {
            let error = read(values).map(drop).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
    }
}
