//! Routes of HTTP triggers: `films/{id}` below the prefix of host.json.

/// A route template.
#[derive(Debug)]
pub(crate) struct Route(Vec<Segment>);

#[derive(Debug)]
enum Segment {
    Literal(String),
    Parameter(String),
    /// May be missing, with all behind it.
    Optional(String),
}

impl Route {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let segments = text.trim_matches('/').split('/').map(|part| {
            let inner = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let optional = inner.and_then(|name| name.strip_suffix('?'));
            match optional.or(inner).unwrap_or(part) {
                name if name.is_empty() || name.contains(['{', '}', ':', '=', '*', '?']) => {
                    Err(format!(
                        "the test host does not understand `{part}` in a route: it knows text \
                         and {{name}}, {{name?}}"
                    ))
                }
                name if optional.is_some() => Ok(Segment::Optional(name.to_owned())),
                name if inner.is_some() => Ok(Segment::Parameter(name.to_owned())),
                text => Ok(Segment::Literal(text.to_owned())),
            }
        });
        segments.collect::<Result<_, _>>().map(Self)
    }

    /// The parameters, when the path (decoded, below the prefix) is of this route. Text is
    /// compared without regard to case, as in the host.
    pub(crate) fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let mut parameters = Vec::new();
        for segment in &self.0 {
            let Some(part) = parts.next() else {
                if matches!(segment, Segment::Optional(_)) {
                    break;
                }
                return None;
            };
            match segment {
                Segment::Literal(text) if part.eq_ignore_ascii_case(text) => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) | Segment::Optional(name) => {
                    parameters.push((name.clone(), part.to_owned()))
                }
            }
        }
        parts.next().is_none().then_some(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_takes_its_parameters_from_the_path() {
        for (route, path, id) in [
            ("replay", "/REPLAY/", Some("")),
            ("replay", "replay/x", None),
            ("replay", "", None),
            ("films/{id}", "films/7", Some("7")),
            ("films/{id}", "films", None),
            ("films/{id?}", "films/7", Some("7")),
            ("films/{id?}", "films", Some("")),
            ("films/{id?}", "films/7/8", None),
        ] {
            let parameters = Route::parse(route).unwrap().matches(path);
            let seen = parameters.map(|all| all.into_iter().map(|(_, value)| value).collect());
            assert_eq!(seen, id.map(str::to_owned), "{route} {path}");
        }
        for wrong in ["films/{id:int}", "films/{?}", "films/{*all}", "a//b"] {
            assert!(Route::parse(wrong).is_err(), "{wrong}");
        }
    }
}
