//! `USER_PURCHASE_DB`: the operational database of purchases.

use purchase_db::Setting;

use super::WrongSetting;

/// Read through `get`; `None` where purchases go straight to staging.
pub(super) fn purchase_db(
    get: impl Fn(&str) -> Option<String>,
) -> Result<Option<Setting>, WrongSetting> {
    let Some(url) = get("USER_PURCHASE_DB") else { return Ok(None) };
    // Who signs in to the lake with an identity has one.
    let has_identity = get("LAKE__blobServiceUri").is_some();
    let client_id = get("LAKE__clientId");
    let identity = has_identity.then_some(client_id.as_deref());
    let setting = Setting::parse(&url, identity);
    setting.map(Some).map_err(|error| WrongSetting::new("USER_PURCHASE_DB", error.to_string()))
}
