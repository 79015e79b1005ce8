//! What `--version` says: the version, and the commit and the features of the build.

macro_rules! version {
    ($features:literal) => {
        concat!(
            env!("CARGO_PKG_VERSION"),
            " (commit ",
            env!("COMMIT"),
            ", features: ",
            $features,
            ")"
        )
    };
}

#[cfg(feature = "spark-connect")]
pub const VERSION: &str = version!("spark-connect");
#[cfg(not(feature = "spark-connect"))]
pub const VERSION: &str = version!("none");
