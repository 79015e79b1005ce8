//! What can go wrong with the lake, and whether another try can help.

/// An error of the lake. A vendor file with wrong contents is none: it becomes a receipt.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message tells what the fields hold")]
pub enum Error {
    /// The name cannot be kept in every object store, or could point outside of its folder.
    #[error("`{}` is not a valid file name in the lake: {why}; rename it", .path.escape_debug())]
    Name { path: String, why: String },
    /// The path lies in no vendor folder, or is no CSV.
    #[error(
        "`{path}` belongs to no dataset: put .csv or .csv.gz files below movie_review, \
         log_reviews or user_purchase"
    )]
    Foreign { path: String },
    /// The folder of a local lake cannot be made or opened.
    #[error("cannot open the folder `{folder}`: {why}; check the folder and its permissions")]
    Folder { folder: String, why: std::io::Error },
    /// The connection string or address of the lake in Azure is wrong. It is not repeated, since
    /// it may hold a key.
    #[error("the lake's storage account {problem}")]
    Account { problem: String },
    /// The storage account has no such container.
    #[error(
        "`{lake}` has no container `{container}`: Terraform makes it in Azure, `cargo xtask start` \
         in the emulator"
    )]
    NoContainer { lake: String, container: &'static str },
    /// The list of erased customers cannot be read or extended without its key.
    #[error("the list of erased customers {problem}")]
    ErasedKey { problem: String },
    /// The storage account does not let us.
    #[error(
        "may not {doing} `{name}` ({code}): give the identity the role Storage Blob Data \
         Contributor, or look after the account's key and firewall"
    )]
    Denied { doing: &'static str, name: String, code: String },
    /// The object store did not do what it was asked. Its error is no source: its text holds
    /// those of its own sources, and each would be told again.
    #[error("cannot {doing} `{name}`: {}", once(.why))]
    Store { doing: &'static str, name: String, why: object_store::Error },
    /// The operational table did not do what it was asked. Its error is the whole sentence: as a
    /// source, it would be told twice.
    #[error("{sentence}")]
    Table { sentence: Box<dyn std::error::Error + Send + Sync>, transient: bool },
    /// The bytes of a source stopped coming.
    #[error("reading `{path}` was interrupted: {why}")]
    BrokenOff { path: String, why: String },
    /// The source was rewritten during each of our tries.
    #[error("`{path}` changed each of the {tries} times it was read; it is read again later")]
    Changing { path: String, tries: u32 },
    /// Something that a receipt names is not there.
    #[error("`{name}` is missing: replay its source")]
    Missing { name: String },
    /// Something that we wrote ourselves cannot be understood.
    #[error("`{name}` is damaged ({why}): replay its source")]
    Damaged { name: String, why: String },
    /// The thread that worked on the file panicked or was stopped.
    #[error("the work on `{path}` crashed; see the standard error for where")]
    Crashed { path: String },
    /// Our own rules are broken: nothing was committed.
    #[error("bug: {detail} in `{path}`; nothing was committed, report it with the file")]
    Bug { path: String, detail: String },
}

impl Error {
    /// Whether the same call can succeed later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        use object_store::Error as Of;
        match self {
            Self::Store { why, .. } => !matches!(
                why,
                Of::InvalidPath { .. }
                    | Of::NotSupported { .. }
                    | Of::NotImplemented { .. }
                    | Of::UnknownConfigurationKey { .. }
            ),
            Self::Table { transient, .. } => *transient,
            // A role takes minutes until it counts.
            Self::Denied { .. }
            | Self::BrokenOff { .. }
            | Self::Changing { .. }
            | Self::Missing { .. }
            | Self::Crashed { .. } => true,
            Self::Name { .. }
            | Self::Foreign { .. }
            | Self::Folder { .. }
            | Self::Account { .. }
            | Self::NoContainer { .. }
            | Self::ErasedKey { .. }
            | Self::Damaged { .. }
            | Self::Bug { .. } => false,
        }
    }

    /// Whether it concerns one file alone. Where the lake is local, a file that cannot be opened
    /// does; elsewhere the store refuses all of them.
    pub fn is_of_file(&self, is_local: bool) -> bool {
        match self {
            Self::Name { .. } | Self::Foreign { .. } | Self::Bug { .. } => true,
            Self::Changing { .. } | Self::BrokenOff { .. } | Self::Crashed { .. } => true,
            Self::Store { .. } => is_local,
            _ => false,
        }
    }

    /// Whether settings or the surroundings must be put right. Such an error says nothing of a
    /// file that was to be ingested.
    pub fn is_settings(&self) -> bool {
        match self {
            Self::Folder { .. } | Self::Account { .. } => true,
            Self::NoContainer { .. } | Self::Denied { .. } | Self::ErasedKey { .. } => true,
            Self::Table { transient, .. } => !transient,
            _ => false,
        }
    }

    /// Whether the storage account said that it has no such container.
    pub(crate) fn is_no_container(&self) -> bool {
        matches!(self, Self::Store { why, .. } if code(why).as_deref() == Some("ContainerNotFound"))
    }

    /// For `map_err`: the store failed while `doing` something with `name`.
    pub(crate) fn store(
        doing: &'static str,
        name: impl ToString,
    ) -> impl FnOnce(object_store::Error) -> Self {
        move |why| {
            let name = name.to_string();
            match denied(&why) {
                Some(code) => Self::Denied { doing, name, code },
                None => Self::Store { doing, name, why },
            }
        }
    }
}

/// The text of an error and, where it does not hold that, its first cause.
fn once(error: &object_store::Error) -> String {
    let text = error.to_string();
    let error: &dyn std::error::Error = error;
    let causes = std::iter::successors(Some(error), |error| error.source());
    match causes.last().map(ToString::to_string) {
        Some(first) if !text.contains(&first) => format!("{text}: {first}"),
        _ => text,
    }
}

/// Why the storage account does not let us in, when that is the matter.
fn denied(error: &object_store::Error) -> Option<String> {
    use object_store::Error as Of;
    let known = ["AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch"];
    match (error, code(error)) {
        (Of::PermissionDenied { .. } | Of::Unauthenticated { .. }, code) => {
            Some(code.unwrap_or_else(|| "forbidden".to_owned()))
        }
        (_, code) => code.filter(|code| known.contains(&code.as_str())),
    }
}

/// The code by which Azure says what is wrong. `object_store` shows it nowhere but in its text.
fn code(error: &object_store::Error) -> Option<String> {
    let text = error.to_string();
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_store_refuses_for_good_is_permanent_and_the_rest_is_tried_again() {
        let failed = |source| Error::store("read", "a.csv")(source).is_transient();
        assert!(failed(object_store::Error::NotFound { path: "a".into(), source: "gone".into() }));
        assert!(!failed(object_store::Error::NotSupported { source: "no".into() }));
        assert!(!Error::Bug { path: "a".into(), detail: "1 is not 2".into() }.is_transient());
        assert!(Error::Changing { path: "a".into(), tries: 5 }.is_transient());
    }

    #[test]
    fn each_cause_is_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("no answer")]
        struct Silent(#[source] std::io::Error);

        let generic = |source| object_store::Error::Generic { store: "Azure", source };
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let list = generic(generic(Silent(refused).into()).into());
        let error = Error::store("list", "raw")(list);
        let told = "cannot list `raw`: Generic Azure error: Generic Azure error: no answer: \
                    connection refused";
        assert_eq!(error.to_string(), told);
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn what_azure_says_is_found_in_the_text() {
        let says = |code: &str| object_store::Error::Generic {
            store: "MicrosoftAzure",
            source: format!("404: <?xml?>\n<Error>\n<Code>{code}</Code>\n</Error>").into(),
        };
        assert!(Error::store("list", "raw")(says("ContainerNotFound")).is_no_container());
        let error = Error::store("list", "raw")(says("AuthorizationFailure"));
        assert!(error.is_settings() && error.is_transient(), "{error}");
        let error = Error::store("list", "raw")(says("ServerBusy"));
        assert!(!error.is_settings() && !error.is_no_container() && error.is_transient());
    }
}
