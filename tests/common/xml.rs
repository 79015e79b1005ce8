//! XML by looking for strings: enough for logs whose elements have neither attributes nor
//! comments, and nothing like the reader of the product.

/// Every tag that opens is closed again, the inner before the outer, below one root.
pub fn is_well_formed(document: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = document.trim();
    let mut tags = 0;
    while let Some(start) = rest.find('<') {
        let Some(len) = rest[start..].find('>') else { return false };
        let tag = &rest[start + 1..start + len];
        let outside = !rest[..start].trim().is_empty() && open.is_empty();
        if outside || (open.is_empty() && tags > 0) {
            return false;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None => open.push(tag),
        }
        tags += 1;
        rest = &rest[start + len + 1..];
    }
    tags > 0 && open.is_empty() && rest.is_empty()
}

/// The text of an element; `None` where it is absent.
pub fn text(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Some(text.replace("&apos;", "'").replace("&amp;", "&").trim().to_owned())
}
