//! Routes of HTTP triggers: `films/{id}/{rest*}` below the prefix of host.json.

/// A route template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// `{name}`, or `{name?}` at the end.
    Parameter {
        name: String,
        optional: bool,
    },
    /// `{*name}`: everything that is left.
    Rest(String),
}

impl Route {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        for part in text.trim_matches('/').split('/').filter(|part| !part.is_empty()) {
            let inner = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let segment = match inner {
                None if part.contains(['{', '}']) => None,
                None => Some(Segment::Literal(part.to_owned())),
                Some(inner) if inner.contains([':', '=']) => None,
                Some(inner) => Some(match inner.strip_prefix('*') {
                    Some(name) => Segment::Rest(name.trim_start_matches('*').to_owned()),
                    None => Segment::Parameter {
                        name: inner.trim_end_matches('?').to_owned(),
                        optional: inner.ends_with('?'),
                    },
                }),
            };
            segments.push(segment.ok_or_else(|| {
                format!(
                    "the test host does not understand `{part}` in a route: it knows text, \
                     {{name}}, {{name?}} and {{*name}}"
                )
            })?);
        }
        Ok(Self(segments))
    }

    /// The parameters, when the path (decoded, below the prefix) is of this route. Text is
    /// compared without regard to case, as in the host.
    pub(crate) fn matches(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let mut parameters = Vec::new();
        for segment in &self.0 {
            match segment {
                Segment::Literal(text) => {
                    parts.next().filter(|part| part.eq_ignore_ascii_case(text))?;
                }
                Segment::Parameter { name, optional } => match parts.next() {
                    Some(part) => parameters.push((name.clone(), part.to_owned())),
                    None if *optional => {}
                    None => return None,
                },
                Segment::Rest(name) => {
                    let rest: Vec<&str> = parts.by_ref().collect();
                    parameters.push((name.clone(), rest.join("/")));
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
        let matches = |route: &str, path: &str| {
            let found = Route::parse(route).unwrap().matches(path);
            found.map(|all| all.into_iter().map(|(name, value)| name + "=" + &value).collect())
        };
        let some = |all: &[&str]| Some(all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
        assert_eq!(matches("replay", "/REPLAY/"), some(&[]));
        assert_eq!(matches("replay", "replay/x"), None);
        assert_eq!(matches("films/{id}", "films/7"), some(&["id=7"]));
        assert_eq!(matches("films/{id}", "films"), None);
        assert_eq!(matches("films/{id?}", "films"), some(&[]));
        assert_eq!(matches("f/{*path}", "f/a/b"), some(&["path=a/b"]));
        assert!(Route::parse("films/{id:int}").is_err());
    }
}
