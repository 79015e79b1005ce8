//! The second half of a round: nothing goes wrong any more, and nobody helps.

use anyhow::bail;
use chrono::TimeDelta;
use lake::failpoint;

use super::{
    super::{
        actor::{Done, Work},
        check,
        stage::{Cue, SLOTS},
    },
    Round,
};

impl Round {
    /// Nobody helps: messages are delivered, timers fire, time passes.
    pub(super) fn come_right(&mut self) -> anyhow::Result<()> {
        self.stage.note("calm");
        (self.calm, self.outage, self.warehouse_is_away) = (true, None, false);
        // Who holds the warehouse's lock first: the others wait for it.
        for slot in self.holder.into_iter().chain(0..SLOTS).collect::<Vec<_>>() {
            self.finish(slot)?;
        }
        for _ in 0..80 {
            while let Some(next) = self.queue.next() {
                self.now = self.now.max(next);
                if let Some(message) = self.queue.receive(&mut self.dice, self.now) {
                    self.alone(Work::Deliver(message))?;
                }
            }
            self.now += TimeDelta::minutes(30);
            let found = !self.alone(Work::Reconcile)?.orders.is_empty();
            // A sweep between a receipt and the publish that absorbs it takes nothing that counts.
            self.alone(Work::Sweep)?;
            let published = self.alone(Work::Publish)?.published;
            self.alone(Work::Sweep)?;
            if !found && !published && check::failed(self)?.iter().all(|failed| failed.is_final()) {
                return Ok(());
            }
        }
        bail!("something is new each time")
    }

    fn alone(&mut self, work: Work) -> anyhow::Result<Done> {
        failpoint::set_clock(Some(self.now));
        let slot = self.dice.below(SLOTS as u64) as usize;
        self.start(slot, work);
        self.finish(slot)
    }

    fn finish(&mut self, slot: usize) -> anyhow::Result<Done> {
        let mut done = Done::default();
        while self.slots[slot].actor.is_some() {
            let place = self.stage.place_of(slot).unwrap_or_default();
            let cue = self.cue(slot, &place);
            done = self.resume(slot, &place, cue)?.unwrap_or_default();
        }
        Ok(done)
    }

    /// Lets what still waits on the stage end.
    pub(super) fn abandon(&mut self) {
        for slot in 0..self.slots.len() {
            while self.slots[slot].actor.is_some() {
                let waits = self.stage.place_of(slot).is_some();
                self.stage.resume(slot, if waits { Cue::Die } else { Cue::Go });
                if self.stage.place_of(slot).is_none() {
                    let _ = self.end(slot);
                }
            }
        }
    }
}
