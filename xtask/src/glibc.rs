//! Which glibc a program asks for. Azure's hosts have 2.31 (Debian 11), and a program that asks
//! for a later one does not start there: "version `GLIBC_2.34' not found".

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell;

pub type Version = (u32, u32);

/// The latest that may be asked for.
pub const AZURE: Version = (2, 31);

/// Fails when the program would not start in Azure.
pub fn check(program: &Path) -> Result<Version> {
    let symbols = shell::output(
        Command::new("objdump").arg("-T").arg(program),
        "install binutils, whose objdump reads the symbols of a program",
    )?;
    let latest = latest(&symbols)
        .with_context(|| format!("{} asks for no glibc at all", program.display()))?;
    ensure!(
        latest <= AZURE,
        "{} asks for glibc {}.{}, and Azure has {}.{}: package it with --portable",
        program.display(),
        latest.0,
        latest.1,
        AZURE.0,
        AZURE.1,
    );
    Ok(latest)
}

/// The latest `GLIBC_x.y` in a list of symbols. `GLIBC_PRIVATE` is no version.
fn latest(symbols: &str) -> Option<Version> {
    let tags = symbols.split("GLIBC_").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(rest.len());
        let mut numbers = rest[..end].split('.').map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    tags.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_version_counts_as_a_number() {
        let symbols = "\
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.2.5) memcpy
0000000000000000      DF *UND*  0000000000000000 (GLIBC_2.17) clock_gettime
0000000000000000  w   DF *UND*  0000000000000000 (GLIBC_2.9) pipe2
0000000000000000      DO *UND*  0000000000000000 (GLIBC_PRIVATE) _rtld_global";
        assert_eq!(latest(symbols), Some((2, 17)));
        assert_eq!(latest("no symbols"), None);
        assert!(latest("(GLIBC_2.34) pthread_create") > Some(AZURE));
        assert!(latest("(GLIBC_2.4) __stack_chk_fail") < Some(AZURE));
    }

    #[test]
    fn our_own_program_can_be_read() {
        let ours = std::env::current_exe().unwrap();
        let symbols = Command::new("objdump").arg("-T").arg(ours).output().unwrap();
        assert!(latest(&String::from_utf8_lossy(&symbols.stdout)).is_some());
    }
}
