//! Detects whether the table has changed, without reading it.

use std::{fmt, str::FromStr};

use pipeline::limits;

/// Transactions after which numbers of 32 bits are not comparable any more.
const COMPARABLE: u64 = 1 << 31;

/// A state of the table: which table, what the server calls this state of the database
/// (`xmin:xmax:those in between that are under way`), and how many rows it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableState {
    pub place: String,
    pub snapshot: String,
    pub rows: u64,
}

/// What can be said of the time since an earlier state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// No transaction of the whole server has come to an end.
    Nothing,
    /// Some have. All that count the earlier state began before this number.
    Transactions { from: u32 },
    /// The two are not comparable.
    Unknown,
}

impl TableState {
    /// Names the state in a receipt. On a busy server the transactions that are under way make it
    /// too long: without them those that have ended since `xmin` look new, so the next extract
    /// reads the table once more and finds it unchanged.
    pub(crate) fn version(&self) -> String {
        let version = self.to_string();
        match bounds(&self.snapshot) {
            Some((xmin, _)) if version.len() > limits::VERSION => {
                Self { snapshot: format!("{xmin}:{xmin}:"), ..self.clone() }.to_string()
            }
            _ => version,
        }
    }

    pub(crate) fn since(&self, earlier: &Self) -> Since {
        if self.place != earlier.place {
            return Since::Unknown;
        }
        if self.snapshot == earlier.snapshot {
            return Since::Nothing;
        }
        match (bounds(&self.snapshot), bounds(&earlier.snapshot)) {
            (Some((now_min, now_max)), Some((xmin, _)))
                if now_min >= xmin && now_max - xmin < COMPARABLE =>
            {
                // Rows know the lower half of their transaction's number.
                Since::Transactions { from: xmin as u32 }
            }
            _ => Since::Unknown,
        }
    }
}

/// `xmin`, below which all transactions have ended, and `xmax`, from which on none has.
fn bounds(snapshot: &str) -> Option<(u64, u64)> {
    let mut parts = snapshot.split(':');
    let mut number = || parts.next()?.parse().ok();
    Some((number()?, number()?))
}

impl fmt::Display for TableState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.place, self.snapshot, self.rows)
    }
}

impl FromStr for TableState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.rsplitn(3, ' ');
        let mut part = || parts.next().ok_or(());
        let rows = part()?.parse().map_err(|_| ())?;
        let (snapshot, place) = (part()?.to_owned(), part()?.to_owned());
        Ok(Self { place, snapshot, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(place: &str, snapshot: &str) -> TableState {
        TableState { place: place.to_owned(), snapshot: snapshot.to_owned(), rows: 3 }
    }

    #[test]
    fn a_state_is_read_as_it_is_written() {
        let state = state("77 1 5 16385 16390", "750:755:750,752");
        assert_eq!(state.to_string().parse(), Ok(state));
        assert_eq!("77 1".parse::<TableState>(), Err(()));
    }

    #[test]
    fn a_version_fits_a_column_however_many_transactions_are_under_way() {
        let under_way: Vec<String> =
            (0..500).map(|n| (4_294_967_300_u64 + n).to_string()).collect();
        let snapshot = format!("4294967300:4294967900:{}", under_way.join(","));
        let busy = state("7600000000000000001 1 16384 16390 16390", &snapshot);
        assert!(busy.version().len() <= limits::VERSION, "{}", busy.version());
        let read: TableState = busy.version().parse().unwrap();
        assert_eq!(busy.since(&read), Since::Transactions { from: 4 });
        let idle = state("77 1 5 16385 16390", "750:755:750,752");
        assert_eq!(idle.version(), idle.to_string());
    }

    #[test]
    fn only_states_of_one_table_on_one_line_of_time_are_comparable() {
        let since = |now: &TableState, earlier: &TableState| now.since(earlier);
        let earlier = state("a", "750:755:750,752");
        assert_eq!(since(&earlier, &earlier), Since::Nothing);
        let later = state("a", "752:760:752");
        assert_eq!(since(&later, &earlier), Since::Transactions { from: 750 });
        // Set back in time, another table, numbers that have gone round.
        assert_eq!(since(&earlier, &later), Since::Unknown);
        assert_eq!(since(&state("b", "752:760:752"), &earlier), Since::Unknown);
        let round = 750 + COMPARABLE;
        assert_eq!(since(&state("a", &format!("{round}:{round}:")), &earlier), Since::Unknown);
        let far = state("a", "4294967396:4294967396:");
        let near = state("a", "4294967400:4294967400:");
        assert_eq!(since(&near, &far), Since::Transactions { from: 100 });
    }
}
