//! Whether the day or the month comes first in dates with slashes.

use serde::{Deserialize, Serialize};

use crate::{FileReason, FileRefusal};

/// `PURCHASE_DATE_ORDER`: how dates such as `1/12/2010` are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateOrder {
    /// `12/31/2010`.
    #[default]
    MonthFirst,
    /// `31/12/2010`.
    DayFirst,
}

impl DateOrder {
    /// Value of the setting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MonthFirst => "month-first",
            Self::DayFirst => "day-first",
        }
    }

    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::MonthFirst => Self::DayFirst,
            Self::DayFirst => Self::MonthFirst,
        }
    }

    /// Month and day of the two numbers of a date, as they stand.
    pub(super) const fn month_and_day(self, first: u32, second: u32) -> (u32, u32) {
        match self {
            Self::MonthFirst => (first, second),
            Self::DayFirst => (second, first),
        }
    }
}

/// What the dates with slashes of a file say about their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateOrders {
    /// Some fit only month first.
    pub month_first: bool,
    /// Some fit only day first.
    pub day_first: bool,
    /// Some fit both, and are different days.
    pub either: bool,
}

impl DateOrders {
    /// Whether some dates fit only this order.
    pub const fn prove(self, order: DateOrder) -> bool {
        match order {
            DateOrder::MonthFirst => self.month_first,
            DateOrder::DayFirst => self.day_first,
        }
    }

    /// Whether dates were read by the setting alone: some fit both orders, and none proves one.
    pub const fn are_open(self) -> bool {
        self.either && !self.month_first && !self.day_first
    }

    /// Takes in a date that has these two numbers, and is one in this order.
    pub(super) const fn note(&mut self, order: DateOrder, first: u32, second: u32) {
        if first > 12 || second > 12 {
            match order {
                DateOrder::MonthFirst => self.month_first = true,
                DateOrder::DayFirst => self.day_first = true,
            }
        } else if first != second {
            self.either = true;
        }
    }

    /// Refuses a file whose dates fit only the order that is not the setting's: those that fit both
    /// would be other days than the vendor means.
    pub(super) fn check(self, order: DateOrder) -> Result<(), FileRefusal> {
        let other = order.other();
        if self.prove(order) || !self.prove(other) {
            return Ok(());
        }
        let (other, order) = (other.name(), order.name());
        let detail = format!(
            "its dates fit {other} only, and are read {order}: set PURCHASE_DATE_ORDER={other}, or \
             write ISO dates (2010-12-31 08:26)"
        );
        Err(FileRefusal::new(FileReason::DateOrder, detail))
    }
}
